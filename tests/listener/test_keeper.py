"""The keeper on a real Redis, and on a Graph of a few lines; on the simulator: see the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import msgspec
from structlog.testing import capture_logs

from heliograph.encryption_keys import EncryptionKeys
from heliograph.graph.subscriptions import NewSubscription, Subscription
from heliograph.lease import KEY as LEASE_KEY
from heliograph.lease import Lease
from heliograph.orders import KEY as ORDERS_KEY
from heliograph.orders import Order
from heliograph.queue.connection import connect
from heliograph.sealing import Sealer
from heliograph.subscriptions import milliseconds
from tests.listener.house import (
    ADDRESSES,
    HANDSHAKE,
    PROOFS,
    QUOTA,
    AGraph,
    House,
    a_foreign_wish,
    a_tenant,
    a_wish,
    at_work,
    no_order_waits,
    settle,
    settled,
    until,
)


async def test_what_is_wished_for_is_made(house: House) -> None:
    graph = AGraph()
    wishes = [a_wish(), a_wish("users/{id}/events", for_each=("u1", "u2"))]
    async with at_work(house.keeper((a_tenant(), graph, list(wishes)))):
        found = await settled(house)
    assert (found.desired, found.tenants) == (3, 1)
    assert {s.resource for s in graph.held.values()} == {
        "users",
        "users/u1/events",
        "users/u2/events",
    }
    recorded = await house.recorded()
    assert {r.subscription_id for r in recorded.values()} == set(graph.held)


async def test_graph_is_asked_with_everything_it_needs(house: House) -> None:
    graph = AGraph()
    wish = a_wish("users/{id}/messages", for_each=("u1",), rich=True, select=("subject",))
    await settle(house, graph, wish)
    (asked,) = graph.asked
    assert asked.resource == (
        "users/u1/messages?$select=subject,lastModifiedDateTime,changeKey,parentFolderId"
    )
    assert asked.notification_url == "https://example.org/heliograph/graph/notifications"
    assert asked.lifecycle_notification_url == "https://example.org/heliograph/graph/lifecycle"
    assert asked.expiration_date_time == house.now + timedelta(minutes=1_400)
    key = await EncryptionKeys(house.redis, Sealer([b"r" * 32])).current()
    assert asked.include_resource_data
    assert asked.encryption_certificate_id == key.id
    assert asked.encryption_certificate == key.certificate
    (registration,) = (await house.recorded()).values()
    assert PROOFS.proven(asked.client_state) == registration.id
    assert registration.key_id == key.id


async def test_a_registration_is_stored_before_graph_is_asked(house: House) -> None:
    """A notification may overtake the answer to its subscription (reliability.md, L29)."""
    known = []

    async def look(wish: NewSubscription) -> None:
        known.append(await house.registrations.get(PROOFS.proven(wish.client_state) or ""))

    await settle(house, AGraph(at_create=look), a_wish())
    assert [r and r.resource for r in known] == ["users"]


async def test_what_is_new_is_looked_over_once(house: House) -> None:
    """The subscription first, then the look: so nothing falls between."""
    graph = AGraph()
    await settle(house, graph, a_wish())
    await settle(house, graph, a_wish())
    assert house.resyncs == [("users", "created")]


async def test_a_restart_costs_nothing_but_the_listing(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())
    graph.calls.clear()
    await settle(house, graph, a_wish())
    assert graph.calls == ["list"]


async def test_a_keeper_may_start_before_its_listener(house: House) -> None:
    graph = AGraph(refusals=[HANDSHAKE, HANDSHAKE])
    with capture_logs() as logs:
        await settle(house, graph, a_wish())
    assert not [line for line in logs if line["log_level"] == "error"]
    assert len(await house.registrations.all()) == 1


async def test_a_handshake_that_keeps_failing_is_explained(house: House) -> None:
    graph = AGraph(refusals=[HANDSHAKE] * 100)
    with capture_logs() as logs:
        async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
            await until(lambda: any(line["log_level"] == "error" for line in logs))
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["event"] == "keeper.handshake_failed"
    assert "ValidationError" in line["said"]
    assert ADDRESSES.notifications in line["check"]
    assert ADDRESSES.lifecycle in line["check"]
    assert "example" not in str({**line, "check": ""})


async def test_failing_handshakes_are_not_tried_for_every_subscription(house: House) -> None:
    graph = AGraph(refusals=[HANDSHAKE] * 8)
    users = tuple(f"u{n}" for n in range(30))
    await settle(house, graph, a_wish("users/{id}/events", for_each=users))
    assert graph.calls == ["list", *["create"] * 8, *["create"] * 30]


async def test_a_used_up_quota_is_reported_once(house: House) -> None:
    graph = AGraph(refusals=[QUOTA] * 100)
    keeper = house.keeper((a_tenant(), graph, [a_wish(), a_wish("groups")]))
    with capture_logs() as logs:
        async with at_work(keeper):
            await until(lambda: any(line["event"] == "keeper.quota" for line in logs))
            for _ in range(3):  # as many more rounds
                house.now += timedelta(seconds=10)
                await house.orders.push(Order(what="expand", tenant="t-contoso", reason="users"))
                await until(lambda: no_order_waits(house))
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["resources"] == 2
    assert "heliograph subscriptions list" in line["check"]
    assert graph.calls.count("create") == 2
    assert await house.registrations.settled() is None


async def test_what_others_have_is_never_touched(house: House) -> None:
    graph = AGraph()
    theirs = graph.hold(a_foreign_wish("groups"))
    await settle(house, graph, a_wish())
    await settle(house, graph)
    assert list(graph.held) == [theirs.id]


async def test_a_foreign_subscription_in_the_way_is_reported_and_left(house: House) -> None:
    graph = AGraph()
    theirs = graph.hold(a_foreign_wish())
    with capture_logs() as logs:
        async with at_work(house.keeper((a_tenant(), graph, [a_wish(), a_wish("groups")]))):
            await until(lambda: any(line["event"] == "keeper.conflict" for line in logs))
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert theirs.id in line["said"]
    assert set(graph.held) > {theirs.id}
    assert "groups" in await house.recorded()


async def test_ours_whose_record_was_lost_is_adopted(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())
    before = await house.recorded()
    await house.redis.flushall()
    graph.calls.clear()
    await settle(house, graph, a_wish())
    assert graph.calls == ["list", "get"]
    assert {r.id for r in before.values()} == {r.id for r in (await house.recorded()).values()}


async def test_one_made_by_a_call_without_an_answer_is_adopted(house: House) -> None:
    """Graph has made it, and the list that was read before does not show it."""
    graph = AGraph()
    done: list[Subscription] = []

    def make(wish: NewSubscription) -> None:
        if not done:
            done.append(graph.hold(wish))

    graph.at_create = make
    await settle(house, graph, a_wish())
    assert list(graph.held) == [done[0].id]
    assert (await house.recorded())["users"].subscription_id == done[0].id


async def test_what_is_not_wished_for_any_more_is_removed(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish(), a_wish("groups"))
    await settle(house, graph, a_wish("groups"))
    assert [s.resource for s in graph.held.values()] == ["groups"]
    replaced = [r for r in await house.registrations.all() if r.replaced_at is not None]
    assert [r.resource for r in replaced] == ["users"]


async def test_a_replaced_registration_is_known_for_five_hours(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())
    await settle(house, graph)
    house.now += timedelta(hours=4, minutes=59)
    await settle(house, graph)
    assert len(await house.registrations.all()) == 1
    house.now += timedelta(minutes=2)
    await settle(house, graph)
    assert await house.registrations.all() == []


async def test_a_subscription_to_an_old_address_is_replaced_and_resynced(house: House) -> None:
    """Graph answers 409 to its twin, so the old one goes first and changes may be lost."""
    graph = AGraph()
    await settle(house, graph, a_wish())
    (old,) = graph.held
    graph.held[old] = msgspec.structs.replace(
        graph.held[old], notification_url="https://old.example/"
    )
    await settle(house, graph, a_wish())
    (new,) = graph.held.values()
    assert new.notification_url == ADDRESSES.notifications
    assert house.resyncs[-1] == ("users", "replaced")
    assert (await house.recorded())["users"].subscription_id == new.id


async def test_renewal_comes_at_half_life(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())
    house.now += timedelta(days=15)
    await settle(house, graph, a_wish())
    (subscription,) = graph.held.values()
    assert graph.calls.count("renew") == 1
    assert subscription.expiration_date_time == house.now + timedelta(days=28)
    recorded = (await house.recorded())["users"]
    assert recorded.renewed_at == milliseconds(house.now)
    assert recorded.expires_at == milliseconds(house.now + timedelta(days=28))


def remove_behind_its_list(graph: AGraph) -> None:
    """Graph's list may go on showing what it has no longer."""
    ghosts = list(graph.held.values())
    graph.held.clear()

    async def list_late() -> AsyncIterator[Subscription]:
        for subscription in [*ghosts, *graph.held.values()]:
            yield msgspec.structs.replace(subscription, client_state=None)

    graph.list = list_late  # type: ignore[method-assign]  # this one graph alone is late


