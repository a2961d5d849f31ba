"""Rules about plans are checked on a model of Graph: what a plan says is done, and planned again."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from time import perf_counter
from typing import assert_never

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliograph.offers import DIRECTORY_QUOTA, MAILBOX_QUOTA
from heliograph.planning.actions import (
    Action,
    Adopt,
    Create,
    Delete,
    Forget,
    Hold,
    Leave,
    Rekey,
    Renew,
    Replace,
    TakeOver,
)
from heliograph.planning.inventory import Actual, join
from heliograph.planning.planner import Terms, plan, renewal_due, spread
from heliograph.planning.wishes import Desired
from heliograph.subscriptions import Registration, milliseconds
from tests.bench.report import Row, report

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
URL = "https://example.org/graph/notifications"
TERMS = Terms(notification_url=URL, key_ids=("k0", "k1"), newest_key_id="k1")


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


def test_what_the_old_root_secret_vouches_for_is_replaced_while_secrets_rotate() -> None:
    actual = an_actual(proof_id="old")
    assert kinds(plan([a_wish()], [actual], now=NOW, terms=TERMS)) == ["Leave"]
    terms = replace(TERMS, proof_id="new")
    assert kinds(plan([a_wish()], [actual], now=NOW, terms=terms)) == ["Replace"]
    assert kinds(plan([a_wish()], [an_actual(proof_id="new")], now=NOW, terms=terms)) == ["Leave"]


def test_content_for_an_old_key_is_asked_for_with_the_newest_and_a_new_end() -> None:
    """A certificate goes together with a new expiration (change-notifications.md, 12)."""
    wish = a_wish(rich=True)
    (action,) = plan([wish], [an_actual(wish, rich=True, key_id="k0")], now=NOW, terms=TERMS)
    assert isinstance(action, Rekey)
    assert action.until == NOW + timedelta(days=28)
    assert action.reason == "it shall encrypt for the newest key"


def test_what_nothing_asks_for_is_deleted_last() -> None:
    actions = plan([a_wish(resource="groups", kind="groups")], [an_actual()], now=NOW)
    assert kinds(actions) == ["Create", "Delete"]


def test_a_replaced_record_is_forgotten_after_five_hours() -> None:
    actual = an_actual(subscription=None, replaced_at=milliseconds(NOW))
    at_four, at_six = NOW + timedelta(hours=4), NOW + timedelta(hours=6)
    assert kinds(plan([], [actual], now=at_four)) == []
    assert kinds(plan([], [actual], now=at_six)) == ["Forget"]


def test_a_replaced_subscription_that_graph_still_has_is_deleted() -> None:
    old = an_actual(id="r0", replaced_at=milliseconds(NOW))
    actions = plan([a_wish()], [old, an_actual()], now=NOW, terms=TERMS)
    assert kinds(actions) == ["Leave", "Delete"]


def test_one_that_was_given_up_and_is_there_still_is_taken_back() -> None:
    """A keeper that was killed between the record and the call leaves such ones."""
    old = an_actual(replaced_at=milliseconds(NOW))
    (action,) = plan([a_wish()], [old], now=NOW, terms=TERMS)
    assert action == Adopt(
        registration=an_actual().registration, reason="its clientState proves that it is ours"
    )


@given(st.integers(45, 41_760), st.integers(0, 41_760), st.floats(0, 1))
def test_renewal_is_never_later_than_half_life(life: int, start: int, jitter: float) -> None:
    begun = NOW + timedelta(minutes=start)
    registration = a_wish().register("r", now=begun)
    due = renewal_due(registration, begun + timedelta(minutes=life), jitter) - begun
    assert 0.399 * life * 60 <= due.total_seconds() <= 0.501 * life * 60


def test_jitter_spreads_renewals_evenly() -> None:
    tenths = [int(spread(f"{n:032x}") * 10) for n in range(10_000)]
    assert all(800 < tenths.count(tenth) < 1_200 for tenth in range(10))


Aim = tuple[str, tuple[str, ...]]


def aim(wish: Desired) -> Aim:
    """What Graph takes no second subscription for, as it is asked here: without a query."""
    return wish.resource, wish.change_types


def twin(subscription: ASubscription) -> tuple[str, str]:
    return subscription.resource, subscription.change_type


@dataclass
class World:
    """A model of Graph and of our records.

    Graph refuses what is beyond its quotas, and mostly twins of an app, though not for all kinds.
    """

    ids: Iterable[int] = field(default_factory=lambda: iter(count()))
    now: datetime = NOW
    refuses_twins: bool = True
    takes_certificates: bool = True
    listed: dict[str, ASubscription] = field(default_factory=dict)
    records: dict[str, Registration] = field(default_factory=dict)
    proofs: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    resynced: set[str] = field(default_factory=set)

    @property
    def foreign(self) -> list[ASubscription]:
        ours = {r.subscription_id for r in self.records.values()} | set(self.proofs)
        return [s for id_, s in self.listed.items() if id_ not in ours]

    def plan(self, desired: Iterable[Desired]) -> list[Action]:
        self.listed = {
            id_: s for id_, s in self.listed.items() if s.expiration_date_time > self.now
        }
        listed = self.listed.values()
        actual = join(self.records.values(), listed, self.proofs, now=self.now, app=AnApp())
        terms = replace(TERMS, foreign=self.foreign, given_up=self.given_up)
        return plan(desired, actual, now=self.now, terms=terms)

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
                    self.resynced.add(wish.resource)
            case TakeOver(desired=wish, subscription_id=id_):
                self.remove(id_)
                self.create(wish, None)
            case Adopt(registration=registration):
                self.records[registration.id] = registration
            case Renew(registration=registration, until=until):
                id_ = registration.subscription_id or ""
                self.listed[id_] = replace(self.listed[id_], expiration_date_time=until)
                self.records[registration.id] = msgspec.structs.replace(
                    registration, renewed_at=milliseconds(self.now)
                )
            case Replace():
                self.replace(action)
            case Delete(registration=registration):
                self.delete(registration)
            case Forget(registration=registration):
                del self.records[registration.id]
            case Leave() | Hold():
                pass
            case _:
                assert_never(action)

    def rekey(self, action: Rekey) -> None:
        registration = action.registration
        id_ = registration.subscription_id or ""
        self.listed[id_] = replace(
            self.listed[id_], expiration_date_time=action.until, encryption_certificate_id="k1"
        )
        self.records[registration.id] = msgspec.structs.replace(
            registration, key_id="k1", renewed_at=milliseconds(self.now)
        )

    def replace(self, action: Replace) -> None:
        if isinstance(action, Rekey) and self.takes_certificates:
            self.rekey(action)
            return
        if action.delete_first:
            self.delete(action.registration)
        self.create(action.desired, None, instead_of=action.registration)
        self.delete(action.registration)

    def create(
        self, wish: Desired, pending: Registration | None, instead_of: Registration | None = None
    ) -> None:
        number = next(iter(self.ids))
        record = pending or wish.register(f"r-new-{number}", now=self.now, key_id="k1")
        made = ASubscription(
            id=f"s-new-{number}",
            resource=wish.asked_resource,
            change_type=",".join(wish.change_types),
            expiration_date_time=self.now + wish.lifetime,
            encryption_certificate_id="k1" if wish.rich else None,
        )
        if not self.makes_way(made, instead_of):
            return
        if wish.owner is None and self.in_directory() >= DIRECTORY_QUOTA:
            raise AssertionError("asked for more than the quota grants")
        self.listed[made.id] = made
        self.proofs[made.id] = record.id
        self.records[record.id] = msgspec.structs.replace(record, subscription_id=made.id)

    def makes_way(self, wanted: ASubscription, old: Registration | None) -> bool:
        """False for a conflict that is left as it is."""
        for id_, other in list(self.listed.items()):
            if self.refuses_twins and twin(other) == twin(wanted):
                if old is None or id_ != old.subscription_id:
                    return False
                self.remove(id_)
        return True

    def in_directory(self) -> int:
        return sum("/" not in s.resource for s in self.listed.values())

    def delete(self, registration: Registration) -> None:
        self.retire(registration)
        if registration.subscription_id in self.listed:
            self.remove(registration.subscription_id)

    def remove(self, id_: str) -> None:
        del self.listed[id_]
        self.deleted.add(id_)

    def retire(self, registration: Registration) -> None:
        record = self.records.get(registration.id, registration)
        if record.subscription_id in (None, registration.subscription_id):
            self.records[record.id] = msgspec.structs.replace(
                record, replaced_at=record.replaced_at or milliseconds(self.now)
            )


RESOURCES = {
    "users": ("users", None),
    "groups": ("groups", None),
    "users/u/messages": ("messages", "u"),
    "users/v/messages": ("messages", "v"),
}


@st.composite
def wishes(draw: st.DrawFn) -> Desired:
    resource = draw(st.sampled_from(sorted(RESOURCES)))
    kind, owner = RESOURCES[resource]
    return a_wish(
        resource=resource,
        kind=kind,
        owner=owner,
        change_types=draw(st.sampled_from([("updated",), ("deleted", "updated")])),
        rich=draw(st.booleans()),
        lifetime=timedelta(minutes=draw(st.integers(45, 41_760))),
        take_over=draw(st.booleans()),
    )


def some_wishes(most: int = 6) -> st.SearchStrategy[list[Desired]]:
    """Wishes that Graph can have side by side."""
    return st.lists(wishes(), max_size=most, unique_by=aim)


@st.composite
def subscriptions(draw: st.DrawFn, wish: Desired, id_: str) -> ASubscription:
    return ASubscription(
        id=id_,
        resource=wish.resource,
        change_type=",".join(wish.change_types),
        notification_url=draw(st.sampled_from([URL, "https://old.example/"])),
        expiration_date_time=NOW + timedelta(minutes=draw(st.integers(-60, 40_000))),
        encryption_certificate_id=draw(st.sampled_from(["k0", "k1", "lost"]))
        if wish.rich
        else None,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Foreign subscriptions, and ours: once, twice or not in Graph, recorded, pending or lost."""
    world = World()
    for id_ in draw(st.sets(st.sampled_from(["f1", "f2"]))):
        world.listed[id_] = draw(subscriptions(draw(wishes()), id_))
    world.given_up = draw(st.sets(st.sampled_from(["f1", "f2"])))
    world.refuses_twins = draw(st.booleans())
    world.takes_certificates = draw(st.booleans())
    for number in range(draw(st.integers(0, 4))):
        wish, record_id = draw(wishes()), f"r{number}"
        made = draw(st.sets(st.sampled_from([f"s{number}a", f"s{number}b"])))
        for id_ in made:
            world.listed[id_] = draw(subscriptions(wish, id_))
            world.proofs[id_] = record_id
        if draw(st.booleans()) or not made:
            key_id = draw(st.sampled_from(["k0", "k1", "lost"])) if wish.rich else None
            record = wish.register(record_id, now=NOW, key_id=key_id)
            world.records[record_id] = msgspec.structs.replace(
                record,
                subscription_id=draw(st.sampled_from([None, "gone", *sorted(made)])),
                replaced_at=draw(st.sampled_from([None, milliseconds(NOW)])),
            )
    if world.refuses_twins:
        world.listed = {s.id: s for s in {twin(s): s for s in world.listed.values()}.values()}
    return world


