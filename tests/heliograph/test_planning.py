"""Rules about plans are checked on a model of Graph: what a plan says is done, and planned again."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from time import perf_counter
from typing import assert_never

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.inventory import Actual, join
from heliograph.planning import (
    Action,
    Create,
    Delete,
    Forget,
    Leave,
    Renew,
    Replace,
    Terms,
    plan,
    renewal_due,
    spread,
)
from heliograph.subscriptions import Registration, milliseconds
from heliograph.wishes import Desired

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
URL = "https://example.org/graph/notifications"
TERMS = Terms(notification_url=URL, key_ids=("k1",))


@dataclass(frozen=True, kw_only=True)
class AnApp:
    tenant_id: str = "t"
    client_id: str = "c"


@dataclass(frozen=True, kw_only=True)
class ASubscription:
    id: str = "s1"
    resource: str = "users"
    change_type: str = "updated"
    notification_url: str | None = URL
    expiration_date_time: datetime = NOW + timedelta(days=28)
    encryption_certificate_id: str | None = None


def a_wish(**fields: object) -> Desired:
    given = {"resource": "users", "kind": "users", "change_types": ("updated",), **fields}
    given.setdefault("lifetime", timedelta(days=28))
    return msgspec.convert({"tenant_id": "t", "client_id": "c", **given}, Desired)


HEALTHY = ASubscription()


def an_actual(
    wish: Desired | None = None, subscription: ASubscription | None = HEALTHY, **fields: object
) -> Actual:
    """A healthy subscription, as recorded and as Graph has it."""
    registration = (wish or a_wish()).register("r1", now=NOW, key_id="k1")
    given = {"subscription_id": "s1", **fields}
    registration = msgspec.structs.replace(registration, **given)
    return Actual(registration=registration, subscription=subscription)


def kinds(actions: Iterable[Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


def test_a_healthy_subscription_is_left_until_half_of_its_life() -> None:
    (action,) = plan([a_wish()], [an_actual()], now=NOW, terms=TERMS)
    assert isinstance(action, Leave)
    assert timedelta(days=11) < action.until - NOW <= timedelta(days=14)


def test_a_new_wish_is_created() -> None:
    (action,) = plan([a_wish()], [], now=NOW)
    assert action == Create(desired=a_wish(), reason="the configuration asks for it")


def test_renewal_is_planned_before_expiry() -> None:
    later = NOW + timedelta(days=14)
    (action,) = plan([a_wish()], [an_actual()], now=later, terms=TERMS)
    assert isinstance(action, Renew)
    assert action.until == later + timedelta(days=28)


def test_a_challenge_is_answered_by_a_renewal() -> None:
    terms = replace(TERMS, challenged=["r1"])
    later = NOW + timedelta(hours=1)
    (action,) = plan([a_wish()], [an_actual()], now=later, terms=terms)
    assert isinstance(action, Renew)


def test_a_challenge_just_after_a_renewal_costs_no_call() -> None:
    """One may have crossed it, or be forged: at most one call for a cool-down."""
    terms = replace(TERMS, challenged=["r1"])
    later = NOW + timedelta(seconds=59)
    (action,) = plan([a_wish()], [an_actual()], now=later, terms=terms)
    assert isinstance(action, Leave)


def test_a_crashed_creation_goes_on_under_its_record() -> None:
    actual = an_actual(subscription=None, subscription_id=None)
    (action,) = plan([a_wish()], [actual], now=NOW)
    assert isinstance(action, Create)
    assert action.pending == actual.registration
    assert action.lost is None


@pytest.mark.parametrize(
    "subscription", [None, ASubscription(expiration_date_time=NOW)], ids=["gone", "expired"]
)
def test_what_graph_has_lost_is_created_again(subscription: ASubscription | None) -> None:
    actual = an_actual(subscription=subscription)
    (action,) = plan([a_wish()], [actual], now=NOW)
    assert isinstance(action, Create)
    assert action.lost == actual.registration


def test_another_form_of_a_wish_replaces_before_anything_is_deleted() -> None:
    wish = a_wish(change_types=("deleted", "updated"))
    (action,) = plan([wish], [an_actual()], now=NOW, terms=TERMS)
    assert isinstance(action, Replace)
    assert action.desired == wish


@pytest.mark.parametrize(
    "url",
    [URL, "https://EXAMPLE.org:443/graph/notifications"],
    ids=["equal", "spelled otherwise"],
)
def test_an_equal_address_is_no_reason_to_replace(url: str) -> None:
    actual = an_actual(subscription=ASubscription(notification_url=url))
    assert kinds(plan([a_wish()], [actual], now=NOW, terms=TERMS)) == ["Leave"]


def test_a_moved_address_is_replaced() -> None:
    """A lifecycle URL cannot be changed by PATCH (change-notifications.md, 1.1)."""
    actual = an_actual(subscription=ASubscription(notification_url="https://old.example/x"))
    assert kinds(plan([a_wish()], [actual], now=NOW, terms=TERMS)) == ["Replace"]


def test_content_for_a_lost_key_is_replaced() -> None:
    wish = a_wish(rich=True)
    actual = an_actual(wish, rich=True, key_id="lost")
    assert kinds(plan([wish], [actual], now=NOW, terms=TERMS)) == ["Replace"]


def test_what_nothing_asks_for_is_deleted_last() -> None:
    actions = plan([a_wish(resource="groups", kind="groups")], [an_actual()], now=NOW)
    assert kinds(actions) == ["Create", "Delete"]


def test_a_replaced_record_is_forgotten_after_five_hours() -> None:
    actual = an_actual(subscription=None, replaced_at=milliseconds(NOW))
    at_four, at_six = NOW + timedelta(hours=4), NOW + timedelta(hours=6)
    assert kinds(plan([], [actual], now=at_four)) == []
    assert kinds(plan([], [actual], now=at_six)) == ["Forget"]


def test_a_replaced_subscription_that_graph_still_has_is_deleted() -> None:
    actual = an_actual(replaced_at=milliseconds(NOW))
    assert kinds(plan([a_wish()], [actual], now=NOW)) == ["Create", "Delete"]


@given(st.integers(45, 41_760), st.integers(0, 41_760), st.floats(0, 1))
def test_renewal_is_never_later_than_half_life(life: int, start: int, jitter: float) -> None:
    begun = NOW + timedelta(minutes=start)
    registration = a_wish().register("r", now=begun)
    due = renewal_due(registration, begun + timedelta(minutes=life), jitter) - begun
    assert 0.399 * life * 60 <= due.total_seconds() <= 0.501 * life * 60


def test_jitter_spreads_renewals_evenly() -> None:
    tenths = [int(spread(f"{n:032x}") * 10) for n in range(10_000)]
    assert all(800 < tenths.count(tenth) < 1_200 for tenth in range(10))


@dataclass
class World:
    """A model of Graph and of our records, in which every action succeeds."""

    ids: Iterable[int] = field(default_factory=lambda: iter(count()))
    now: datetime = NOW
    listed: dict[str, ASubscription] = field(default_factory=dict)
    records: dict[str, Registration] = field(default_factory=dict)
    proofs: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def plan(self, desired: Iterable[Desired]) -> list[Action]:
        self.listed = {
            id_: s for id_, s in self.listed.items() if s.expiration_date_time > self.now
        }
        listed = self.listed.values()
        actual = join(self.records.values(), listed, self.proofs, now=self.now, app=AnApp())
        for item in actual:
            self.records.setdefault(item.registration.id, item.registration)
            if item.registration.replaced_at is None:
                self.records[item.registration.id] = item.registration
        return plan(desired, actual, now=self.now, terms=TERMS)

    def settle(self, desired: Iterable[Desired]) -> list[Action]:
        actions = self.plan(desired)
        for action in actions:
            self.apply(action)
        return actions

    def apply(self, action: Action) -> None:
        match action:
            case Create(desired=wish, pending=pending, lost=lost):
                self.create(wish, pending)
                if lost is not None:
                    self.retire(lost)
            case Renew(registration=registration, until=until):
                id_ = registration.subscription_id or ""
                self.listed[id_] = replace(self.listed[id_], expiration_date_time=until)
                self.records[registration.id] = msgspec.structs.replace(
                    registration, renewed_at=milliseconds(self.now)
                )
            case Replace(desired=wish, registration=registration):
                self.create(wish, None)
                self.delete(registration)
            case Delete(registration=registration):
                self.delete(registration)
            case Forget(registration=registration):
                del self.records[registration.id]
            case Leave():
                pass
            case _:
                assert_never(action)

    def create(self, wish: Desired, pending: Registration | None) -> None:
        number = next(iter(self.ids))
        record = pending or wish.register(f"r-new-{number}", now=self.now, key_id="k1")
        made = ASubscription(
            id=f"s-new-{number}",
            resource=wish.resource,
            change_type=",".join(wish.change_types),
            expiration_date_time=self.now + wish.lifetime,
            encryption_certificate_id="k1" if wish.rich else None,
        )
        self.listed[made.id] = made
        self.proofs[made.id] = record.id
        self.records[record.id] = msgspec.structs.replace(record, subscription_id=made.id)

    def delete(self, registration: Registration) -> None:
        self.retire(registration)
        if registration.subscription_id in self.listed:
            del self.listed[registration.subscription_id]
            self.deleted.add(registration.subscription_id)

    def retire(self, registration: Registration) -> None:
        record = self.records[registration.id]
        if record.subscription_id in (None, registration.subscription_id):
            self.records[record.id] = msgspec.structs.replace(
                record, replaced_at=record.replaced_at or milliseconds(self.now)
            )


RESOURCES = st.sampled_from(["users", "groups", "users/u/messages", "users/v/messages"])


@st.composite
def wishes(draw: st.DrawFn) -> Desired:
    return a_wish(
        resource=draw(RESOURCES),
        change_types=draw(st.sampled_from([("updated",), ("deleted", "updated")])),
        rich=draw(st.booleans()),
        lifetime=timedelta(minutes=draw(st.integers(45, 41_760))),
    )


@st.composite
def subscriptions(draw: st.DrawFn, wish: Desired, id_: str) -> ASubscription:
    return ASubscription(
        id=id_,
        resource=wish.resource,
        change_type=",".join(wish.change_types),
        notification_url=draw(st.sampled_from([URL, "https://old.example/"])),
        expiration_date_time=NOW + timedelta(minutes=draw(st.integers(-60, 40_000))),
        encryption_certificate_id=draw(st.sampled_from(["k1", "lost"])) if wish.rich else None,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Foreign subscriptions, and ours: once, twice or not in Graph, recorded, pending or lost."""
    world = World()
    for id_ in draw(st.sets(st.sampled_from(["f1", "f2"]))):
        world.listed[id_] = draw(subscriptions(draw(wishes()), id_))
    for number in range(draw(st.integers(0, 4))):
        wish, record_id = draw(wishes()), f"r{number}"
        made = draw(st.sets(st.sampled_from([f"s{number}a", f"s{number}b"])))
        for id_ in made:
            world.listed[id_] = draw(subscriptions(wish, id_))
            world.proofs[id_] = record_id
        if draw(st.booleans()) or not made:
            record = wish.register(record_id, now=NOW, key_id="k1")
            world.records[record_id] = msgspec.structs.replace(
                record,
                subscription_id=draw(st.sampled_from([None, "gone", *sorted(made)])),
                replaced_at=draw(st.sampled_from([None, milliseconds(NOW)])),
            )
    return world