async def test_a_renewal_that_is_not_found_makes_a_new_one(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())
    house.now += timedelta(days=15)
    remove_behind_its_list(graph)
    await settle(house, graph, a_wish())
    assert len(graph.held) == 1
    assert house.resyncs == [("users", "created"), ("users", "recreated")]


async def test_what_is_said_to_be_removed_is_asked_for_by_its_id(house: House) -> None:
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await settled(house)
        remove_behind_its_list(graph)
        registration = (await house.recorded())["users"]
        await house.orders.push(Order(what="recreate", registration=registration.id))
        await until(lambda: graph.held)


async def test_what_graph_removed_is_made_again_and_resynced(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())
    graph.held.clear()
    await settle(house, graph, a_wish())
    assert len(graph.held) == 1
    assert house.resyncs == [("users", "created"), ("users", "recreated")]


async def test_a_list_that_lags_is_no_reason_to_make_a_second_one(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, a_wish())

    async def list_nothing() -> AsyncIterator[Subscription]:
        for subscription in list[Subscription]():
            yield subscription

    graph.list = list_nothing  # type: ignore[method-assign]  # a replica that has not caught up
    await settle(house, graph, a_wish())
    assert graph.calls.count("create") == 1


async def test_orders_act_at_once(house: House) -> None:
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await settled(house)
        registration = (await house.recorded())["users"]
        house.now += timedelta(hours=1)
        await house.orders.push(Order(what="renew", registration=registration.id))
        await until(lambda: "renew" in graph.calls)
        graph.held.clear()
        await house.orders.push(Order(what="recreate", registration=registration.id))
        await until(lambda: graph.calls.count("create") == 2)
        await until(house.recorded)
        (made,) = (await house.recorded()).values()
        await house.orders.push(Order(what="resync", registration=made.id, reason="missed"))
        await until(lambda: ("users", "missed") in house.resyncs)

        await until(lambda: no_order_waits(house))