def in_the_way(world: World, desired: Iterable[Desired]) -> set[Aim]:
    """The wishes that another deployment's subscription keeps from being served."""
    theirs = {twin(s) for s in world.foreign if s.id not in world.given_up}
    return {
        aim(wish)
        for wish in desired
        if world.refuses_twins
        and not wish.take_over
        and (wish.resource, ",".join(wish.change_types)) in theirs
    }


def covered(world: World) -> set[Aim]:
    ours = {r.subscription_id for r in world.records.values()} | set(world.proofs)
    return {
        (s.resource, tuple(s.change_type.split(",")))
        for id_, s in world.listed.items()
        if id_ in ours and s.expiration_date_time > world.now
    }


@given(worlds(), some_wishes())
def test_plans_converge_and_then_leave_everything(world: World, desired: list[Desired]) -> None:
    for _ in range(4):
        world.settle(desired)
    blocked = in_the_way(world, desired)
    rest = [a for a in world.plan(desired) if not isinstance(a, Leave)]
    assert {aim(a.desired) for a in rest if isinstance(a, Create)} == blocked
    assert set(kinds(rest)) <= {"Create"}
    assert {aim(d) for d in desired} <= covered(world) | blocked


@given(worlds(), some_wishes())
def test_every_rich_subscription_comes_to_the_newest_key(
    world: World, desired: list[Desired]
) -> None:
    for _ in range(4):
        world.settle(desired)
    rich = [r for r in world.records.values() if r.rich and r.replaced_at is None]
    served = [r for r in rich if r.subscription_id in world.listed]
    assert {r.key_id for r in served} <= {"k1"}
    assert {world.listed[r.subscription_id or ""].encryption_certificate_id for r in served} <= {
        "k1"
    }


