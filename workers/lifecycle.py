"""What is said of a subscription itself: by Graph, for the keeper, or by the keeper, for us."""

from collections.abc import Mapping

import structlog

from heliograph.orders import Order, Orders, What
from heliograph.queue.partition import Claim, LookEnd
from heliograph.telemetry import LIFECYCLE_EVENTS
from workers.baseline import Baseline
from workers.ending import persist
from workers.observe import read

ORDERS: Mapping[str, What] = {
    "reauthorizationRequired": "renew",
    "subscriptionRemoved": "recreate",
    "missed": "resync",
}
"""What Graph's lifecycle events ask of the keeper."""


log = structlog.get_logger()


class Lifecycle:
    """The work of the queue `lifecycle`."""

    def __init__(self, orders: Orders, baseline: Baseline) -> None:
        self._orders = orders
        self._baseline = baseline

    async def __call__(self, claim: Claim) -> None:
        """Hands on what Graph says about one subscription; takes the baseline of a new one."""
        look = read(claim)
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
            await self._baseline.take(look.lane.id)
        await persist(lambda: claim.partition.end_look(claim, LookEnd(fields=look.fields)))
