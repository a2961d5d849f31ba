from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from heliograph.subscriptions import (
    Registration,
    asked_resource,
    expand,
    join,
    kind_and_owner,
    milliseconds,
    moment,
)

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class AnApp:
    tenant_id: str = "t1"
    client_id: str = "c1"


@dataclass(frozen=True, kw_only=True)
class AWish:
    tenant: str = "contoso"
    resource: str = "users"
    change_types: tuple[str, ...] = ("updated", "deleted")
    rich: bool = False
    select: tuple[str, ...] = ()
    for_each: tuple[str, ...] = ()
    lifetime: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class ASubscription:
    id: str = "s1"
    resource: str = "users"
    change_type: str = "Updated,Deleted"
    notification_url: str | None = None
    expiration_date_time: datetime = NOW + timedelta(days=2)
    encryption_certificate_id: str | None = None


def a_registration(**fields: object) -> Registration:
    given = {"id": "r1", "resource": "users", "kind": "users", "subscription_id": "s1", **fields}
    return msgspec.convert({"tenant_id": "t1", "client_id": "c1", **given}, Registration)


TENANTS = {"contoso": AnApp()}


def test_a_list_of_users_gives_one_subscription_each() -> None:
    wish = AWish(resource="users/{id}/messages", for_each=("u1", "ada@contoso.example"))
    desired = expand([wish], TENANTS)
    assert [(d.resource, d.kind, d.owner) for d in desired] == [
        ("users/u1/messages", "messages", "u1"),
        ("users/ada@contoso.example/messages", "messages", "ada@contoso.example"),
    ]


def test_a_wish_said_twice_is_one_subscription() -> None:
    wishes = [AWish(), AWish(resource="/users/", change_types=("Deleted", "Updated"))]
    assert len(expand(wishes, TENANTS)) == 1


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("users", ("users", None)),
        ("users/u1", ("users", None)),
        ("groups", ("groups", None)),
        ("groups/g1/members", ("groups", None)),
        ("/users/u1/messages", ("messages", "u1")),
        ("users/u1/mailFolders('inbox')/messages?$select=subject", ("messages", "u1")),
        ("users/u1/mailFolders/AAMk=/messages", ("messages", "u1")),
        ("users('u1')/events", ("events", "u1")),
        ("users/u1/contacts", ("contacts", "u1")),
    ],
)
def test_a_resource_tells_its_kind_and_its_owner(
    resource: str, expected: tuple[str, str | None]
) -> None:
    assert kind_and_owner(resource) == expected


@pytest.mark.parametrize(
    ("wish", "minutes"),
    [
        (AWish(), 40_320),
        (AWish(resource="users/u/messages"), 10_000),
        (AWish(resource="users/u/messages", rich=True), 1_400),
        (AWish(resource="users/u/messages", lifetime=timedelta(days=30)), 10_000),
        (AWish(lifetime=timedelta(minutes=1)), 45),
        (AWish(lifetime=timedelta(hours=3)), 180),
        (AWish(resource="communications/presences/p1"), 60),
    ],
    ids=["directory", "mailbox", "rich", "too long", "too short", "as wished", "unknown kind"],
)
def test_the_lifetime_stays_within_what_graph_grants(wish: AWish, minutes: int) -> None:
    (desired,) = expand([wish], TENANTS)
    assert desired.lifetime == timedelta(minutes=minutes)


def test_rich_mail_always_brings_what_orders_two_states() -> None:
    wish = AWish(resource="users/u/messages", rich=True, select=("subject", "changekey"))
    (desired,) = expand([wish], TENANTS)
    assert desired.select == ("subject", "changekey", "lastModifiedDateTime", "parentFolderId")


def test_select_is_asked_for_in_the_resource() -> None:
    registration = a_registration(resource="users/u/events", select=("subject", "changeKey"))
    assert asked_resource(registration) == "users/u/events?$select=subject,changeKey"


def test_a_basic_subscription_selects_nothing() -> None:
    (desired,) = expand([AWish(resource="users/u/events", select=("subject",))], TENANTS)
    assert asked_resource(desired.register("r1", now=NOW)) == "users/u/events"


def test_what_neither_is_recorded_nor_proves_itself_is_not_ours() -> None:
    assert join([], [ASubscription(id="foreign")], {}, now=NOW, app=AnApp()) == []


def test_a_recorded_subscription_takes_its_expiry_from_graph() -> None:
    subscription = ASubscription()
    (actual,) = join([a_registration()], [subscription], {}, now=NOW, app=AnApp())
    assert actual.subscription is subscription
    assert actual.registration.expires_at == milliseconds(subscription.expiration_date_time)
    assert actual.registration.replaced_at is None


def test_a_lost_record_comes_back_from_what_proved_itself() -> None:
    subscription = ASubscription(
        resource="users/u/messages?$select=subject,changeKey", encryption_certificate_id="k1"
    )
    (actual,) = join([], [subscription], {"s1": "r9"}, now=NOW, app=AnApp())
    record = actual.registration
    assert (record.id, record.subscription_id, record.key_id) == ("r9", "s1", "k1")
    assert (record.kind, record.owner, record.rich) == ("messages", "u", True)
    assert record.change_types == ("deleted", "updated")
    assert asked_resource(record) == subscription.resource


def test_a_subscription_made_just_before_a_crash_belongs_to_its_pending_record() -> None:
    pending = a_registration(subscription_id=None)
    (actual,) = join([pending], [ASubscription()], {"s1": "r1"}, now=NOW, app=AnApp())
    assert actual.registration.subscription_id == "s1"
    assert actual.registration.replaced_at is None


def test_a_second_subscription_of_one_record_counts_as_replaced() -> None:
    """A POST whose answer was lost may have made one before the POST that was answered."""
    listed = [ASubscription(id="s0"), ASubscription(id="s1")]
    actual = join([a_registration()], listed, {"s0": "r1"}, now=NOW, app=AnApp())
    replaced = {a.registration.subscription_id: a.registration.replaced_at for a in actual}
    assert replaced == {"s0": milliseconds(NOW), "s1": None}


def test_a_record_that_graph_does_not_list_stays_without_a_subscription() -> None:
    (actual,) = join([a_registration()], [], {}, now=NOW, app=AnApp())
    assert actual.subscription is None


def test_a_moment_survives_its_record() -> None:
    assert moment(milliseconds(NOW)) == NOW
