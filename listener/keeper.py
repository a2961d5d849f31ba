"""The keeper: makes Graph's subscriptions what the configuration asks for, and keeps them so.

One at a time holds the lease; any number wait to take over. What it does for a tenant stands in
`keeper_tenant`, the wiring in `keeper_app`.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.keeping.records import Records
from heliograph.lease import ASK_EVERY, LASTS, RENEW_EVERY, Lease
from heliograph.orders import Given, Order, Orders
from heliograph.queue.connection import BLOCK_AT_MOST
from heliograph.registrations import Registrations, Settled
from heliograph.subscriptions import milliseconds
from listener.keeper_tenant import TenantKeeper
from listener.tasks import first_of, until

log = structlog.get_logger()

Errand = Callable[[], Coroutine[Any, Any, None]]


class Keeper:
    """Holds the lease, and while it does, keeps every tenant's subscriptions."""

    def __init__(
        self,
        *,
        lease: Lease,
        orders: Orders,
        registrations: Registrations,
        records: Records,
        clock: Callable[[], datetime],
        errands: Sequence[Errand] = (),
    ) -> None:
        """*errands* go on beside the keeping, for as long as the lease is held."""
        self._lease = lease
        self._orders = orders
        self._registrations = registrations
        self._records = records
        self._clock = clock
        self._errands = errands
        self._tenants: list[TenantKeeper] = []
        self._standing: dict[str, int] = {}
        self._settled: Settled | None = None
        self._fence = 0

    def add(self, tenant: TenantKeeper) -> None:
        """Keeps *tenant* too; its `report` must be `Keeper.report`."""
        self._tenants.append(tenant)

    async def run(self, stop: asyncio.Event) -> None:
        """Waits for the lease, keeps while it is held, and gives it back at *stop*."""
        while not stop.is_set():
            fence = await self._acquire()
            if fence is None:
                await until(stop, ASK_EVERY.total_seconds())
                continue
            log.info("keeper.started", fence=fence, tenants=len(self._tenants))
            with suppress(QueueUnavailable):
                await self._registrations.put_settled(None)
                await self._hold(fence, stop)
                if stop.is_set():  # else another keeper may have settled already
                    await self._registrations.put_settled(None)
                await self._lease.release(fence)
            log.info("keeper.stopped", fence=fence)

    async def report(self, tenant: str, standing: int | None) -> None:
        """Takes down how many subscriptions of *tenant* stand; None where not all of them do."""
        self._standing.pop(tenant, None)
        if standing is not None:
            self._standing[tenant] = standing
        is_settled = len(self._standing) == len(self._tenants)
        await self._say(sum(self._standing.values()) if is_settled else None)

    async def _acquire(self) -> int | None:
        try:
            return await self._lease.acquire()
        except QueueUnavailable as error:
            log.warning("keeper.redis_away", said=str(error))
            return None

    async def _hold(self, fence: int, stop: asyncio.Event) -> None:
        """Keeps until *stop*, or until the lease is lost."""
        self._fence, self._standing, self._settled = fence, {}, None
        try:
            await first_of(self._renew(fence), self._keep(fence), stop.wait())
        except LeaseLost:
            log.warning("keeper.lease_lost", fence=fence)

    async def _renew(self, fence: int) -> None:
        """Renews the lease; raises LeaseLost when it is lost, or must be taken for lost."""
        held_at = time.monotonic()
        while time.monotonic() - held_at < LASTS.total_seconds():
            await asyncio.sleep(RENEW_EVERY.total_seconds())
            with suppress(QueueUnavailable):
                if not await self._lease.renew(fence):
                    break
                held_at = time.monotonic()
        raise LeaseLost("expected to hold the keeper's lease")

    async def _keep(self, fence: int) -> None:
        await self._records.open(fence)
        await first_of(
            self._obey(),
            *(errand() for errand in self._errands),
            *(tenant.run() for tenant in self._tenants),
        )

    async def _obey(self) -> None:
        """Hands each tenant its orders."""
        while True:
            try:
                await self._hand_over(await self._orders.given())
                await self._orders.wait(BLOCK_AT_MOST)
            except QueueUnavailable:
                await asyncio.sleep(1)

    async def _hand_over(self, given: list[Given]) -> None:
        by_tenant: dict[TenantKeeper, list[Given]] = defaultdict(list)
        for one in given:
            tenant = self._tenant_of(one.order)
            if tenant is not None:
                by_tenant[tenant].append(one)
                continue
            name = one.order.registration or one.order.tenant
            log.info("keeper.order_ignored", what=one.order.what, about=name[:64])
            await self._orders.done(one)
        for tenant in self._tenants:
            tenant.take(by_tenant.get(tenant, []))

    def _tenant_of(self, order: Order) -> TenantKeeper | None:
        registration = self._records.get(order.registration)
        tenant_id = registration.tenant_id if registration else order.tenant
        for tenant in self._tenants:
            is_same_app = registration is None or registration.client_id == tenant.app.client_id
            if tenant.app.tenant_id == tenant_id and is_same_app:
                return tenant
        return None

    async def _say(self, desired: int | None) -> None:
        """Says, to the log and in Redis, that all is as it should be, or is no longer."""
        if desired is None:
            settled = None
        else:
            now, tenants = milliseconds(self._clock()), len(self._tenants)
            settled = Settled(at=now, desired=desired, tenants=tenants, fence=self._fence)
        with suppress(QueueUnavailable):
            await self._registrations.put_settled(settled)
        if settled is not None and self._settled is None:
            log.info("keeper.settled", subscriptions=desired, tenants=len(self._tenants))
        self._settled = settled
