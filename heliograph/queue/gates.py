"""The gates of intake: while one is shut, a POST is refused at once, and Graph keeps it for us.

Graph repeats for four hours what is not answered 202; a Redis that is full has nobody who does.
Whether a gate is shut is known beforehand, by a watch that asks Redis every second.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from heliograph.errors import QueueUnavailable
from heliograph.queue.partition import Partition
from heliograph.queue.pressure import Pressure, read_pressure
from heliograph.settings import BackPressure
from heliograph.settings.parse import in_words

log = logging.getLogger(__name__)

ASK_EVERY = timedelta(seconds=1)

OPENS_AT = 0.95
"""Of a limit: a gate that opened at the limit itself would flutter."""

Check = Callable[[], Awaitable[dict[str, str]]]
"""The findings of the self-check."""


class Gates:
    """Three gates (memory, depth, age), and a fourth until Redis has passed the self-check."""

    def __init__(
        self, partitions: Sequence[Partition], limits: BackPressure, *, check: Check | None = None
    ) -> None:
        """Without a *check* Redis has passed already."""
        self._partitions = partitions
        self._limits = limits
        self._check = check
        self._shut: str | None = None if check is None else "Redis has not been checked yet"

    def check(self) -> None:
        """Raises QueueUnavailable at once while a gate is shut."""
        if self._shut is not None:
            raise QueueUnavailable(self._shut)

    async def open(self) -> None:
        """Looks once, before the first POST comes; a Redis that does not answer soon is let be."""
        with suppress(QueueUnavailable, TimeoutError):
            async with asyncio.timeout(ASK_EVERY.total_seconds()):
                await self.look()

    async def watch(self) -> None:
        """Asks Redis again and again, until it is cancelled."""
        while True:
            with suppress(QueueUnavailable):  # the breaker sees to that
                await self.look()
            await asyncio.sleep(ASK_EVERY.total_seconds())

    async def look(self) -> None:
        """Shuts what must be shut, and opens what may be opened. Raises QueueUnavailable."""
        if self._check is not None:
            if found := await self._check():
                self._set("Redis is not safe: " + "; ".join(found.values()))
                return
            self._check = None
        self._set(shut_by(await read_pressure(self._partitions), self._limits, self._shut))

    def _set(self, reason: str | None) -> None:
        if (reason is None) != (self._shut is None):
            word = "intake.opened" if reason is None else "intake.shut"
            log.warning(word, extra={"reason": reason or self._shut})
        self._shut = reason


def shut_by(pressure: Pressure, limits: BackPressure, before: str | None) -> str | None:
    """Why intake is shut under that *pressure*, None where it is open; *before* it was shut by."""
    share = OPENS_AT if before else 1.0
    if pressure.memory * 100 >= limits.memory_percent * share:
        used, most = round(pressure.memory * 100), limits.memory_percent
        return f"expected Redis to use less than {most} % of its memory, it uses {used} %"
    if pressure.depth >= limits.depth * share:
        return f"expected fewer than {limits.depth} lanes to wait, got {pressure.depth}"
    if pressure.age >= limits.age * share:
        age, got = in_words(limits.age), in_words(pressure.age)
        return f"expected the oldest work to wait less than {age}, it has waited {got}"
    return None
