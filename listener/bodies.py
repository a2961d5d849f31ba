"""Bodies of POSTs, read within bounds: of one body, and of all that are held at the same time."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from listener.answers import ENCODED, MALFORMED, TOO_LARGE, UNAVAILABLE, Answer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Scope = MutableMapping[str, Any]

MAX_BYTES = 4 * 1024 * 1024
MAX_BYTES_AT_ONCE = 256 * 1024 * 1024


class Bodies:
    """Reads bodies. One object for the process, as it counts what all requests hold."""

    def __init__(self, *, most: int = MAX_BYTES, at_once: int = MAX_BYTES_AT_ONCE) -> None:
        self._most = most
        self._at_once = at_once
        self._held = 0

    async def read(self, scope: Mapping[str, Any], receive: Receive) -> bytes | Answer | None:
        """The whole body, the Answer that refuses it, or None where the sender has gone."""
        refusal = self._refusal(scope)
        if refusal is not None:
            return refusal
        message = await receive()
        if message["type"] != "http.request":
            return None
        first: bytes = message.get("body", b"")
        if not message.get("more_body", False):
            return first if len(first) <= self._most else TOO_LARGE
        return await self._rest(bytearray(first), receive)

    def _refusal(self, scope: Mapping[str, Any]) -> Answer | None:
        for name, value in scope["headers"]:
            if name == b"content-length":
                if not value.isdigit() or len(value) > 15:
                    return MALFORMED
                if int(value) > self._most:
                    return TOO_LARGE
            elif name == b"content-encoding":
                return ENCODED
        return None

    async def _rest(self, body: bytearray, receive: Receive) -> bytes | Answer | None:
        held = len(body)
        self._held += held
        try:
            while True:
                if len(body) > self._most:
                    return TOO_LARGE
                if self._held > self._at_once:
                    return UNAVAILABLE
                message = await receive()
                if message["type"] != "http.request":
                    return None
                chunk = message.get("body", b"")
                body += chunk
                held += len(chunk)
                self._held += len(chunk)
                if not message.get("more_body", False):
                    return bytes(body) if len(body) <= self._most else TOO_LARGE
        finally:
            self._held -= held
