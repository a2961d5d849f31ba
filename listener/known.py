"""The registrations that this process has seen: a known one costs no question to Redis.

Unknown is only what Redis does not know either. What is remembered is asked for again after a
minute, so that a removal takes effect everywhere.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from heliograph.errors import QueueUnavailable
from heliograph.subscriptions import Registration

REMEMBER_SECONDS = 60.0
REMEMBER_UNKNOWN_SECONDS = 1.0
MOST = 100_000

REPLACED_FOR = timedelta(hours=5)
"""How long a replaced subscription stays known: Graph repeats its notifications for 4 hours."""


_NOTHING: tuple[float, None] = (0.0, None)


class Registrations(Protocol):
    """Where registrations are stored."""

    async def get(self, id_: str) -> Registration | None:
        """The registration *id_*. Raises QueueUnavailable where that cannot be said."""
        ...


class Known:
    """Registrations by id, through a bounded memory."""

    def __init__(
        self,
        registrations: Registrations,
        *,
        most: int = MOST,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*clock* gives seconds since 1970."""
        self._registrations = registrations
        self._most = most
        self._clock = clock
        self._memory: dict[str, tuple[float, Registration | None]] = {}
        self._is_away = False
        self._is_asking = False

    def recall(self, ids: Iterable[str]) -> Mapping[str, Registration | None] | None:
        """What `get` gives for *ids*, from memory alone; None where it would ask Redis for one."""
        now, found = self._clock(), dict[str, Registration | None]()
        for id_ in ids:
            until, registration = self._memory.get(id_, _NOTHING)
            if id_ and now >= until:
                return None
            is_known = registration is not None and not _is_over(registration, now)
            found[id_] = registration if is_known else None
        return found

    async def get(self, id_: str) -> Registration | None:
        """The registration *id_*, None where there is none (any more), as always for "".

        Raises QueueUnavailable where Redis had to be asked and could not be.
        """
        now = self._clock()
        until, registration = self._memory.get(id_, _NOTHING)
        if now >= until:
            if not id_:
                return None
            registration = await self._ask(id_)
            self._remember(id_, registration, now)
        return None if registration is None or _is_over(registration, now) else registration

    async def _ask(self, id_: str) -> Registration | None:
        """While Redis is away only one at a time waits to see whether it is back."""
        if self._is_away and self._is_asking:
            raise QueueUnavailable("expected Redis to answer, but it was away a moment ago")
        self._is_asking = True
        try:
            registration = await self._registrations.get(id_)
        except (QueueUnavailable, asyncio.CancelledError):  # cancelled: it took too long
            self._is_away = True
            raise
        else:
            self._is_away = False
            return registration
        finally:
            self._is_asking = False

    def _remember(self, id_: str, registration: Registration | None, now: float) -> None:
        if len(self._memory) >= self._most:
            self._memory.clear()
        seconds = REMEMBER_UNKNOWN_SECONDS if registration is None else REMEMBER_SECONDS
        self._memory[id_] = (now + seconds, registration)


def _is_over(registration: Registration, now: float) -> bool:
    replaced_at = registration.replaced_at
    return (
        replaced_at is not None and now * 1000 - replaced_at > REPLACED_FOR.total_seconds() * 1000
    )
