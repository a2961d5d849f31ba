"""Lifecycle notifications: verified already, they become orders to the keeper, in seconds."""

from collections.abc import Mapping

import structlog
from heliograph.telemetry import LIFECYCLE_EVENTS

from heliograph.orders import Order, Orders
from heliograph.queue.partition import Claim, LookEnd
from workers.ending import persist
from workers.observe import read

ORDERS: Mapping[str, str] = {
    "reauthorizationRequired": "renew",
    "subscriptionRemoved": "recreate",
    "missed": "resync",
}

log = structlog.get_logger()


class Lifecycle:
    """The work of the queue `lifecycle`."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def __call__(self, claim: Claim) -> None:
        """Hands on what Graph says about one subscription."""
        look = read(claim)
        for event in {news.lifecycle_event for news in look.news}:
            order = ORDERS.get(event or "")
            known = event if order else "other"
            LIFECYCLE_EVENTS.labels(look.lane.tenant, known).inc()
            log.info("lifecycle.received", lifecycle_event=known, registration=look.lane.id)
            if order:
                await self._orders.push(Order(what=order, registration=look.lane.id, reason=known))
        await persist(lambda: claim.partition.end_look(claim, LookEnd(fields=look.fields)))
