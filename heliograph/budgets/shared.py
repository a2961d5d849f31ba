"""The budget of a deployment, in Redis: who takes what of Graph's limits.

A place at a mailbox is leased, so that a process which is killed gives it back; units come back by
themselves as time passes. While Redis is away, each process keeps the limits for itself.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from importlib.resources import files

import msgspec
import structlog
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from heliograph.errors import QueueUnavailable
from heliograph.graph.budget import LocalBudget, asked_to_wait, until_free
from heliograph.graph.limits import MAILBOX_CALLS, SLICES, Demand, demand
from heliograph.graph.meter import Waits
from heliograph.graph.transport import Request, Response
from heliograph.queue.breaker import Breaker
from heliograph.registrations import asking
from heliograph.settings import Tenant

LASTS = timedelta(seconds=15)
"""A process that says nothing for so long has given its places back."""

LOOK_AGAIN_MS = 25
"""How soon to look for a place at a mailbox again: no time is known at which one comes free."""

LINES = 8
"""Connections that are used at once: a round trip is short, and calls may be many."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lease:
    """Places at one mailbox that a call holds."""

    key: str
    holder: str
    places: int


class SharedBudgets:
    """The budgets of all tenants, and the leases of the calls that are under way here."""

    def __init__(self, redis: Redis, *, lasts: timedelta = LASTS) -> None:
        self._redis = redis
        self._lasts_ms = int(lasts.total_seconds() * 1000)
        self._take, self._hold, self._pause = map(self._script, ("take", "hold", "pause"))
        self._breaker = Breaker(self._ping)
        self._lines = asyncio.Semaphore(LINES)
        self._is_alone = False
        self._leases: set[_Lease] = set()
        self._holding: asyncio.Task[None] | None = None
        self._renewing = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()

    def of(self, tenant: Tenant) -> "SharedBudget":
        """The budget of *tenant*."""
        return SharedBudget(tenant, self)

    async def take(self, tenant_id: str, wants: Demand, holder: str) -> float:
        """Takes all that is wanted and returns 0, or nothing and the seconds to wait first.

        Returns 0 where Redis cannot be asked, too: then the process has its own limits alone.
        """
        places = sorted(wants.places.items())
        keys = [_key(tenant_id, "pause", pool) for pool in wants.pools]
        keys += [_key(tenant_id, "rate", rate.name) for rate in wants.units]
        keys += [_key(tenant_id, "mailbox", mailbox) for mailbox, _ in places]
        if not keys:
            return 0.0
        arguments = {
            "pauses": len(wants.pools),
            "rates": [
                [rate.most, rate.seconds * 1000 // SLICES, units]
                for rate, units in wants.units.items()
            ],
            "places": [count for _, count in places],
            "slices": SLICES,
            "most": MAILBOX_CALLS,
            "holder": holder,
            "lasts": self._lasts_ms,
            "again": LOOK_AGAIN_MS,
        }
        wait_ms = await self._run(self._take, keys, [msgspec.json.encode(arguments)])
        return 0.0 if wait_ms is None else wait_ms / 1000

    @asynccontextmanager
    async def holding(self, tenant_id: str, wants: Demand, holder: str) -> AsyncIterator[None]:
        """Keeps the places of *holder* for as long as the context lasts, then gives them back."""
        leases = {
            _Lease(key=_key(tenant_id, "mailbox", mailbox), holder=holder, places=count)
            for mailbox, count in wants.places.items()
        }
        self._leases |= leases
        if self._leases and self._holding is None:
            self._holding = asyncio.create_task(self._keep_holding())
        try:
            yield
        finally:
            self._leases -= leases
            if leases:  # nobody waits for that: the answer has come
                leaving = asyncio.create_task(self._give_back(leases))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)

    async def pause(self, tenant_id: str, pool: str, seconds: float) -> None:
        """Lets no process of the deployment make calls of *pool* for so long."""
        await self._run(self._pause, [_key(tenant_id, "pause", pool)], [int(seconds * 1000)])

    async def close(self) -> None:
        """Gives back what is still held."""
        if self._holding is not None:
            self._holding.cancel()
            with suppress(asyncio.CancelledError):
                await self._holding
        await asyncio.gather(*self._leaving)
        await self._breaker.close()

    async def _keep_holding(self) -> None:
        while self._leases:
            await asyncio.sleep(self._lasts_ms / 3000)
            async with self._renewing:
                await self._hold_for(self._lasts_ms, self._leases)
        self._holding = None

    async def _give_back(self, leases: Collection[_Lease]) -> None:
        async with self._renewing:
            pass  # a renewal that is under way names them still, and must come first
        await self._hold_for(0, leases)

    async def _hold_for(self, lasts_ms: int, leases: Collection[_Lease]) -> None:
        held = list(leases)
        arguments: list[str | int] = [lasts_ms]
        for lease in held:
            arguments += [lease.holder, lease.places]
        if held:
            await self._run(self._hold, [lease.key for lease in held], arguments)

    async def _run(
        self, script: AsyncScript, keys: Sequence[str], arguments: Sequence[str | bytes | int]
    ) -> int | None:
        """What *script* returns; None where Redis is away."""
        try:
            async with self._lines:
                self._breaker.check()
                with asking():
                    answer: int | None = await script(keys=keys, args=arguments)
        except QueueUnavailable as error:
            self._tell(is_alone=True, reason=str(error))
            self._breaker.trip()
            return None
        self._tell(is_alone=False)
        return answer

    def _tell(self, *, is_alone: bool, reason: str = "") -> None:
        if is_alone != self._is_alone:
            self._is_alone = is_alone
            if is_alone:
                log.warning("budgets.alone", reason=reason)
            else:
                log.info("budgets.shared")

    def _script(self, name: str) -> AsyncScript:
        text = files("heliograph.budgets").joinpath(f"{name}.lua").read_bytes()
        return self._redis.register_script(text)

    async def _ping(self) -> None:
        with asking():
            await self._redis.ping()


class SharedBudget:
    """The budget of one tenant, for all processes that ask the same Redis."""

    def __init__(self, tenant: Tenant, budgets: SharedBudgets) -> None:
        self._tenant = tenant
        self._budgets = budgets
        self._own = LocalBudget(tenant)
        self._waits = Waits(tenant.name)

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[None]:
        """Waits until the deployment has room for *request*, as `Budget.admit`.

        The process's own limits come first: so it never asks Redis for more than four calls at
        once to a mailbox, and the others wait in their order.
        """
        wants, holder = demand(request, self._tenant), secrets.token_hex(8)
        async with self._own.room_for(wants):

            async def take() -> float:
                return await self._budgets.take(self._tenant.tenant_id, wants, holder)

            sleep = self._waits.counted(asyncio.sleep, wants.workload)
            await until_free(take, clock=time.monotonic, sleep=sleep)
            async with self._budgets.holding(self._tenant.tenant_id, wants, holder):
                yield

    async def heed(self, request: Request, response: Response) -> None:
        """Has the calls like *request* wait everywhere, as `Budget.heed`."""
        await self._own.heed(request, response)
        for pool, seconds in asked_to_wait(request, response).items():
            await self._budgets.pause(self._tenant.tenant_id, pool, seconds)


def _key(tenant_id: str, kind: str, name: str) -> str:
    """Mailboxes are people: their keys hold a digest. One hash tag for all that a script takes."""
    digest = blake2b(name.encode(), digest_size=12).hexdigest()
    return f"heliograph:{{registry}}:budget:{tenant_id}:{kind}:{digest}"
