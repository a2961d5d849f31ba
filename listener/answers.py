"""What the listener answers: constant bodies that tell the caller nothing about the inside.

Graph sends again whatever is not answered by a 2xx, so a 202 is given for all that is well formed.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

CLOSE: Header = (b"connection", b"close")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, ready to be sent."""

    status: int
    headers: tuple[Header, ...]
    body: bytes

    async def send(self, send: Send, *, is_last: bool = False) -> None:
        """Sends it; the connection ends with it where *is_last*."""
        headers = (*self.headers, CLOSE) if is_last else self.headers
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def plain(status: int, text: str = "", *headers: Header) -> Answer:
    """An answer of plain text that no browser takes for anything else."""
    body = text.encode()
    size = (b"content-length", b"%d" % len(body))
    # Graph's validation tokens come back here: never as HTML, never as a script.
    safe = (
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    )
    return Answer(status=status, headers=(size, *safe, *headers), body=body)


ACCEPTED = Answer(status=202, headers=((b"content-length", b"0"),), body=b"")
MALFORMED = plain(400, "malformed")
NOT_ALLOWED = plain(405, "method not allowed", (b"allow", b"POST"))
TOO_LARGE = plain(413, "too large")
ENCODED = plain(415, "content encodings are not accepted")
FAILED = plain(500, "failed")
UNAVAILABLE = plain(503, "not stored, send again", (b"retry-after", b"10"))
