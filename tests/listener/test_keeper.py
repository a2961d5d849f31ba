"""The keeper on a real Redis, and on a Graph of a few lines; on the simulator: see the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from heliograph.client_state import ClientStates
from heliograph.encryption_keys import EncryptionKeys
from heliograph.errors import Conflict, Forbidden, GraphError, Invalid, NotFound
from heliograph.graph.subscriptions import NewSubscription, Subscription
from heliograph.keeping.carrier import Carrier
from heliograph.keeping.troubles import Addresses
from heliograph.lease import KEY as LEASE_KEY
from heliograph.lease import Lease
from heliograph.orders import TAKEN_KEY, Order, Orders
from heliograph.queue.connection import BLOCK_AT_MOST, connect
from heliograph.registrations import Registrations, Settled
from heliograph.sealing import Sealer
from heliograph.settings import ClientSecret, Secret, SubscriptionWish, Tenant
from heliograph.subscriptions import Registration, milliseconds
from heliograph.wishes import Desired, expand
from listener.keeper import Keeper
from listener.keeper_tenant import TenantKeeper

ADDRESSES = Addresses.below("https://example.org/heliograph/")
PROOFS = ClientStates([b"k" * 32])
SOON = 5.0

HANDSHAKE = Invalid("Graph answered 400: ValidationError", status=400, code="ValidationError")
QUOTA = Forbidden("Graph answered 403: ExtensionError", status=403, code="ExtensionError")


def a_tenant(name: str = "contoso") -> Tenant:
    return Tenant(
        name=name, tenant_id=f"t-{name}", client_id="c", credential=ClientSecret(secret=Secret("x"))
    )


def a_wish(resource: str = "users", **fields: object) -> SubscriptionWish:
    given = {"change_types": ("updated", "deleted"), "tenant": "contoso", **fields}
    return SubscriptionWish(resource=resource, **given)  # type: ignore[arg-type]  # a builder


@dataclass
class AGraph:
    """Graph's subscriptions, without any network. *refusals* are raised by `create`, in order."""

    refusals: list[GraphError] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    held: dict[str, Subscription] = field(default_factory=dict)
    asked: list[NewSubscription] = field(default_factory=list)
    at_create: Callable[[NewSubscription], object] | None = None
    numbers: Iterable[int] = field(default_factory=count)

    async def create(self, wish: NewSubscription, *, permission: str | None = None) -> Subscription:
        self.calls.append("create")
        if self.at_create is not None:
            outcome = self.at_create(wish)
            if asyncio.iscoroutine(outcome):
                await outcome
        if self.refusals:
            raise self.refusals.pop(0)
        for other in self.held.values():
            if (other.resource, other.change_type) == (wish.resource, wish.change_type):
                raise Conflict(f"Subscription Id {other.id} already exists", status=409)
        self.asked.append(wish)
        return self.hold(wish)

    def hold(self, wish: NewSubscription) -> Subscription:
        id_ = f"00000000-0000-0000-0000-{next(iter(self.numbers)):012x}"
        self.held[id_] = Subscription(
            id=id_,
            resource=wish.resource,
            change_type=wish.change_type,
            notification_url=wish.notification_url,
            expiration_date_time=wish.expiration_date_time,
            client_state=wish.client_state,
            application_id="c",
            encryption_certificate_id=wish.encryption_certificate_id,
        )
        return self.held[id_]

    async def get(self, subscription: str) -> Subscription:
        self.calls.append("get")
        return self._of(subscription)

    async def list(self) -> AsyncIterator[Subscription]:
        self.calls.append("list")
        for subscription in list(self.held.values()):
            yield msgspec.structs.replace(subscription, client_state=None)

    async def renew(self, subscription: str, *, until: datetime) -> Subscription:
        self.calls.append("renew")
        renewed = msgspec.structs.replace(self._of(subscription), expiration_date_time=until)
        self.held[subscription] = renewed
        return renewed

    async def delete(self, subscription: str) -> None:
        self.calls.append("delete")
        self.held.pop(subscription, None)

    def _of(self, id_: str) -> Subscription:
        if id_ not in self.held:
            raise NotFound("Graph answered 404: ResourceNotFound", status=404)
        return self.held[id_]


def a_foreign_wish(resource: str = "users", client_state: str = "theirs") -> NewSubscription:
    return NewSubscription(
        resource=resource,
        change_type="deleted,updated",
        notification_url=ADDRESSES.notifications,
        expiration_date_time=datetime.now(UTC) + timedelta(days=20),
        client_state=client_state,
    )


@dataclass
class House:
    """A Redis, and what the keeper knows through it."""

    redis: Redis
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    resyncs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def registrations(self) -> Registrations:
        return Registrations(self.redis)

    @property
    def orders(self) -> Orders:
        return Orders(self.redis)

    def keeper(self, *tenants: tuple[Tenant, AGraph, list[Desired]]) -> Keeper:
        keeper = Keeper(
            lease=Lease(self.redis),
            orders=self.orders,
            registrations=self.registrations,
            clock=lambda: self.now,
        )
        for tenant, graph, desired in tenants:
            carrier = Carrier(
                app=tenant,
                graph=graph,
                registrations=self.registrations,
                client_states=PROOFS,
                keys=EncryptionKeys(self.redis, Sealer([b"r" * 32])),
                addresses=ADDRESSES,
                resync=self.resync,
                clock=lambda: self.now,
            )
            kept = TenantKeeper(
                tenant.name, desired, carrier=carrier, orders=self.orders, report=keeper.report
            )
            keeper.add(kept)
        return keeper

    async def resync(self, registration: Registration, reason: str) -> None:
        self.resyncs.append((registration.resource, reason))

    async def recorded(self) -> dict[str, Registration]:
        """The live registrations, by resource."""
        found = await self.registrations.all()
        return {r.resource: r for r in found if r.replaced_at is None}


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    redis = connect(redis_url, answer_within=2 * BLOCK_AT_MOST)
    await redis.flushall()
    yield House(redis)
    await redis.aclose()


