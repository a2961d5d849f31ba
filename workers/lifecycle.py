"""What is said of a subscription itself: by Graph, for the keeper, or by the keeper, for us."""

from collections.abc import Mapping

import structlog

from heliograph.orders import Order, Orders, What
from heliograph.queue.claims import Claim
from heliograph.queue.ends import LookEnd
from heliograph.telemetry import LIFECYCLE_EVENTS
from workers.ending import persist
from workers.looking import Look
from workers.resync import Resync

ORDERS: Mapping[str, What] = {
    "reauthorizationRequired": "renew",
    "subscriptionRemoved": "recreate",
    "missed": "resync",
}
"""What Graph's lifecycle events ask of the keeper."""


log = structlog.get_logger()


class Lifecycle:
    """What is done with the looks of the queue `lifecycle`."""

    def __init__(self, orders: Orders, resync: Resync) -> None:
        self._orders = orders
        self._resync = resync

    async def __call__(self, claim: Claim, look: Look) -> str:
        """Hands on what Graph says about one subscription; finds what it missed."""
        for event in {news.lifecycle_event for news in look.news if news.source == "webhook"}:
            order = ORDERS.get(event or "")
            known = event if order else "other"
            LIFECYCLE_EVENTS.labels(look.lane.tenant, known).inc()
            log.info("lifecycle.received", lifecycle_event=known, registration=look.lane.id)
            if order:
                await self._orders.push(
                    Order(what=order, registration=look.lane.id, reason=str(known))
                )
        if any(news.source == "delta" for news in look.news):
            await self._resync(look.lane.id)
        await persist(lambda: claim.partition.end_look(claim, LookEnd()))
        return "handed_on"