@given(worlds(), st.lists(wishes(), max_size=6))
def test_plans_converge_and_then_leave_everything(world: World, desired: list[Desired]) -> None:
    for _ in range(2):
        world.settle(desired)
    assert set(kinds(world.plan(desired))) <= {"Leave"}
    covered = {(s.resource, s.change_type) for s in world.listed.values()}
    assert {(d.resource, ",".join(d.change_types)) for d in desired} <= covered


@given(worlds(), st.lists(wishes(), max_size=6))
def test_nothing_is_deleted_that_is_not_ours(world: World, desired: list[Desired]) -> None:
    ours = {r.subscription_id for r in world.records.values()} | set(world.proofs)
    foreign = set(world.listed) - ours
    for _ in range(3):
        world.settle(desired)
        world.now += timedelta(hours=6)
    assert not world.deleted & foreign


@given(worlds(), st.lists(wishes(), max_size=6))
def test_a_plan_is_the_same_when_made_twice(world: World, desired: list[Desired]) -> None:
    assert world.plan(desired) == world.plan(desired)


@given(worlds(), st.lists(wishes(), max_size=4), st.integers(1, 5))
def test_no_subscription_expires_while_plans_are_carried_out(
    world: World, desired: list[Desired], days: int
) -> None:
    for _ in range(2):
        world.settle(desired)
    for _ in range(days * 24 * 4):
        world.now += timedelta(minutes=15)
        actions = world.settle(desired)
        assert not {"Create", "Replace", "Delete"} & set(kinds(actions))


@given(worlds(), st.lists(wishes(), max_size=6))
def test_deletions_come_last(world: World, desired: list[Desired]) -> None:
    found = kinds(world.plan(desired))
    last = [kind in {"Delete", "Forget"} for kind in found]
    assert last == sorted(last)


@pytest.mark.bench
def test_planning_is_quick_for_many_subscriptions() -> None:
    wishes_ = [a_wish(resource=f"users/{n}/messages", kind="messages") for n in range(20_000)]
    actual = [
        Actual(
            registration=msgspec.structs.replace(
                wish.register(f"r{n}", now=NOW), subscription_id=f"s{n}"
            ),
            subscription=ASubscription(id=f"s{n}", resource=wish.resource),
        )
        for n, wish in enumerate(wishes_)
    ]
    begun = perf_counter()
    actions = plan(wishes_, actual, now=NOW, terms=TERMS)
    assert perf_counter() - begun < 0.6  # a third of it where nothing else runs
    assert set(kinds(actions)) == {"Leave"}