@given(worlds(), some_wishes())
def test_nothing_is_deleted_that_is_not_ours(world: World, desired: list[Desired]) -> None:
    """But for what was given up by a command, or where the wish takes over."""
    desired = [replace(wish, take_over=False) for wish in desired]
    world.given_up = set()
    foreign = {s.id for s in world.foreign}
    for _ in range(3):
        world.settle(desired)
        world.now += timedelta(hours=6)
    assert not world.deleted & foreign


@given(worlds(), some_wishes())
def test_a_plan_is_the_same_when_made_twice(world: World, desired: list[Desired]) -> None:
    assert world.plan(desired) == world.plan(desired)


@settings(deadline=None)
@given(worlds(), some_wishes(most=4), st.integers(1, 5))
def test_no_subscription_expires_while_plans_are_carried_out(
    world: World, desired: list[Desired], days: int
) -> None:
    for foreign in world.foreign:
        del world.listed[foreign.id]
    for _ in range(4):
        world.settle(desired)
    for _ in range(days * 24 * 4):
        world.now += timedelta(minutes=15)
        actions = world.settle(desired)
        assert set(kinds(actions)) <= {"Leave", "Renew", "Forget"}


@given(worlds(), some_wishes())
def test_a_covered_wish_stays_covered_whatever_is_done(
    world: World, desired: list[Desired]
) -> None:
    """Only a twin that Graph refuses, or a full quota, makes the old one go before the new."""
    actions = world.plan(desired)
    wished = {aim(d) for d in desired}
    for action in actions:
        before = covered(world) & wished
        world.apply(action)
        assert before <= covered(world)


