"""From an HTTP request to a family's function and back: tokens, faults, permissions, envelopes."""

import inspect
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from heliograph.simulator.graph import (
    batch,
    directory,
    insights,
    outlook,
    planner,
    subscriptions,
)
from heliograph.simulator.graph.answers import encoded, refusal
from heliograph.simulator.graph.calls import Answer, Call, options
from heliograph.simulator.graph.routing import Router
from heliograph.simulator.initiators import act_as, of_token
from heliograph.simulator.paths import split
from heliograph.simulator.permissions import is_delegated
from heliograph.simulator.refusals import Refused, delegated_only
from heliograph.simulator.throttling import Load
from heliograph.simulator.world import World

_LARGEST = 4 * 1024 * 1024


class Service:
    """Answers everything below `/v1.0`."""

    def __init__(self, world: World, *, origin: str) -> None:
        self._world = world
        self._origin = origin
        self._router = Router(
            *directory.FAMILIES,
            insights.routes,
            subscriptions.routes,
            planner.routes,
            *outlook.FAMILIES,
        )

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request."""
        body = await request.body()
        own = str(uuid.uuid4())
        theirs = request.headers.get("client-request-id", own)
        raw: bytes = request.scope["raw_path"]
        path = raw.partition(b"?")[0].decode("latin-1")[len("/v1.0") :]
        target = f"{path}?{request.url.query}" if request.url.query else path
        preferences = ", ".join(request.headers.getlist("prefer"))
        headers = {**request.headers, "prefer": preferences}
        answer = await self._answered(request.method, target, headers, body)
        ids = {"request-id": own, "client-request-id": theirs}
        content, told = encoded(_with_ids(answer, ids))
        diagnostic = '{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"1"}}'
        told = {**told, **ids, "x-ms-ags-diagnostic": diagnostic}
        return Response(content, status_code=answer.status, headers=told)

    async def _answered(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        try:
            return await self._call(method, target, headers, body)
        except Refused as refused:
            return refusal(refused, clock=self._world.clock, ids={})

    async def _call(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        path, _, query = target.partition("?")
        claims = self._claims(headers)
        call = Call(
            world=self._world,
            method=method,
            segments=_addressed(split(path), claims),
            params={},
            query=options(query),
            headers=headers,
            body=body,
            claims=claims,
            origin=self._origin,
        )
        acting = act_as(of_token(claims))
        with acting, self._world.throttle.admitted(_load(call)) as told:
            try:
                await self._world.faults.meet(method, path)
                answer = await self._handled(call)
            except Refused as refused:
                refused.headers |= told
                raise
        return replace(answer, headers={**told, **answer.headers})

    async def _handled(self, call: Call) -> Answer:
        if len(call.body) > _LARGEST:
            raise Refused(413, "RequestEntityTooLarge", "The request is above 4 MB.")
        if call.segments == ("$batch",):
            return await batch.answer(call, self._within(call.headers))
        return await self._routed(call)

    def _within(self, outer: Mapping[str, str]) -> batch.Ask:
        async def ask(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
            joined = {"authorization": outer.get("authorization", ""), **headers}
            return await self._answered(method, target, joined, body)

        return ask

    async def _routed(self, call: Call) -> Answer:
        found = self._router.find(call.method, call.segments)
        if found == 404:
            name = call.segments[-1] if call.segments else ""
            raise Refused(400, "BadRequest", f"Resource not found for the segment '{name}'.")
        if isinstance(found, int):
            raise Refused(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        route, params = found
        known = replace(call, params=params)
        if route.needs is not None:
            route.needs.check(call.claims, is_own=known.is_own)
        result = route.handler(known)
        return await result if inspect.isawaitable(result) else result

    def _claims(self, headers: Mapping[str, str]) -> Mapping[str, Any]:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthenticated("Access token is empty.")
        claims = self._world.keys.claims(token.strip())
        if claims is None or claims.get("tid") != self._world.tenant.tenant_id:
            raise _unauthenticated("Access token has expired or is not yet valid.")
        return claims


def _load(call: Call) -> Load:
    top = call.query.get("$top", "")
    return Load(
        app=str(call.claims.get("appid", "")),
        tenant=str(call.claims["tid"]),
        method=call.method,
        segments=tuple(segment.lower() for segment in call.segments),
        options=frozenset(call.query),
        top=int(top) if top.isdecimal() else None,
        size=len(call.body),
        users=len(call.world.directory.users.rows),
    )


def _addressed(segments: tuple[str, ...], claims: Mapping[str, Any]) -> tuple[str, ...]:
    """*segments*, with `/me` as the user who has signed in, and `id@tenant`, as notifications write
    it, as the id.
    """
    if len(segments) > 1 and segments[0].lower() == "users":
        return ("users", segments[1].removesuffix(f"@{claims['tid']}"), *segments[2:])
    if not segments or segments[0].lower() != "me":
        return segments
    if not is_delegated(claims):
        raise delegated_only()
    return ("users", str(claims["oid"]), *segments[1:])


def _with_ids(answer: Answer, ids: Mapping[str, str]) -> Answer:
    """*answer*, whose error names the request it is about."""
    if not isinstance(answer.body, dict) or "innerError" not in answer.body.get("error", {}):
        return answer
    error = dict(answer.body["error"])
    error["innerError"] = {**error["innerError"], **ids}
    return Answer(status=answer.status, body={"error": error}, headers=answer.headers)


def _unauthenticated(text: str) -> Refused:
    return Refused(401, "InvalidAuthenticationToken", text, headers={"www-authenticate": "Bearer"})
