"""Contents that stream: what a call answers piece by piece, and bodies that come from a file.

The network pushes into a sink, so that every layer of the transport stays one method; here the
pushing becomes an iterator for those who would rather pull.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from heliograph.graph.calls import Calls
from heliograph.graph.transport import Request, Source

PIECE_BYTES = 256 * 1024


@asynccontextmanager
async def streamed(calls: Calls, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
    """The content of the answer to *request*, piece by piece, for as long as the context lasts.

    Iterating raises the GraphError that a refusal stands for, before the first piece; what
    breaks off later is Interrupted, and not tried again.
    """
    pipe: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)

    async def fill() -> None:
        response = await calls.send(replace(request, sink=pipe.put))
        if response.content:  # from a transport that knows no sinks, such as a fake
            await pipe.put(response.content)

    filling = asyncio.create_task(fill())
    try:
        yield _pieces(pipe, filling)
    finally:
        filling.cancel()
        await asyncio.wait({filling})
        if not filling.cancelled():
            filling.exception()  # was raised where it was iterated, or nobody wanted it


def of_bytes(content: bytes) -> Source:
    """The *content* in pieces, which costs no copy of the whole."""

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(content), PIECE_BYTES):
            yield content[at : at + PIECE_BYTES]

    return pieces


def of_file(path: Path) -> Source:
    """The content of the file *path*, read beside the event loop."""

    async def pieces() -> AsyncIterator[bytes]:
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece

    return pieces


async def _pieces(pipe: asyncio.Queue[bytes], filling: asyncio.Task[None]) -> AsyncIterator[bytes]:
    while True:
        getting = asyncio.create_task(pipe.get())
        try:
            await asyncio.wait({getting, filling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_ready = getting.done()
            getting.cancel()
        if is_ready:
            yield getting.result()
        elif not pipe.empty():
            yield pipe.get_nowait()
        else:
            await filling
            return
