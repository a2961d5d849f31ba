"""The keeper: makes Graph's subscriptions what the configuration asks for, and keeps them so.

One at a time holds the lease; any number wait to take over. It runs in a process of its own, so
that planning never delays an answer of the listener. What it does for a tenant stands in
`keeper_tenant`, the wiring at the end of this module.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from heliograph.budgets import SharedBudgets
from heliograph.client_state import PURPOSE, ClientStates
from heliograph.encryption_keys import EncryptionKeys
from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.graph.client import open_client
from heliograph.keeping.carrier import Carrier
from heliograph.keeping.troubles import Addresses
from heliograph.lease import ASK_EVERY, LASTS, RENEW_EVERY, Lease
from heliograph.notifications import News
from heliograph.orders import Order, Orders
from heliograph.queue.calls import Calls
from heliograph.queue.connection import BLOCK_AT_MOST, connect
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.registrations import Registrations, Settled
from heliograph.sealing import Sealer, derive
from heliograph.settings import Settings
from heliograph.subscriptions import Registration, milliseconds
from heliograph.validation import lifecycle_lane
from heliograph.wishes import expand
from listener.keeper_tenant import TenantKeeper

log = structlog.get_logger()


class Keeper:
    """Holds the lease, and while it does, keeps every tenant's subscriptions."""

    def __init__(
        self,
        *,
        lease: Lease,
        orders: Orders,
        registrations: Registrations,
        clock: Callable[[], datetime],
    ) -> None:
        self._lease = lease
        self._orders = orders
        self._registrations = registrations
        self._clock = clock
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
                await _until(stop, ASK_EVERY.total_seconds())
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
        work = [self._renew(fence), self._obey(), stop.wait()]
        work += [tenant.run(fence) for tenant in self._tenants]
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(tasks)
        for task in tasks:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, LeaseLost):
                log.warning("keeper.lease_lost", fence=fence)
            elif error is not None:
                raise error

    async def _renew(self, fence: int) -> None:
        """Renews the lease; returns when it is lost, or must be taken for lost."""
        held_at = time.monotonic()
        while time.monotonic() - held_at < LASTS.total_seconds():
            await asyncio.sleep(RENEW_EVERY.total_seconds())
            with suppress(QueueUnavailable):
                if not await self._lease.renew(fence):
                    break
                held_at = time.monotonic()
        raise LeaseLost("expected to hold the keeper's lease")

    async def _obey(self) -> None:
        """Takes orders, and hands each to its tenant."""
        is_restored = False
        while True:
            try:
                if not is_restored:
                    await self._orders.restore()
                    is_restored = True
                if (order := await self._orders.next(BLOCK_AT_MOST)) is not None:
                    await self._hand_over(order)
            except QueueUnavailable:
                await asyncio.sleep(1)

    async def _hand_over(self, order: Order) -> None:
        if order.what == "expand":
            for each in self._tenants:
                each.take(order, None)
            return
        registration = await self._registrations.get(order.registration)
        tenant = self._tenant_of(registration) if registration else None
        if registration is None or tenant is None:
            log.info("keeper.order_ignored", what=order.what, registration=order.registration[:64])
            await self._orders.done(order)
            return
        log.info("keeper.ordered", what=order.what, resource=registration.resource)
        tenant.take(order, registration)

    def _tenant_of(self, registration: Registration) -> TenantKeeper | None:
        app = (registration.tenant_id, registration.client_id)
        for tenant in self._tenants:
            if (tenant.app.tenant_id, tenant.app.client_id) == app:
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


def main(settings: Settings) -> None:
    """Keeps until SIGTERM or SIGINT: the entry of the keeper's process."""
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with AsyncExitStack() as stack:
        keeper = await build(settings, stack)
        await keeper.run(stop)


async def build(settings: Settings, stack: AsyncExitStack) -> Keeper:
    """The keeper of all tenants, for as long as *stack* lasts. Settings meet objects here alone."""
    # Longer than the blocking pop that waits for orders.
    redis = connect(settings.redis.url.reveal(), answer_within=2 * BLOCK_AT_MOST)
    stack.push_async_callback(redis.aclose)
    orders, registrations = Orders(redis), Registrations(redis)
    roots = settings.root_keys
    calls, sealer = Calls(redis), Sealer(roots)
    intake = Intake([Partition(calls, sealer, index=i) for i in range(settings.redis.partitions)])
    stack.push_async_callback(intake.close)
    budgets = SharedBudgets(redis)
    stack.push_async_callback(budgets.close)
    keeper = Keeper(lease=Lease(redis), orders=orders, registrations=registrations, clock=_now)
    for name, tenant in settings.tenants.items():
        graph = await stack.enter_async_context(open_client(tenant, budget=budgets.of(tenant)))
        carrier = Carrier(
            app=tenant,
            graph=graph.subscriptions,
            registrations=registrations,
            client_states=ClientStates([derive(root, PURPOSE) for root in roots]),
            keys=EncryptionKeys(redis, sealer),
            addresses=Addresses.below(settings.listener.public_url),
            resync=partial(_ask_for_resync, intake),
            clock=_now,
        )
        wishes = [wish for wish in settings.subscriptions if wish.tenant == name]
        desired = expand(wishes, settings.tenants)
        keeper.add(
            TenantKeeper(name, desired, carrier=carrier, orders=orders, report=keeper.report)
        )
    return keeper


async def _ask_for_resync(intake: Intake, registration: Registration, reason: str) -> None:
    """Has the workers look at what the subscription watches: they missed what came before it."""
    news = News(
        registration=registration.id,
        subscription_id=registration.subscription_id or "",
        received_at=milliseconds(_now()),
        source="delta",
        lifecycle_event=reason,
    )
    lane = lifecycle_lane(registration)
    await intake.store([Arrival(lane=lane, news=news, urgent=True)])
    log.info("keeper.resync_wanted", resource=registration.resource, reason=reason)


def _now() -> datetime:
    return datetime.now(UTC)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Ends *tasks*. Asks again: on Python 3.11 `wait_for`, which redis-py uses, may swallow it."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
