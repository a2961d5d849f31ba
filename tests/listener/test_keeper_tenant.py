"""What the keeper does for one tenant: whom it watches, what it may touch, and in which order."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from heliograph.client_state import ClientStates
from heliograph.errors import Forbidden, NotFound
from heliograph.graph.subscriptions import NewSubscription
from heliograph.orders import Order
from heliograph.redis_server import RedisServer
from heliograph.settings import EveryMailbox, GroupMembers, UsersMatching
from listener import keeper_orders
from listener.keeper_round import BATCH
from tests.listener.house import (
    ADirectory,
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

SALES = GroupMembers("14b0fed8-8714-4140-b0da-f05759d10b5d")
EVENTS = "users/{id}/events"


def watched(graph: AGraph) -> set[str]:
    return {subscription.resource for subscription in graph.held.values()}


# -- for each of ... ---------------------------------------------------------------------------


async def test_members_of_a_group_are_subscribed_and_the_group_is_watched(house: House) -> None:
    graph = AGraph()
    house.directory = ADirectory({SALES.group: ["u1", "u2"]})
    await settle(house, graph, a_wish(EVENTS, for_each=SALES))
    assert watched(graph) == {"users/u1/events", "users/u2/events", f"groups/{SALES.group}"}


async def test_new_members_are_subscribed_and_leavers_removed_when_the_group_changes(
    house: House,
) -> None:
    graph = AGraph()
    house.directory = ADirectory({SALES.group: ["u1", "u2"]})
    async with at_work(house.keeper((a_tenant(), graph, [a_wish(EVENTS, for_each=SALES)]))):
        await settled(house)
        house.directory.ids[SALES.group] = ["u2", "u3"]
        changed = Order(what="expand", tenant="t-contoso", reason=f"groups/{SALES.group}")
        await house.orders.push(changed)
        expected = {"users/u2/events", "users/u3/events", f"groups/{SALES.group}"}
        await until(lambda: watched(graph) == expected)
        await until(lambda: no_order_waits(house))


async def test_changes_within_the_cool_down_are_looked_at_once_more_after_it(house: House) -> None:
    graph = AGraph()
    house.directory = ADirectory({SALES.group: ["u1"]})
    changed = Order(what="expand", tenant="t-contoso", reason=f"groups/{SALES.group}")
    async with at_work(house.keeper((a_tenant(), graph, [a_wish(EVENTS, for_each=SALES)]))):
        await settled(house)
        await house.orders.push(changed)
        await until(lambda: no_order_waits(house))
        house.directory.ids[SALES.group] = ["u1", "u2"]
        await house.orders.push(changed)
        await asyncio.sleep(0)
        assert "users/u2/events" not in watched(graph)
        house.now += keeper_orders.COOL_DOWNS["expand"]
        await until(lambda: "users/u2/events" in watched(graph))


@pytest.mark.parametrize(
    ("audience", "name"),
    [(UsersMatching("city eq 'Berlin'"), "city eq 'Berlin'"), (EveryMailbox(), "")],
    ids=["filter", "mailboxes"],
)
async def test_users_who_match_are_subscribed_and_users_are_watched(
    house: House, audience: UsersMatching | EveryMailbox, name: str
) -> None:
    graph = AGraph()
    house.directory = ADirectory({name: ["u1"]})
    await settle(house, graph, a_wish(EVENTS, for_each=audience))
    assert watched(graph) == {"users/u1/events", "users"}


async def test_a_directory_that_is_away_ends_nobodys_subscription(house: House) -> None:
    """The keeper starts, and cannot ask who the members are: those of old stay."""
    graph, wish = AGraph(), a_wish(EVENTS, for_each=SALES)
    house.directory = ADirectory({SALES.group: ["u1"]})
    await settle(house, graph, wish)
    before = set(graph.held)
    house.directory = ADirectory()
    graph.calls.clear()
    with capture_logs() as logs:
        async with at_work(house.keeper((a_tenant(), graph, [wish, a_wish()]))):
            await until(lambda: "users" in watched(graph))
    assert before < set(graph.held)
    assert "delete" not in graph.calls
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["event"] == "keeper.users_unknown"
    assert line["resource"] == f"the members of group {SALES.group}"


async def test_a_user_without_a_mailbox_is_told_and_keeps_nobody_else(house: House) -> None:
    def refuse(wish: NewSubscription) -> None:
        if wish.resource == "users/u1/events":
            raise NotFound("Graph answered 404: ExtensionError", status=404)

    graph = AGraph(at_create=refuse)
    house.directory = ADirectory({"": ["u1", "u2"]})
    with capture_logs() as logs:
        await settle(house, graph, a_wish(EVENTS, for_each=EveryMailbox()))
    assert watched(graph) == {"users", "users/u2/events"}
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["keeper.no_mailbox"]


# -- what is not ours --------------------------------------------------------------------------


async def test_a_conflict_names_the_command_that_would_end_it(house: House) -> None:
    graph = AGraph()
    theirs = graph.hold(a_foreign_wish())
    with capture_logs() as logs:
        async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
            await until(lambda: any(line["event"] == "keeper.conflict" for line in logs))
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert f"heliograph subscriptions adopt {theirs.id}" in line["check"]


async def test_what_is_in_the_way_is_replaced_on_command(house: House) -> None:
    graph = AGraph()
    theirs = graph.hold(a_foreign_wish())
    bystander = graph.hold(a_foreign_wish("groups"))
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await until(lambda: "create" in graph.calls)
        await house.orders.push(Order(what="adopt", tenant="t-contoso", reason=theirs.id))
        await settled(house)
        await until(lambda: no_order_waits(house))
    assert theirs.id not in graph.held
    assert bystander.id in graph.held
    assert house.resyncs == [("users", "created")]


async def test_a_wish_may_take_over_by_itself(house: House) -> None:
    graph = AGraph()
    theirs = graph.hold(a_foreign_wish())
    await settle(house, graph, a_wish(take_over=True))
    assert theirs.id not in graph.held
    assert watched(graph) == {"users"}


async def test_a_late_list_hides_what_is_in_the_way_and_it_is_taken_over_all_the_same(
    house: House,
) -> None:
    graph = AGraph()
    done: list[str] = []

    def appear(wish: NewSubscription) -> None:
        if not done:
            done.append(graph.hold(replace_client_state(wish)).id)

    def replace_client_state(wish: NewSubscription) -> NewSubscription:
        return msgspec.structs.replace(wish, client_state="theirs")

    graph.at_create = appear
    await settle(house, graph, a_wish(take_over=True))
    assert done[0] not in graph.held


async def test_a_subscription_is_removed_on_command(house: House) -> None:
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await settled(house)
        (first,) = graph.held
        registration = (await house.recorded())["users"]
        await house.orders.push(Order(what="remove", registration=registration.id))
        await until(lambda: graph.held and first not in graph.held)  # and is wished for still


async def test_two_deployments_with_one_app_registration_leave_each_other_alone(
    house: House, tmp_path: object
) -> None:
    """Each knows its own by its records and its root secret; Graph lists all of both."""
    graph = AGraph()
    with RedisServer() as server:
        other = House.at(server.url.reveal(), proofs=ClientStates([b"o" * 32]))
        async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
            await settled(house)
            async with at_work(other.keeper((a_tenant(), graph, [a_wish("groups")]))):
                await settled(other)
        assert watched(graph) == {"users", "groups"}
        # Neither finds a reason to delete, even where nothing of its own is wished for any more.
        await settle(house, graph)
        assert watched(graph) == {"groups"}
        await settle(other, graph)
        await other.redis.aclose()
    assert watched(graph) == set()


# -- forged and repeated -----------------------------------------------------------------------


@pytest.mark.parametrize("what", ["renew", "recreate", "resync"])
async def test_a_thousand_repeats_cost_one_call_for_a_cool_down(house: House, what: str) -> None:
    """S25. What was told during a cool-down is looked at once when it is over."""
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await settled(house)
        registration = (await house.recorded())["users"]
        house.now += timedelta(hours=1)
        house.resyncs.clear()
        graph.calls.clear()
        order = Order(what=what, registration=registration.id, reason="told")  # type: ignore[arg-type]  # parametrized
        await house.orders.push(order)
        await until(lambda: no_order_waits(house))
        for _ in range(1_000):
            await house.orders.push(order)
        await asyncio.sleep(1.5)  # rounds come a second apart
        assert [call for call in graph.calls if call != "list"] == [
            "renew" if what == "renew" else "get"
        ]
        assert len(house.resyncs) == (1 if what == "resync" else 0)
        assert not await no_order_waits(house)
        house.now += timedelta(minutes=6)
        await house.orders.push(order)  # which wakes it before its time
        await until(lambda: no_order_waits(house))
        assert len([call for call in graph.calls if call != "list"]) == 2


async def test_a_removal_that_graph_does_not_confirm_changes_nothing(house: House) -> None:
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, [a_wish()]))):
        await settled(house)
        registration = (await house.recorded())["users"]
        await house.orders.push(Order(what="recreate", registration=registration.id))
        await until(lambda: no_order_waits(house))
    assert graph.calls == ["list", "create", "get"]
    assert house.resyncs == [("users", "created")]


# -- pace and order ----------------------------------------------------------------------------


async def test_renewals_go_in_batches(house: House) -> None:
    graph = AGraph()
    users = tuple(f"u{n}" for n in range(50))
    await settle(house, graph, a_wish(EVENTS, for_each=users))
    house.now += timedelta(days=5)
    graph.calls.clear()
    await settle(house, graph, a_wish(EVENTS, for_each=users))
    assert graph.calls == ["list", *["renew"] * -(-50 // BATCH)]
    ends = {s.expiration_date_time for s in graph.held.values()}
    assert ends == {house.now + timedelta(minutes=10_000)}


async def test_a_renewal_that_is_refused_leaves_the_others_of_its_batch_renewed(
    house: House,
) -> None:
    graph = AGraph()
    users = ("u1", "u2", "u3")
    await settle(house, graph, a_wish(EVENTS, for_each=users))
    refused = next(s.id for s in graph.held.values() if "u2" in s.resource)
    house.now += timedelta(days=5)
    graph.refuses[refused] = Forbidden("Graph answered 403", status=403)
    renewed = house.now + timedelta(minutes=10_000)
    async with at_work(house.keeper((a_tenant(), graph, [a_wish(EVENTS, for_each=users)]))):
        await until(
            lambda: sum(s.expiration_date_time == renewed for s in graph.held.values()) == 2
        )
    recorded = await house.recorded()
    assert [bool(recorded[f"users/{user}/events"].renewed_at) for user in users] == [
        True,
        False,
        True,
    ]


async def test_an_order_overtakes_what_is_being_carried_out(house: House) -> None:
    """A removal is answered while thousands of first subscriptions are under way."""
    graph = AGraph()
    await settle(house, graph, a_wish("groups"))

    async def slowly(wish: NewSubscription) -> None:
        if wish.resource != "groups":
            await asyncio.sleep(0.1)

    graph.at_create = slowly
    users = tuple(f"u{n}" for n in range(5_000))
    wishes = [a_wish("groups"), a_wish(EVENTS, for_each=users)]
    async with at_work(house.keeper((a_tenant(), graph, wishes))):
        await until(lambda: len(graph.held) > 20)
        registration = (await house.recorded())["groups"]
        del graph.held[registration.subscription_id or ""]
        await house.orders.push(Order(what="recreate", registration=registration.id))
        await until(lambda: "groups" in watched(graph))
        assert len(graph.held) < len(users) / 2


async def test_one_failing_tenant_slows_no_other(house: House) -> None:
    """Its Graph hangs; the other's subscriptions are made, renewed and repaired meanwhile."""

    async def hang(_: NewSubscription) -> None:
        await asyncio.Event().wait()

    bad, good = AGraph(at_create=hang), AGraph()
    tenants = [
        (a_tenant("bad"), bad, [a_wish(tenant="bad")]),
        (a_tenant(), good, [a_wish("groups")]),
    ]
    async with at_work(house.keeper(*tenants)):
        await until(lambda: good.held)
        registration = (await house.recorded())["groups"]
        good.held.clear()
        await house.orders.push(Order(what="recreate", registration=registration.id))
        await until(lambda: good.held)
