"""The simulator's time: it runs like the real one, can be set forward, and its waits hurried."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time and what it was advanced by. *speed* shortens waits, it does not move the time."""

    def __init__(self, *, speed: float = 1.0) -> None:
        self.speed = speed
        self._ahead = timedelta(0)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        """Set the time forward; whoever waits for a time that has passed by this goes on."""
        self._ahead += by
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait(self, seconds: float) -> None:
        """Return after *seconds* of simulated time, hurried by the speed."""
        await self.wait_until(self.now() + timedelta(seconds=seconds / self.speed))

    async def wait_until(self, time: datetime) -> None:
        """Return when it is *time*."""
        while (left := (time - self.now()).total_seconds()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)


def stamp(time: datetime) -> str:
    """*time* as Graph writes it in answers: UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(time: datetime) -> str:
    """*time* as Graph writes it where it keeps fractions of a second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def parse(text: str) -> datetime:
    """The aware time that *text* (ISO 8601, up to seven digits of a second) tells.

    Raises ValueError where it tells none, or leaves its zone open.
    """
    time = datetime.fromisoformat(_cut_to_microseconds(text))
    if time.tzinfo is None:
        raise ValueError("a time with a zone is expected")
    return time


def _cut_to_microseconds(text: str) -> str:
    head, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return head + dot + digits[:6].ljust(6, "0") + rest[len(digits) :] if dot else text