@given(worlds(), some_wishes())
def test_what_was_lost_is_made_again_at_once_and_resynced(
    world: World, desired: list[Desired]
) -> None:
    for foreign in world.foreign:
        del world.listed[foreign.id]
    for _ in range(4):
        world.settle(desired)
    lost = {world.listed.pop(id_).resource for id_ in sorted(world.listed)[::2]}
    world.settle(desired)
    assert {aim(d) for d in desired} == covered(world)
    assert lost <= world.resynced


@given(worlds(), some_wishes(), st.integers(0, 3))
def test_no_quota_is_exceeded_and_what_has_room_is_made(
    world: World, desired: list[Desired], room: int
) -> None:
    """Graph grants an app 100 subscriptions to users and groups; here all but *room* are taken."""
    for number in range(DIRECTORY_QUOTA - room - world.in_directory()):
        id_ = f"x{number}"
        world.listed[id_] = replace(HEALTHY, id=id_, change_type=f"updated{number}")
    for _ in range(4):
        world.settle(desired)  # asserts in `create`
    held = [a.desired for a in world.plan(desired) if isinstance(a, Hold)]
    unserved = {aim(wish) for wish in held} - in_the_way(world, desired)
    assert not unserved or world.in_directory() == DIRECTORY_QUOTA
    assert all(wish.owner is None for wish in held)


