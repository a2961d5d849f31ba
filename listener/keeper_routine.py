"""Work that is done again and again: sooner when somebody asks for it, later when it fails.

What takes long comes seldom, so that a large tenant is not read without end.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from heliograph.keeping.troubles import Trouble, pause
from listener.tasks import until

SHARE = 0.05
"""At most so much of the time is spent on it, where nobody asks."""

AT_LEAST_SECONDS = 1.0

Work = Callable[[], Awaitable[list[Trouble]]]


class Routine:
    """One kind of work. *then* is called whenever it was done, well or badly."""

    def __init__(self, work: Work, *, every: timedelta, then: Callable[[], None]) -> None:
        self._work = work
        self._every = every
        self._then = then
        self._asked = asyncio.Event()
        self.has_run = False
        self.has_succeeded = False
        self.troubles: list[Trouble] = []

    def ask(self) -> None:
        """Have it done soon."""
        self._asked.set()

    async def run(self) -> None:
        """Goes on until it is cancelled. Raises what the work raises."""
        failed = 0
        while True:
            self._asked.clear()
            began = time.monotonic()
            self.troubles = await self._work()
            took = time.monotonic() - began
            failed = failed + 1 if self.troubles else 0
            self.has_run = True
            self.has_succeeded = self.has_succeeded or not self.troubles
            self._then()
            length = self._pause(failed, took)
            least = length if self.troubles else max(AT_LEAST_SECONDS, took / 2)
            await asyncio.sleep(least)
            await until(self._asked, length - least)

    def _pause(self, failed: int, took: float) -> float:
        chance = random.random()  # noqa: S311 (no secret)
        if self.troubles:
            return max(took, pause(self.troubles, failed, chance=chance).total_seconds())
        return max(self._every.total_seconds() * (1 - chance / 5), took / SHARE)
