"""A TCP proxy that loses, delays and cuts what passes through it, on loopback, in a thread.

Two pumps a connection, one each way. What a fault does is decided when bytes pass, so that it can
be changed while connections are open.
"""

import asyncio
import random
import ssl
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self


@dataclass
class Faults:
    """What happens now. Chances are for each piece that passes."""

    delay: tuple[float, float] = (0.0, 0.0)
    """Seconds that each piece takes, each way, at least and at most."""
    swallows_requests: bool = False
    swallows_answers: bool = False
    refuses: bool = False
    """New connections."""
    cut_answer: float = 0.0
    """The chance that an answer is lost, and the connection with it."""


class FaultProxy:
    """`with FaultProxy(port) as proxy: connect(proxy.port)`."""

    def __init__(self, target: int, *, tls: ssl.SSLContext | None = None, seed: int = 1) -> None:
        """*target* is a port of loopback; with *tls* it ends TLS before it."""
        self.target = target
        self.faults = Faults()
        self.port = 0
        self._tls = tls
        self._chance = random.Random(seed)  # noqa: S311 (chance that can be repeated is what is wanted)
        self._connections: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "expected the proxy to start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def cut(self) -> None:
        """Cuts every connection that is open."""
        self._soon(self._cut)

    def _soon(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def _cut(self) -> None:
        for writer in list(self._connections):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        self._cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.refuses:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._connections |= {writer, back}
        self._start(self._pump(reader, back, writer, is_answer=False))
        self._start(self._pump(there, writer, back, is_answer=True))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        *,
        is_answer: bool,
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(65_536):
                faults = self.faults
                if faults.delay[1]:
                    await asyncio.sleep(self._chance.uniform(*faults.delay))
                if faults.swallows_answers if is_answer else faults.swallows_requests:
                    continue
                if is_answer and self._chance.random() < faults.cut_answer:
                    break
                sink.write(piece)
                await sink.drain()
        for writer in (sink, other):
            self._connections.discard(writer)
            writer.transport.abort()
