"""A breaker: while Redis does not answer, nobody waits for it; a probe sees it come back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from heliograph.errors import QueueUnavailable

PROBE_EVERY_SECONDS = 0.25


class Breaker:
    """Opens at the first failure, closes at the first probe that succeeds."""

    def __init__(self, probe: Callable[[], Awaitable[object]]) -> None:
        """*probe* asks Redis for something cheap, and raises QueueUnavailable when it is away."""
        self._probe = probe
        self._probing: asyncio.Task[None] | None = None

    def check(self) -> None:
        """Raises QueueUnavailable at once while the breaker is open."""
        if self._probing is not None:
            raise QueueUnavailable("expected Redis to answer, but it was away a moment ago")

    def trip(self) -> None:
        """Opens the breaker, and keeps asking until Redis is back."""
        if self._probing is None:
            self._probing = asyncio.create_task(self._wait_for_recovery())

    async def _wait_for_recovery(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY_SECONDS)
            with suppress(QueueUnavailable):
                await self._probe()
                break
        self._probing = None

    async def close(self) -> None:
        """Ends the probing."""
        if self._probing is not None:
            self._probing.cancel()
            with suppress(asyncio.CancelledError):
                await self._probing
