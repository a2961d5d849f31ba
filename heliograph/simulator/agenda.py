"""What is to happen at a time of the clock: mailboxes get ready, the bin is emptied."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from heliograph.simulator.clock import Clock
from heliograph.simulator.refusals import Refused

_LONGEST = timedelta(days=365)


class Agenda:
    """Things to do, each at its time. What can no more be done then is left out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = count()
        self._news = asyncio.Event()

    def at(self, time: datetime, do: Callable[[], object]) -> None:
        """Have *do* called when it is *time*."""
        heappush(self._due, (time, next(self._numbers), do))
        self._news.set()

    async def keep(self) -> None:
        """Do what is due, for ever."""
        while True:
            self._news.clear()
            while self._due and self._due[0][0] <= self._clock.now():
                with suppress(Refused):
                    heappop(self._due)[2]()
            await self._wait(self._due[0][0] if self._due else self._clock.now() + _LONGEST)

    async def _wait(self, time: datetime) -> None:
        """Return when it is *time*, or when there is something new."""
        waiting = [
            asyncio.ensure_future(self._clock.wait_until(time)),
            asyncio.ensure_future(self._news.wait()),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
