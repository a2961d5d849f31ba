"""The composition root of the keeper's process: settings meet objects here, and nowhere else."""

import asyncio
import signal
from contextlib import AsyncExitStack

from heliograph.keeping.tenancy import open_tenancies
from heliograph.lease import Lease
from heliograph.orders import Orders
from heliograph.registrations import Registrations
from heliograph.settings import Settings
from listener.admin.serving import serving_admin
from listener.keeper import Keeper
from listener.keeper_keys import KeyMinder
from listener.keeper_tenant import TenantKeeper


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
        await stack.enter_async_context(serving_admin(settings))
        await keeper.run(stop)


async def build(settings: Settings, stack: AsyncExitStack) -> Keeper:
    """The keeper of all tenants, for as long as *stack* lasts."""
    tenancies = await stack.enter_async_context(open_tenancies(settings))
    orders = Orders(tenancies.redis)
    keeper = Keeper(
        lease=Lease(tenancies.redis),
        orders=orders,
        registrations=Registrations(tenancies.redis),
        records=tenancies.records,
        clock=tenancies.clock,
        errands=[KeyMinder(tenancies.keys).run],
    )
    for tenancy in tenancies.all:
        keeper.add(TenantKeeper(tenancy, orders=orders, report=keeper.report))
    return keeper