@asynccontextmanager
async def at_work(keeper: Keeper) -> AsyncIterator[None]:
    """*keeper* at work until the block ends."""
    stop = asyncio.Event()
    task = asyncio.create_task(keeper.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, SOON)


async def until(claim: Callable[[], object]) -> None:
    """Waits until *claim* (or what it gives, awaited) holds."""
    async with asyncio.timeout(SOON):
        while True:
            held = claim()
            if await held if asyncio.iscoroutine(held) else held:
                return
            await asyncio.sleep(0.01)


async def settled(house: House) -> Settled:
    await until(house.registrations.settled)
    found = await house.registrations.settled()
    assert found is not None
    return found


def desired(*wishes: SubscriptionWish, tenant: Tenant | None = None) -> list[Desired]:
    tenant = tenant or a_tenant()
    return expand(wishes, {tenant.name: tenant})


async def settle(house: House, graph: AGraph, *wishes: SubscriptionWish) -> None:
    """Lets a keeper work until Graph is as the *wishes* say."""
    async with at_work(house.keeper((a_tenant(), graph, desired(*wishes)))):
        await settled(house)


async def test_what_is_wished_for_is_made(house: House) -> None:
    graph = AGraph()
    wishes = [a_wish(), a_wish("users/{id}/events", for_each=("u1", "u2"))]
    async with at_work(house.keeper((a_tenant(), graph, desired(*wishes)))):
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
        async with at_work(house.keeper((a_tenant(), graph, desired(a_wish())))):
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
    assert graph.calls == ["list", *["create"] * 8, "list", *["create"] * 30]


async def test_a_used_up_quota_is_reported_once(house: House) -> None:
    graph = AGraph(refusals=[QUOTA] * 100)
    keeper = house.keeper((a_tenant(), graph, desired(a_wish())))
    with capture_logs() as logs:
        async with at_work(keeper):
            await until(lambda: any(line["event"] == "keeper.forbidden" for line in logs))
            await house.orders.push(Order(what="expand"))  # one more round
            await until(lambda: graph.calls.count("create") == 2)
    assert len([line for line in logs if line["log_level"] == "error"]) == 1
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
        async with at_work(house.keeper((a_tenant(), graph, desired(a_wish(), a_wish("groups"))))):
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
    async with at_work(house.keeper((a_tenant(), graph, desired(a_wish())))):
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
    async with at_work(house.keeper((a_tenant(), graph, desired(a_wish())))):
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

        async def all_done() -> bool:
            return not await house.redis.exists(TAKEN_KEY)

        await until(all_done)


async def test_an_order_for_nothing_we_know_is_ignored(house: House) -> None:
    graph = AGraph()
    async with at_work(house.keeper((a_tenant(), graph, desired(a_wish())))):
        await settled(house)
        with capture_logs() as logs:
            await house.orders.push(Order(what="renew", registration="forged"))
            await until(lambda: any(line["event"] == "keeper.order_ignored" for line in logs))
    assert not await house.redis.exists(TAKEN_KEY)


async def test_a_failing_tenant_slows_no_other(house: House) -> None:
    bad, good = AGraph(refusals=[QUOTA] * 100), AGraph()
    tenants = [
        (a_tenant("bad"), bad, desired(a_wish(tenant="bad"), tenant=a_tenant("bad"))),
        (a_tenant(), good, desired(a_wish())),
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
        (a_tenant("bad"), bad, desired(a_wish(tenant="bad"), tenant=a_tenant("bad"))),
        (a_tenant(), good, desired(a_wish())),
    ]
    with capture_logs() as logs:
        async with at_work(house.keeper(*tenants)):
            await until(lambda: good.held)
            await until(lambda: any(line["event"] == "keeper.broken" for line in logs))


async def test_one_keeper_at_a_time(house: House) -> None:
    first, second = AGraph(), AGraph()
    async with at_work(house.keeper((a_tenant(), first, desired(a_wish())))):
        await settled(house)
        async with at_work(house.keeper((a_tenant(), second, desired(a_wish())))):
            await asyncio.sleep(0)
    assert second.calls == []


async def test_a_keeper_whose_lease_is_taken_ends_and_writes_no_more(house: House) -> None:
    """L34: the one that slept is refused, and does not fight the new one."""
    graph = AGraph()
    wishes = desired(a_wish(), a_wish("groups"))

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
    keeper = gone.keeper((a_tenant(), AGraph(), desired(a_wish())))
    with capture_logs() as logs:
        async with at_work(keeper):
            await until(lambda: any(line["event"] == "keeper.redis_away" for line in logs))
    with suppress(OSError):
        await gone.redis.aclose()
