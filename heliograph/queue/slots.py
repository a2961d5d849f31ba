"""Slots: how much of each queue a worker has in hand, and who works alone.

Work over which workers have died may be what kills them: it runs while nothing else does, so that
it cannot take others along, and their crashes are not counted for its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager


class Slots:
    """Counts the claims at hand by queue. For one event loop."""

    def __init__(self, queues: Iterable[str], *, most: int) -> None:
        self._most = most
        self._taken = dict.fromkeys(queues, 0)
        self._together = 0
        self._alone = 0
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def free(self) -> dict[str, int]:
        """How many more claims of each queue may be made; none while somebody wants to be alone."""
        if self._alone:
            return dict.fromkeys(self._taken, 0)
        return {queue: self._most - taken for queue, taken in self._taken.items()}

    def take(self, queue: str, *, alone: bool) -> None:
        """A claim of *queue* is made; work that is to be *alone* waits for its `turn`."""
        self._taken[queue] += 1
        if alone:
            self._alone += 1
        else:
            self._together += 1

    def give_back(self, queue: str, *, alone: bool) -> None:
        """The work of a claim has ended."""
        self._taken[queue] -= 1
        if alone:
            self._alone -= 1
        else:
            self._together -= 1
        self._changed.set()

    async def room(self) -> None:
        """Returns when there is room for a claim of any queue."""
        while not any(self.free.values()):
            await self._change()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """For work that is to be alone: begins when all other work here has ended."""
        async with self._turn:
            while self._together:
                await self._change()
            yield

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
