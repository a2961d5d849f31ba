"""The application: each request is let in, read within bounds, done, and answered as JSON."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from heliograph.errors import GraphError, QueueUnavailable, Unavailable
from heliograph.telemetry import render
from listener.admin.access import Access, Caller
from listener.admin.acts import Acts, Asked
from listener.admin.openapi import describe
from listener.admin.operations import OPERATIONS, Operation
from listener.admin.problems import SAFE, Fault, Refused, fault_of

MAX_BYTES = 64 * 1024

_T = TypeVar("_T")
_Answering = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger()


def build(acts: Acts, access: Access) -> Starlette:
    """The API over *acts*, for those whom *access* lets in. `/healthz` alone asks for nobody."""
    openapi = msgspec.json.encode(describe())

    async def healthz(_: Request) -> Response:
        return Response("alive", headers=SAFE, media_type="text/plain")

    async def described(_: Request) -> Response:
        return Response(openapi, headers=SAFE, media_type="application/json")

    async def metrics(_: Request) -> Response:
        return Response(render(), headers=SAFE, media_type="text/plain; version=0.0.4")

    by_path: dict[str, dict[str, _Answering]] = {}
    for one in OPERATIONS:
        by_path.setdefault(one.path, {})[one.method] = _endpoint(acts, one)
    app = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/openapi.json", described),
            Route("/metrics", metrics),
            *(_route(path, methods) for path, methods in by_path.items()),
        ],
        exception_handlers={HTTPException: _no_such_route},
    )
    app.router.redirect_slashes = False
    app.add_middleware(Guard, access=access)
    return app


class Guard:
    """Stands before everything, so that no route can be forgotten."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
            return
        answer = await self._refusal(scope)
        await (answer or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """The answer to who may not come in; whoever may is noted in *scope*."""
        try:
            caller = await self._access.caller(HTTPConnection(scope), scope["method"])
        except Refused as error:
            log.warning("admin.refused", status=error.status, path=scope["path"][:200])
            return error.answer()
        except Unavailable as error:
            return _away("Entra's signing keys", error.retry_after).answer()
        scope["caller"] = caller
        return None


def _route(path: str, methods: Mapping[str, _Answering]) -> Route:
    async def answered(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await methods[method](request)

    return Route(path, answered, methods=list(methods))


def _endpoint(acts: Acts, one: Operation) -> _Answering:
    async def answered(request: Request) -> Response:
        caller: Caller = request.scope["caller"]
        try:
            asked = Asked(
                caller=caller,
                id=request.path_params.get("id", ""),
                query=_query(request.query_params, one.query),
                body=None if one.takes is None else await _body(request, one.takes),
            )
            given = await one.does(acts, asked)
        except Refused as error:
            return error.answer()
        except GraphError as error:
            return Refused(502, str(error)).answer()
        except QueueUnavailable:
            return _away("Redis", None).answer()
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 (the boundary: no traceback for a caller)
            log.error("admin.failed", operation=one.name, error=type(error).__name__)  # noqa: TRY400 (no trace of foreign data)
            return Refused(500, "failed").answer()
        log.info("admin.answered", operation=one.name, actor=caller.name, status=one.status)
        return Response(
            msgspec.json.encode(given), one.status, headers=SAFE, media_type="application/json"
        )

    return answered


def _query(given: QueryParams, type_: type[_T]) -> _T:
    names: Iterable[str] = given.keys()
    if len(given.multi_items()) != len(set(names)):
        raise Refused(400, "expected each parameter once")
    try:
        return msgspec.convert(dict(given), type_, strict=False)
    except msgspec.ValidationError as error:
        fault = fault_of(error, in_query=True)
        raise Refused(400, "expected other parameters", errors=[fault]) from error


async def _body(request: Request, type_: type[_T]) -> _T:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(415, f"expected application/json, got {media_type[:64]!r}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Refused(413, f"expected at most {MAX_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        fault = fault_of(error, in_query=False)
    except (UnicodeDecodeError, RecursionError):
        fault = Fault(detail="expected JSON in UTF-8", pointer="")
    raise Refused(400, "expected another body", errors=[fault])


def _away(what: str, retry_after: float | None) -> Refused:
    headers = {"retry-after": str(int(retry_after or 5) + 1)}
    return Refused(503, f"expected an answer from {what}, got none", headers=headers)


async def _no_such_route(_: Request, error: Any) -> Response:  # noqa: ANN401 (an HTTPException, for Starlette any)
    said = {404: "there is no such thing", 405: "expected another method"}
    detail = said.get(error.status_code, "refused")
    return Refused(error.status_code, detail, headers=error.headers).answer()
