"""Graph's published limits for calls below `/subscriptions`, used evenly.

What is admitted in bursts would shake hands in bursts; and of many tenants with one app together
Graph takes no more than of four. https://learn.microsoft.com/graph/throttling-limits
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from heliograph.graph.budget import Budget
from heliograph.graph.transport import Request, Response

_SECONDS = 20.0
_OF_TENANT = {"change": 500, "get": 500, "list": 25}
_OF_APP = {"change": 2_000, "get": 2_000, "list": 40}
"""Calls in 20 s: of one app in one tenant, and of one app in all of them."""

_BURST = 0.1
"""So much of a limit may be used at once; the rest comes evenly, so that 20 s never hold more."""

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[object]]


class Pace:
    """At most *most* in any *seconds*, evenly but for a small burst; who comes first goes first."""

    def __init__(
        self,
        most: float,
        *,
        seconds: float = _SECONDS,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._each = seconds / (most * (1 - _BURST))
        self._ahead = most * _BURST * self._each
        self._clock = clock
        self._sleep = sleep
        self._spent_until = float("-inf")

    async def take(self, count: int = 1) -> None:
        """Returns when *count* more may go."""
        now = self._clock()
        self._spent_until = max(self._spent_until, now) + count * self._each
        wait = self._spent_until - self._ahead - now
        if wait > 0:
            await self._sleep(wait)


class Paces:
    """The limits of one scope: an app in a tenant, or in all of them."""

    def __init__(
        self, limits: dict[str, int], *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._paces = {name: Pace(most, clock=clock, sleep=sleep) for name, most in limits.items()}

    @classmethod
    def of_tenant(cls, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> "Paces":
        """Those of one app in one tenant."""
        return cls(_OF_TENANT, clock=clock, sleep=sleep)

    @classmethod
    def of_app(cls, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> "Paces":
        """Those of one app in all tenants."""
        return cls(_OF_APP, clock=clock, sleep=sleep)

    async def take(self, calls: Counter[str]) -> None:
        """Returns when all *calls*, by the names of their limits, may go."""
        for name, count in calls.items():
            await self._paces[name].take(count)


class Paced:
    """A budget that lets calls for subscriptions through evenly, before *inner* admits them."""

    def __init__(self, inner: Budget, *paces: Paces) -> None:
        self._inner = inner
        self._paces = paces

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[None]:
        names = map(_limit, request.parts or (request,))
        calls = Counter(name for name in names if name)
        for paces in self._paces:
            await paces.take(calls)
        async with self._inner.admit(request):
            yield

    async def heed(self, request: Request, response: Response) -> None:
        await self._inner.heed(request, response)


def _limit(request: Request) -> str:
    """The limit that *request* draws on; empty for one that is not about subscriptions."""
    names = request.path.partition("?")[0].strip("/").lower().split("/")
    if names[0] != "subscriptions":
        return ""
    if request.method != "GET":
        return "change"
    return "get" if len(names) > 1 else "list"
