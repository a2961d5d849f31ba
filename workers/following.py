"""Following the directory: a look at a group or user that wishes depend on is told to the keeper.

`for_each` names the members of a group, or users by a filter; who they are now the keeper has to
find. It is told before the look is told, so that a crash in between loses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

from heliograph.changes import Snapshot
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.orders import Order, Orders
from heliograph.planning.wishes import source
from heliograph.settings import SubscriptionWish, Tenant
from workers.observe import Seen, Sight

Sources = Mapping[str, frozenset[str]]
"""By tenant id: `users`, or `groups/<id>`, whose changes may change for whom a wish is."""


def sources(wishes: Iterable[SubscriptionWish], tenants: Mapping[str, Tenant]) -> Sources:
    """What the *wishes* of each tenant depend on."""
    wishes = list(wishes)
    return {
        tenant.tenant_id: frozenset(source(wish.for_each) for wish in wishes if wish.tenant == name)
        for name, tenant in tenants.items()
    }


class Following:
    """Sees as *sight* does."""

    def __init__(self, sight: Sight, orders: Orders, sources: Sources) -> None:
        self._sight = sight
        self._orders = orders
        self._sources = sources

    async def see(self, lane: Lane, news: Sequence[News], before: Snapshot | None) -> Seen:
        """What is to be seen of *lane* now."""
        seen = await self._sight.see(lane, news, before)
        if seen.sighting is not None:
            depended_on = self._sources.get(lane.tenant, frozenset())
            for resource in depended_on & {lane.kind, f"{lane.kind}/{lane.id}"}:
                await self._orders.push(Order(what="expand", tenant=lane.tenant, reason=resource))
        return seen