@given(worlds(), some_wishes())
def test_deletions_come_last(world: World, desired: list[Desired]) -> None:
    found = kinds(world.plan(desired))
    last = [kind in {"Delete", "Forget"} for kind in found]
    assert last == sorted(last)


def test_what_ends_soon_is_renewed_before_anything_else_and_lost_ones_come_next() -> None:
    later = NOW + timedelta(days=28) - timedelta(hours=1)
    wishes_ = [
        a_wish(resource=f"users/{name}/events", kind="events", owner=name)
        for name in ("new", "due", "ends", "lost")
    ]
    ends = {"due": later + timedelta(days=2), "ends": later + timedelta(hours=1)}
    actual = [
        an_actual(
            wish,
            replace(HEALTHY, id=f"s-{wish.owner}", resource=wish.resource, expiration_date_time=end)
            if (end := ends.get(wish.owner or ""))
            else None,
            id=f"r-{wish.owner}",
            subscription_id=f"s-{wish.owner}",
        )
        for wish in wishes_[1:]
    ]
    found = [(type(a).__name__, a.resource) for a in plan(wishes_, actual, now=later, terms=TERMS)]
    assert found == [
        ("Renew", "users/ends/events"),
        ("Create", "users/lost/events"),
        ("Create", "users/new/events"),
        ("Renew", "users/due/events"),
    ]


def test_a_lost_record_is_adopted() -> None:
    (action,) = plan([a_wish()], [replace(an_actual(), is_recorded=False)], now=NOW, terms=TERMS)
    assert isinstance(action, Adopt)
    assert action.registration == an_actual().registration


@pytest.mark.parametrize("how", ["by the wish", "by command"])
def test_what_others_have_is_taken_over_only_where_that_is_said(how: str) -> None:
    theirs = replace(HEALTHY, id="f1", change_type="Updated", resource="/users")
    terms = replace(TERMS, foreign=[theirs])
    (action,) = plan([a_wish()], [], now=NOW, terms=terms)
    assert isinstance(action, Create)
    assert "f1 of another deployment is there" in action.reason
    wish = a_wish(take_over=how == "by the wish")
    terms = replace(terms, given_up=["f1"] if how == "by command" else [])
    (action,) = plan([wish], [], now=NOW, terms=terms)
    assert isinstance(action, TakeOver)
    assert action.subscription_id == "f1"


def test_a_mailbox_holds_a_thousand_subscriptions() -> None:
    mails = [
        a_wish(resource="users/u/messages", kind="messages", owner="u", filter=f"id eq '{n}'")
        for n in range(MAILBOX_QUOTA + 1)
    ]
    found = kinds(plan(mails, [], now=NOW))
    assert found == ["Create"] * MAILBOX_QUOTA + ["Hold"]


def test_where_the_quota_is_full_the_old_form_goes_first() -> None:
    full = [replace(HEALTHY, id=f"f{n}", resource="groups") for n in range(DIRECTORY_QUOTA - 1)]
    wish = a_wish(change_types=("deleted", "updated"))
    (action,) = plan([wish], [an_actual()], now=NOW, terms=replace(TERMS, foreign=full))
    assert isinstance(action, Replace)
    assert action.delete_first


@pytest.mark.bench
def test_planning_is_quick_for_many_subscriptions() -> None:
    wishes_ = [
        a_wish(resource=f"users/{n}/messages", kind="messages", owner=str(n))
        for n in range(100_000)
    ]
    actual = [
        Actual(
            registration=msgspec.structs.replace(
                wish.register(f"r{n}", now=NOW), subscription_id=f"s{n}"
            ),
            subscription=ASubscription(id=f"s{n}", resource=wish.resource),
        )
        for n, wish in enumerate(wishes_)
    ]
    times = []
    for _ in range(3):
        begun = perf_counter()
        actions = plan(wishes_, actual, now=NOW, terms=TERMS)
        times.append(perf_counter() - begun)
        assert set(kinds(actions)) == {"Leave"}
    median = sorted(times)[1]
    name = "planning 100,000 subscriptions"
    report(Row(name=name, value=median, unit="s", target="under 1 s", ok=median < 1))
