"""Tokens kept in the memory of this process, and renewed before they end.

All who wait for one get the same answer. What blocks is asked in a thread.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from heliograph.errors import GraphError

T = TypeVar("T")

RENEW_BEFORE_SECONDS = 300.0
"""A token is renewed so long before its end, and used until its end where that fails."""


class TokenSource(Protocol):
    """Gives a bearer token, and never *refused* again, which Graph has answered with 401."""

    async def token(self, *, refused: str = "") -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A token as it was just granted, for *lasts* seconds."""

    text: str = field(repr=False)
    lasts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    text: str = field(repr=False)
    renew_at: float
    ends_at: float


class Tokens:
    """One token after the other from *ask*, which is never called twice at once.

    *ask* raises Unauthenticated where a token is refused, Unavailable where nobody answers.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[Granted]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._held: _Held | None = None
        self._flight: asyncio.Task[_Held] | None = None

    async def token(self, *, refused: str = "") -> str:
        """A token that is valid for now. Raises what *ask* raises."""
        held = self._held
        now = self._clock()
        if held and held.text != refused and now < held.renew_at:
            return held.text
        try:
            return (await self._renewed()).text
        except GraphError:
            if held and held.text != refused and now < held.ends_at:
                return held.text
            raise

    async def _renewed(self) -> _Held:
        """One flight for all who wait; it goes on when one of them is cancelled."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._renew())
            self._flight.add_done_callback(_look_at)
        return await asyncio.shield(self._flight)

    async def _renew(self) -> _Held:
        granted = await self._ask()
        early = min(RENEW_BEFORE_SECONDS, granted.lasts / 2)
        now = self._clock()
        self._held = _Held(
            text=granted.text, renew_at=now + granted.lasts - early, ends_at=now + granted.lasts
        )
        return self._held


async def beside_the_loop(act: Callable[[], T]) -> T:
    """What *act* returns, which blocks.

    In a thread of its own: an authority that is silent must not hold those that others use.
    """
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="token")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, act)
    finally:
        executor.shutdown(wait=False)


def _look_at(flight: "asyncio.Task[_Held]") -> None:
    """Its error was seen, also where all who waited have gone."""
    if not flight.cancelled():
        flight.exception()
