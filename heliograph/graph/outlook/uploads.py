"""Files too large for one request, put in pieces into an upload session of Outlook.

Nothing is to be seen of a file before its last piece has arrived, so that all but this piece count
as questions: should a run be repeated, it begins a session of its own, and ends it once.
https://learn.microsoft.com/graph/outlook-large-attachments
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

import msgspec

from heliograph.errors import Invalid, NotFound
from heliograph.graph.calls import Calls
from heliograph.graph.transport import Request, Response, Source, body

PIECE_BYTES = 12 * 320 * 1024
"""Of each piece but the last. Outlook takes up to 4 MB, one piece after the other."""

_OUT_OF_STEP = 416


class UploadSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to put the pieces, until when, and which byte is expected next."""

    upload_url: str = ""
    expiration_date_time: datetime | None = None
    next_expected_ranges: list[str] = []

    @property
    def next_byte(self) -> int:
        """Counted from 0. Graph writes `0-` or `3932160`."""
        first = self.next_expected_ranges[0] if self.next_expected_ranges else "0"
        return int(first.partition("-")[0])

    def __repr__(self) -> str:
        return f"UploadSession(next_byte={self.next_byte})"  # its address is its own proof


async def put_in_pieces(calls: Calls, opening: Request, source: Source, *, size: int) -> Response:
    """The answer to the last piece of *source*, put into the session that *opening* opens.

    It names the file in its `location`, unless it went missing. One piece is in memory at a time.
    Raises Invalid where *source* has not *size* bytes.
    """
    session = await calls.fetch(replace(opening, asks_only=True), UploadSession)
    piece_of = replace(opening, method="PUT", json=None, headers={}, upload_url=session.upload_url)
    whole = blake2b(body(opening) or b"")
    start, answer = 0, None
    async for piece in _of_equal_length(source):
        end = start + len(piece)
        if end > size:
            raise Invalid(f"expected a content of {size} bytes, got more")
        whole.update(piece)
        request = replace(piece_of, asks_only=end < size, whole=whole.digest())
        try:
            answer = await _put(calls, request, piece, start=start, size=size)
        except NotFound:
            if end < size:
                raise
            answer = Response(status=201)  # the session has ended with a try that went unanswered
        start = end
    if answer is None or start < size:
        raise Invalid(f"expected a content of {size} bytes, got {start}")
    return answer


async def _put(calls: Calls, request: Request, piece: bytes, *, start: int, size: int) -> Response:
    """Puts *piece*, or the rest of it where a try that went unanswered brought a part."""
    try:
        return await calls.send(_ranged(request, piece, start=start, size=size))
    except Invalid as error:
        if error.status != _OUT_OF_STEP:
            raise
        asked = replace(request, method="GET", asks_only=False)
        arrived = (await calls.fetch(asked, UploadSession)).next_byte - start
        if not 0 < arrived <= len(piece):
            raise
    if arrived == len(piece):
        return Response(status=200)
    return await calls.send(_ranged(request, piece[arrived:], start=start + arrived, size=size))


def _ranged(request: Request, piece: bytes, *, start: int, size: int) -> Request:
    place = f"bytes {start}-{start + len(piece) - 1}/{size}"
    headers = {"content-type": "application/octet-stream", "content-range": place}
    return replace(request, headers=headers, content=piece)


async def _of_equal_length(source: Source) -> AsyncIterator[bytes]:
    """The content of *source* in pieces of PIECE_BYTES, and what is left."""
    held = bytearray()
    async for part in source():
        held += part
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)
