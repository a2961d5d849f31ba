"""`$batch`: up to 20 calls in one, each answered on its own (change-notifications.md, 8.3)."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from heliograph.simulator.graph.answers import encoded
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.refusals import Refused

MOST = 20

Ask = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Answer]]
"""Method, path with query, headers and body of one call, to its answer."""

Item = dict[str, Any]


class _Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    method: str
    url: str
    headers: dict[str, str] | None = None
    body: Any = None
    depends_on: list[str] | None = None


async def answer(call: Call, ask: Ask) -> Answer:
    """The answers to the calls in *call*: all at once, but for those that wait for others."""
    requests = _checked(call.json())
    going: dict[str, asyncio.Task[Item]] = {}

    async def one(request: _Request) -> Item:
        needed = await asyncio.gather(*(going[name.lower()] for name in request.depends_on or ()))
        if any(item["status"] >= 400 for item in needed):
            return _failed(request, 424, "FailedDependency", "What this depends on has failed.")
        return await _one(request, ask)

    # In the order in which they can be done: whoever is waited for is there already.
    for request in _ordered(requests):
        going[request.id.lower()] = asyncio.ensure_future(one(request))
    done = await asyncio.gather(*(going[request.id.lower()] for request in requests))
    return Answer(body={"responses": done})


async def _one(request: _Request, ask: Ask) -> Item:
    url = _relative(request.url)
    headers = {name.lower(): value for name, value in (request.headers or {}).items()}
    if request.body is not None and "content-type" not in headers:
        text = "Content-Type header is required for a request with a body."
        return _failed(request, 400, "BadRequest", text)
    if url.lower().startswith("/$batch"):
        return _failed(request, 400, "BadRequest", "A batch cannot hold a batch.")
    raw = _raw(request.body, headers.get("content-type", ""))
    answered = await ask(request.method.upper(), url, headers, raw)
    content, sent = encoded(answered)
    item: Item = {"id": request.id, "status": answered.status, "headers": sent}
    if content:
        # Bytes become base64 when the batch is encoded.
        item["body"] = answered.body if "json" in sent["content-type"] else content
    return item


def _raw(body: Any, content_type: str) -> bytes:  # noqa: ANN401 (what a caller wrote)
    """The bytes of a body: JSON stands as it is, everything else in base64 of either alphabet."""
    if body is None:
        return b""
    if isinstance(body, str) and "json" not in content_type:
        try:
            return base64.b64decode(body.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            return body.encode()
    return msgspec.json.encode(body)


def _relative(url: str) -> str:
    """The part of *url* below the version root, whether it was written whole or not."""
    parts = urlsplit(url)
    path = parts.path if parts.path.startswith("/") else "/" + parts.path
    path = path.removeprefix("/v1.0")
    return f"{path}?{parts.query}" if parts.query else path


def _checked(body: Mapping[str, Any]) -> list[_Request]:
    try:
        requests = msgspec.convert(body.get("requests"), list[_Request])
    except msgspec.ValidationError as error:
        raise Refused(400, "BadRequest", f"Invalid batch payload format. {error}") from error
    if not 1 <= len(requests) <= MOST:
        raise Refused(400, "BadRequest", f"A batch holds 1 to {MOST} requests.")
    ids = {request.id.lower() for request in requests}
    if len(ids) != len(requests):
        raise Refused(400, "BadRequest", "The ids in a batch differ from each other, without case.")
    if not all(name.lower() in ids for one in requests for name in one.depends_on or ()):
        raise Refused(400, "BadRequest", "dependsOn names a request that is not in the batch.")
    return requests


def _ordered(requests: Sequence[_Request]) -> list[_Request]:
    """*requests*, each after those that it depends on."""
    left, done, ordered = list(requests), set[str](), list[_Request]()
    while left:
        ready = [one for one in left if {name.lower() for name in one.depends_on or ()} <= done]
        if not ready:
            raise Refused(400, "BadRequest", "The requests in a batch depend on each other.")
        ordered += ready
        done.update(one.id.lower() for one in ready)
        left = [one for one in left if one.id.lower() not in done]
    return ordered


def _failed(request: _Request, status: int, code: str, text: str) -> Item:
    error = {"code": code, "message": text}
    headers = {"content-type": "application/json"}
    return {"id": request.id, "status": status, "headers": headers, "body": {"error": error}}
