from collections.abc import AsyncIterator, Sequence

import pytest

from heliograph.changes import Sighting, Snapshot
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.orders import Order, Orders
from heliograph.queue.connection import connect
from heliograph.settings import (
    Audience,
    ClientSecret,
    GroupMembers,
    Secret,
    SubscriptionWish,
    Tenant,
    UsersMatching,
)
from workers.following import Following, sources
from workers.observe import Seen

GROUP = "14b0fed8-8714-4140-b0da-f05759d10b5d"
TENANT = "0d4ca527-dc44-43d1-84c1-b63d1b1e024d"
NEWS = [News(registration="r1", subscription_id="s1", received_at=0)]


class ASight:
    """Sees what it is told to."""

    def __init__(self, sighting: Sighting | None) -> None:
        self._sighting = sighting

    async def see(self, lane: Lane, news: Sequence[News], before: Snapshot | None) -> Seen:
        del lane, news, before
        return Seen(sighting=self._sighting, refused={})


PRESENT = Sighting(presence="present", properties={})


def a_wish(audience: Audience) -> SubscriptionWish:
    return SubscriptionWish(
        tenant="contoso",
        resource="users/{id}/events",
        change_types=("updated",),
        for_each=audience,
    )


def a_tenant() -> Tenant:
    return Tenant(
        name="contoso",
        tenant_id=TENANT,
        client_id="c",
        credential=ClientSecret(secret=Secret("x")),
    )


@pytest.fixture
async def orders(redis_url: str) -> AsyncIterator[Orders]:
    redis = connect(redis_url)
    yield Orders(redis)
    await redis.aclose()


async def orders_after(
    orders: Orders, lane: Lane, *audiences: Audience, sighting: Sighting | None = PRESENT
) -> list[Order]:
    """What the keeper is asked for when *lane* is looked at and wishes are for *audiences*."""
    depended_on = sources([a_wish(one) for one in audiences], {"contoso": a_tenant()})
    following = Following(ASight(sighting), orders, depended_on)
    seen = await following.see(lane, NEWS, None)
    assert seen.sighting == sighting
    return [given.order for given in await orders.given()]


def a_lane(kind: str, id_: str) -> Lane:
    return Lane(tenant=TENANT, kind=kind, id=id_)


async def test_a_look_at_a_group_that_wishes_depend_on_is_told(orders: Orders) -> None:
    found = await orders_after(orders, a_lane("groups", GROUP), GroupMembers(GROUP))
    assert found == [Order(what="expand", tenant=TENANT, reason=f"groups/{GROUP}")]


async def test_a_look_at_any_user_is_told_where_users_are_found_by_a_filter(
    orders: Orders,
) -> None:
    found = await orders_after(orders, a_lane("users", "u1"), UsersMatching("city eq 'Berlin'"))
    assert found == [Order(what="expand", tenant=TENANT, reason="users")]


async def test_other_looks_are_not(orders: Orders) -> None:
    assert not await orders_after(orders, a_lane("groups", "other"), GroupMembers(GROUP))
    assert not await orders_after(orders, a_lane("users", "u1"), GroupMembers(GROUP))
    assert not await orders_after(orders, a_lane("users", "u1"), ("u1",))
    elsewhere = Lane(tenant="other", kind="groups", id=GROUP)
    assert not await orders_after(orders, elsewhere, GroupMembers(GROUP))


async def test_a_look_that_saw_nothing_genuine_is_not_told(orders: Orders) -> None:
    lane = a_lane("groups", GROUP)
    assert not await orders_after(orders, lane, GroupMembers(GROUP), sighting=None)
