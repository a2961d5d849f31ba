"""The one door for effects: a write to Graph passes through the journal of the run it serves."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal

import msgspec

from heliograph.graph.transport import Request, Response, Transport, body
from heliograph.workflow import Journal

_KEPT_HEADERS = ("location", "content-type", "etag", "request-id")


class _Recorded(msgspec.Struct, frozen=True):
    """An answer of Graph, as the journal keeps it."""

    status: int
    headers: dict[str, str]
    content: bytes
    caller: Literal["app", "user"] = "app"


class Refused(Exception):
    """Graph said no: the effect did not happen, so it is not recorded as done."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(f"status {response.status}")


class JournaledTransport:
    """Sends what a handler asks for; a write that is recorded as done is not sent again."""

    def __init__(self, transport: Transport, journal: Journal) -> None:
        self._transport = transport
        self._journal = journal

    async def send(self, request: Request) -> Response:
        """The answer to *request*, from the journal where an earlier attempt got it already."""
        if not request.is_write:
            return await self._transport.send(request)

        async def act() -> bytes:
            response = await self._transport.send(request)
            if response.status >= 300:
                raise Refused(response)
            return _encode(response)

        key = self._journal.occurrence(await _key(request))
        what = f"{request.method} {request.path}"
        try:
            result = await self._journal.perform(key, what, act, effect=True)
        except Refused as refused:
            return refused.response
        return _decode(result)


async def _key(request: Request) -> str:
    """The identity of an effect: what is written where."""
    facts = (request.method, request.path, sorted(request.params.items()), await _written(request))
    return "effect " + blake2b(msgspec.msgpack.encode(facts), digest_size=16).hexdigest()


async def _written(request: Request) -> bytes | None:
    """What stands for the body: a digest where it streams, or is the last piece of a whole.

    A source is read once more for that, as only its bytes tell whether it is the same again.
    """
    if request.whole is not None:
        return request.whole
    if request.source is None:
        return body(request)
    digest = blake2b()
    async for piece in request.source():
        digest.update(piece)
    return digest.digest()


def _encode(response: Response) -> bytes:
    headers = _kept(response.headers)
    recorded = _Recorded(response.status, headers, response.content, response.caller)
    return msgspec.msgpack.encode(recorded)


def _decode(result: bytes) -> Response:
    recorded = msgspec.msgpack.decode(result, type=_Recorded)
    return Response(
        status=recorded.status,
        headers=recorded.headers,
        content=recorded.content,
        caller=recorded.caller,
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _KEPT_HEADERS if name in headers}
