"""L27: what Graph drops without a word is found by one resync, and nothing of it is told twice."""

import asyncio
from collections import Counter

import pytest

from heliograph.audit import AuditStore
from heliograph.cli.demo_site import Site
from heliograph.delta_links import KEY
from heliograph.orders import Order, Orders
from heliograph.queue.connection import connect
from heliograph.registrations import Registrations
from tests.system.test_main_job import site

pytestmark = pytest.mark.timeout(180)

CHANGES = 60
LOST = 0.2
FOLLOWED = 2 + 3 * 4
"""Users, groups, and of each mailbox the inbox, the contacts and two windows of the calendar."""


async def created(site: Site) -> Counter[str]:
    """How often the creation of each contact, event and message was told."""
    async with AuditStore.open(site.audit_url) as audit:
        entries = [entry async for entry in audit.entries()]
    kinds = {"contacts", "events"}
    return Counter(e.subject for e in entries if e.kind in kinds and e.what == "created")


async def until_created(site: Site, count: int) -> None:
    while len(await created(site)) < count:  # noqa: ASYNC110 (other processes write)
        await asyncio.sleep(0.2)


async def test_one_resync_finds_everything_that_was_dropped() -> None:
    async with site() as (here, _):
        redis = connect(here.processes.redis.url.reveal())
        while await redis.execute_command("HLEN", KEY) < FOLLOWED:  # noqa: ASYNC110 (as below)
            await asyncio.sleep(0.1)
        await here._answer("POST", "/_simulator/switches", json={"lost": LOST})
        for number in range(CHANGES):
            kind = "contacts" if number % 2 else "events"
            await here.act({"event": f"{kind}.created", "user": here.cast.boss})
        while (await here.state())["pendingDeliveries"]:  # noqa: ASYNC110 (another process works)
            await asyncio.sleep(0.1)
        arrived = len(await here.deliveries())
        assert arrived < CHANGES
        for registration in await Registrations(redis).all():
            order = Order(what="resync", registration=registration.id, reason="missed")
            await Orders(redis).push(order)
        await redis.aclose()
        await until_created(here, CHANGES)
        assert set((await created(here)).values()) == {1}
