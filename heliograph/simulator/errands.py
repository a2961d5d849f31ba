"""What is done a moment after the caller has his answer: mail that is accepted, then sent."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from heliograph.simulator.clock import Clock
from heliograph.simulator.refusals import Refused


class Errands:
    """Does things *delay* seconds of simulated time after they were asked for."""

    def __init__(self, clock: Clock, *, delay: float) -> None:
        self._clock = clock
        self._delay = delay
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, do: Callable[[], object]) -> None:
        """Have *do* called. What can no more be done then is not done, and nobody is told."""
        task = asyncio.get_running_loop().create_task(self._wait(do))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Forget what has not been done."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait(self, do: Callable[[], object]) -> None:
        if self._delay:
            await self._clock.wait(self._delay)
        with suppress(Refused):
            do()