async def test_an_order_for_nothing_we_know_is_ignored(house: House) -> None:
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await settled(house)
        with capture_logs() as logs:
            await house.orders.push(Order(what="renew", registration="forged"))
            await until(lambda: any(line["event"] == "keeper.order_ignored" for line in logs))
    assert not await house.redis.exists(ORDERS_KEY)


async def test_a_failing_tenant_slows_no_other(house: House) -> None:
    bad, good = AGraph(refusals=[QUOTA] * 100), AGraph()
    tenants = [
        (a_tenant("bad"), bad, [a_wish(tenant="bad")]),
        (a_tenant(), good, [a_wish()]),
    ]
    async with at_work(house.keeper(*tenants)):
        await until(lambda: good.held)
        assert not bad.held
        assert await house.registrations.settled() is None


async def test_a_mistake_of_ours_in_one_tenant_ends_no_other(house: House) -> None:
    def burst(wish: NewSubscription) -> None:
        raise ZeroDivisionError

    bad, good = AGraph(at_create=burst), AGraph()
    tenants = [
        (a_tenant("bad"), bad, [a_wish(tenant="bad")]),
        (a_tenant(), good, [a_wish()]),
    ]
    with capture_logs() as logs:
        async with at_work(house.keeper(*tenants)):
            await until(lambda: good.held)
            await until(lambda: any(line["event"] == "keeper.broken" for line in logs))


async def test_one_keeper_at_a_time(house: House) -> None:
    first, second = AGraph(), AGraph()
    async with at_work(house.keeper((a_tenant(), first, [a_wish()]))):
        await settled(house)
        async with at_work(house.keeper((a_tenant(), second, [a_wish()]))):
            await asyncio.sleep(0)
    assert second.calls == []


async def test_a_keeper_whose_lease_is_taken_ends_and_writes_no_more(house: House) -> None:
    """L34: the one that slept is refused, and does not fight the new one."""
    graph = AGraph()
    wishes = [a_wish(), a_wish("groups")]

    async def overtake(wish: NewSubscription) -> None:
        await house.redis.delete(LEASE_KEY)
        await Lease(house.redis).acquire()

    graph.at_create = overtake
    with capture_logs() as logs:
        async with at_work(house.keeper((a_tenant(), graph, wishes))):
            await until(lambda: any(line["event"] == "keeper.lease_lost" for line in logs))
    assert not [r for r in await house.registrations.all() if r.subscription_id]
    assert await house.registrations.settled() is None


async def test_nothing_secret_is_logged(house: House) -> None:
    graph = AGraph()
    with capture_logs() as logs:
        await settle(house, graph, a_wish())
    for asked in graph.asked:
        assert asked.client_state not in str(logs)


async def test_a_redis_that_is_away_is_waited_for(house: House) -> None:
    gone = House(connect("unix:///nonexistent/redis.sock"))
    keeper = gone.keeper((a_tenant(), AGraph(), [a_wish()]))
    with capture_logs() as logs:
        async with at_work(keeper):
            await until(lambda: any(line["event"] == "keeper.redis_away" for line in logs))
    with suppress(OSError):
        await gone.redis.aclose()
