"""Admits calls within Graph's limits, as far as this process goes.

The budget of a whole deployment stands in `heliograph.budgets`; it keeps one of these below it, so
that calls go on within what a process alone can promise while Redis is away.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from heliograph.errors import Throttled
from heliograph.graph.answers import retry_after
from heliograph.graph.limits import (
    MAILBOX_CALLS,
    Demand,
    Ledger,
    demand,
    pool_to_pause,
    workload_of,
)
from heliograph.graph.meter import Waits
from heliograph.graph.transport import Request, Response
from heliograph.settings import Tenant

LONGEST_SECONDS = 60.0
"""A call that would have to wait longer is not sent: the queue has it again later."""

APART_SECONDS = 0.5
"""Those who waited for the same moment go at random within this time."""


class Budget(Protocol):
    """Admits calls when the limits of a tenant allow them."""

    def admit(self, request: Request) -> AbstractAsyncContextManager[None]:
        """Waits until *request* may go, and counts it as under way while the context lasts.

        Raises Throttled, and does not enter, where the wait would be beyond all patience.
        """

    async def heed(self, request: Request, response: Response) -> None:
        """Has calls like *request* wait as *response* asks, a 429."""


class LocalBudget:
    """The budget of a process that works alone."""

    def __init__(
        self,
        tenant: Tenant,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._tenant = tenant
        self._clock = clock
        self._sleep = sleep
        self._ledger = Ledger()
        self._waits = Waits(tenant.name)
        self._mailboxes: dict[str, Places] = {}

    def admit(self, request: Request) -> AbstractAsyncContextManager[None]:
        """As `Budget.admit`."""
        return self.room_for(demand(request, self._tenant))

    @asynccontextmanager
    async def room_for(self, wants: Demand) -> AsyncIterator[None]:
        """Waits until there is room for *wants*, and keeps it for as long as the context lasts."""
        taken: dict[str, int] = {}
        try:
            # In one order everywhere, so that two batches never wait for each other.
            for mailbox, count in sorted(wants.places.items()):
                await self._mailboxes.setdefault(mailbox, Places(MAILBOX_CALLS)).take(count)
                taken[mailbox] = count

            async def take_units() -> float:
                return self._ledger.take(wants, now=self._clock())

            sleep = self._waits.counted(self._sleep, wants.workload)
            await until_free(take_units, clock=self._clock, sleep=sleep)
            yield
        finally:
            self._give_back(taken)

    async def heed(self, request: Request, response: Response) -> None:
        """As `Budget.heed`."""
        self._waits.throttled(workload_of(request))
        for pool, seconds in asked_to_wait(request, response).items():
            self._ledger.pause(pool, until=self._clock() + seconds)

    def _give_back(self, taken: Mapping[str, int]) -> None:
        for mailbox, count in taken.items():
            places = self._mailboxes[mailbox]
            places.give_back(count)
            if places.are_idle:
                del self._mailboxes[mailbox]


class Places:
    """So many places, taken in the order of asking; whoever wants several gets them together."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = count
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def are_idle(self) -> bool:
        """Are all of them free, and does nobody wait?"""
        return self._free == self._count and not self._waiting

    async def take(self, count: int) -> None:
        """Takes *count* places once they are free."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        self._call()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was called, and leaves at the same moment
                self.give_back(count)
            self._call()
            raise

    def give_back(self, count: int) -> None:
        """Gives *count* places back."""
        self._free += count
        self._call()

    def _call(self) -> None:
        """Calls those whose turn it is. One that has left is passed over."""
        while self._waiting:
            count, turn = self._waiting[0]
            if not turn.cancelled():
                if count > self._free:
                    return
                self._free -= count
                turn.set_result(None)
            self._waiting.popleft()


def asked_to_wait(request: Request, response: Response) -> Mapping[str, float]:
    """The pool that Graph wants to wait, and the seconds; empty where it does not say."""
    pool, seconds = pool_to_pause(request, response), retry_after(response.headers)
    return {} if pool is None or seconds is None else {pool: seconds}


async def until_free(
    take: Callable[[], Awaitable[float]],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[object]],
) -> None:
    """Asks *take* until it has taken, which it says by 0; else it says how long to wait.

    Raises Throttled where that is beyond LONGEST_SECONDS in all.
    """
    give_up_at = clock() + LONGEST_SECONDS
    while (seconds := await take()) > 0:
        if clock() + seconds > give_up_at:
            raise Throttled(
                f"not sent: Graph's limits leave no room for {seconds:.0f} s", retry_after=seconds
            )
        await sleep(seconds + random.random() * min(seconds, APART_SECONDS))  # noqa: S311 (no secret)
