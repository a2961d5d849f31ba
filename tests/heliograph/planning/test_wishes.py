from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.planning.wishes import expand, with_sources
from heliograph.settings import (
    Audience,
    EveryMailbox,
    GroupMembers,
    SubscriptionWish,
    UsersMatching,
)

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
GUID = "622eaaff-0683-4862-9de4-f2ec83c2bd98"
SALES = GroupMembers("14b0fed8-8714-4140-b0da-f05759d10b5d")


@dataclass(frozen=True, kw_only=True)
class AnApp:
    tenant_id: str = "t1"
    client_id: str = "c1"


def a_wish(**fields: Any) -> SubscriptionWish:
    given = {"tenant": "contoso", "resource": "users", "change_types": ("updated", "deleted")}
    return SubscriptionWish(**{**given, **fields})


TENANTS = {"contoso": AnApp()}


def test_a_list_of_users_gives_one_subscription_each() -> None:
    wish = a_wish(resource="users/{id}/messages", for_each=("u1", "ada@contoso.example"))
    desired = expand([wish], TENANTS)
    assert [(d.resource, d.kind, d.owner) for d in desired] == [
        ("users/u1/messages", "messages", "u1"),
        ("users/ada@contoso.example/messages", "messages", "ada@contoso.example"),
    ]


def test_a_wish_said_twice_is_one_subscription() -> None:
    wishes = [a_wish(), a_wish(resource="/users/", change_types=("Deleted", "Updated"))]
    assert len(expand(wishes, TENANTS)) == 1


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("users", ("users", None)),
        (f"users/{GUID}", ("users", None)),
        ("groups", ("groups", None)),
        (f"groups/{GUID}/members", ("groups", None)),
        ("/users/u1/messages", ("messages", "u1")),
        ("users/u1/mailFolders('inbox')/messages", ("messages", "u1")),
        ("users/u1/mailFolders/AAMk=/messages", ("messages", "u1")),
        ("users/u1/contacts", ("contacts", "u1")),
    ],
)
def test_a_resource_tells_its_kind_and_its_owner(
    resource: str, expected: tuple[str, str | None]
) -> None:
    (desired,) = expand([a_wish(resource=resource)], TENANTS)
    assert (desired.kind, desired.owner) == expected


@pytest.mark.parametrize(
    ("wish", "minutes"),
    [
        (a_wish(), 40_320),
        (a_wish(resource="users/u/messages"), 10_000),
        (a_wish(resource="users/u/messages", rich=True), 1_400),
        (a_wish(resource="users/u/messages", lifetime=timedelta(days=30)), 10_000),
        (a_wish(lifetime=timedelta(minutes=1)), 45),
        (a_wish(lifetime=timedelta(hours=3)), 180),
    ],
    ids=["directory", "mailbox", "rich", "too long", "too short", "as wished"],
)
def test_the_lifetime_stays_within_what_graph_grants(wish: SubscriptionWish, minutes: int) -> None:
    (desired,) = expand([wish], TENANTS)
    assert desired.lifetime == timedelta(minutes=minutes)


def test_rich_mail_always_brings_what_orders_two_states() -> None:
    wish = a_wish(resource="users/u/messages", rich=True, select=("subject", "changekey"))
    (desired,) = expand([wish], TENANTS)
    assert desired.select == ("subject", "changekey", "lastModifiedDateTime", "parentFolderId")


def test_a_basic_subscription_selects_nothing() -> None:
    (desired,) = expand([a_wish(resource="users/u/events", select=("subject",))], TENANTS)
    assert desired.asked_resource == "users/u/events"


@pytest.mark.parametrize("resource", ["users/u1/horoscopes", "drives/d/root"])
def test_a_resource_that_is_none_is_a_fault_of_the_settings(resource: str) -> None:
    with pytest.raises(SettingsInvalid, match=resource):
        expand([a_wish(resource=resource)], TENANTS)


def test_a_filter_and_what_is_selected_stand_in_the_resource_that_is_asked_for() -> None:
    wish = a_wish(
        resource="users/u/contacts", rich=True, select=("surname",), filter="surname eq 'A&B'"
    )
    (desired,) = expand([wish], TENANTS)
    assert desired.asked_resource == (
        "users/u/contacts?$select=surname,lastModifiedDateTime,changeKey&$filter=surname eq 'A%26B'"
    )


@pytest.mark.parametrize("audience", [SALES, UsersMatching("a eq 'b'"), EveryMailbox()], ids=str)
def test_users_found_in_the_directory_get_one_subscription_each(audience: Audience) -> None:
    wish = a_wish(resource="users/{id}/events", for_each=audience)
    desired = expand([wish], TENANTS, {("contoso", audience): ["u1", "u2"]})
    assert [d.owner for d in desired] == ["u1", "u2"]


def test_a_user_whom_two_wishes_name_is_watched_as_the_first_says() -> None:
    """Graph would refuse the second as a duplicate (change-notifications.md, 1.4)."""
    named = a_wish(resource="users/{id}/events", for_each=("u1",), rich=True, select=("start",))
    member = a_wish(resource="users/{id}/events", for_each=SALES)
    desired = expand([named, member], TENANTS, {("contoso", SALES): ["U1", "u2"]})
    assert [(d.owner, d.rich) for d in desired] == [("u1", True), ("u2", False)]


def sources(*wishes: SubscriptionWish) -> list[str]:
    """What is watched besides the *wishes*."""
    return [wish.resource for wish in with_sources(wishes)[len(wishes) :]]


def test_a_group_is_watched_for_its_members() -> None:
    wishes = [
        a_wish(resource=f"users/{{id}}/{kind}", for_each=SALES) for kind in ("events", "contacts")
    ]
    assert sources(*wishes) == [f"groups/{SALES.group}"]


@pytest.mark.parametrize("audience", [UsersMatching("a eq 'b'"), EveryMailbox()], ids=str)
def test_users_are_watched_for_those_who_match(audience: Audience) -> None:
    assert sources(a_wish(resource="users/{id}/events", for_each=audience)) == ["users"]


def test_lists_need_nothing_else_to_be_watched() -> None:
    assert sources(a_wish(resource="users/{id}/events", for_each=("u1",))) == []


@pytest.mark.parametrize("resource", ["groups", f"groups/{SALES.group.upper()}"])
def test_what_the_configuration_watches_is_not_watched_twice(resource: str) -> None:
    member = a_wish(resource="users/{id}/events", for_each=SALES)
    assert sources(member, a_wish(resource=resource)) == []


def test_a_watch_for_deletions_alone_does_not_tell_of_new_members() -> None:
    member = a_wish(resource="users/{id}/events", for_each=SALES)
    watch = a_wish(resource="groups", change_types=("deleted",))
    assert sources(member, watch) == [f"groups/{SALES.group}"]


def test_many_groups_are_watched_by_one_subscription() -> None:
    """An app may have 100 subscriptions to groups and users in a tenant."""
    groups = [GroupMembers(f"14b0fed8-8714-4140-b0da-{n:012}") for n in range(11)]
    wishes = [a_wish(resource="users/{id}/events", for_each=group) for group in groups]
    assert sources(*wishes) == ["groups"]


def test_each_tenant_has_sources_of_its_own() -> None:
    wish = a_wish(resource="users/{id}/events", for_each=SALES)
    other = a_wish(resource="groups", tenant="fabrikam")
    assert [w.tenant for w in with_sources([wish, other])[2:]] == ["contoso"]
