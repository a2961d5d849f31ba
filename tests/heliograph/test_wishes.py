from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.subscriptions import asked_resource
from heliograph.wishes import expand

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
        ("users/u1/mailFolders('inbox')/messages", ("messages", "u1")),
        ("users/u1/mailFolders/AAMk=/messages", ("messages", "u1")),
        ("users('u1')/events", ("events", "u1")),
        ("users/u1/contacts", ("contacts", "u1")),
    ],
)
def test_a_resource_tells_its_kind_and_its_owner(
    resource: str, expected: tuple[str, str | None]
) -> None:
    (desired,) = expand([AWish(resource=resource)], TENANTS)
    assert (desired.kind, desired.owner) == expected


@pytest.mark.parametrize(
    ("wish", "minutes"),
    [
        (AWish(), 40_320),
        (AWish(resource="users/u/messages"), 10_000),
        (AWish(resource="users/u/messages", rich=True), 1_400),
        (AWish(resource="users/u/messages", lifetime=timedelta(days=30)), 10_000),
        (AWish(lifetime=timedelta(minutes=1)), 45),
        (AWish(lifetime=timedelta(hours=3)), 180),
        (AWish(resource="users/u/todo/lists/l/tasks"), 4_200),
    ],
    ids=["directory", "mailbox", "rich", "too long", "too short", "as wished", "tasks"],
)
def test_the_lifetime_stays_within_what_graph_grants(wish: AWish, minutes: int) -> None:
    (desired,) = expand([wish], TENANTS)
    assert desired.lifetime == timedelta(minutes=minutes)


def test_rich_mail_always_brings_what_orders_two_states() -> None:
    wish = AWish(resource="users/u/messages", rich=True, select=("subject", "changekey"))
    (desired,) = expand([wish], TENANTS)
    assert desired.select == ("subject", "changekey", "lastModifiedDateTime", "parentFolderId")


def test_a_basic_subscription_selects_nothing() -> None:
    (desired,) = expand([AWish(resource="users/u/events", select=("subject",))], TENANTS)
    assert asked_resource(desired.register("r1", now=NOW)) == "users/u/events"


def test_a_resource_that_is_none_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsInvalid, match="users/u1/horoscopes"):
        expand([AWish(resource="users/u1/horoscopes")], TENANTS)
