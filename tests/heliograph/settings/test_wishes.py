"""Each rule of Graph's resource tables, refused before Graph is asked, with the page that states it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from heliograph.offers import OFFERS, OUTLOOK, OVERVIEW, RICH, SUBSCRIPTION, offer_of
from heliograph.settings import EveryMailbox, GroupMembers, SubscriptionWish, UsersMatching
from heliograph.settings.reader import Section
from heliograph.settings.report import Report
from heliograph.settings.wishes import read_wishes

GUID = "622eaaff-0683-4862-9de4-f2ec83c2bd98"
MAIL: dict[str, Any] = {"resource": "users/a@b.example/messages"}
RICH_MAIL: dict[str, Any] = {**MAIL, "rich": True, "select": ["subject"]}


def read(
    *tables: dict[str, Any], environ: dict[str, str] | None = None
) -> tuple[Sequence[SubscriptionWish], list[str]]:
    """The wishes that *tables* are, and what is wrong with them."""
    report = Report(Path(), "heliograph.toml", environ or {})
    root = Section(report, (), {"subscriptions": list(tables)})
    return read_wishes(root, ["contoso"]), report.faults


def the_wish(environ: dict[str, str] | None = None, **keys: Any) -> SubscriptionWish:
    (wish,), faults = read(keys, environ=environ)
    assert faults == []
    return wish


def the_fault(**keys: Any) -> str:
    _, (fault,) = read(keys)
    return fault


RULES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "created users",
        {"resource": "users", "change_types": ["created"]},
        "change_types",
        SUBSCRIPTION,
    ),
    (
        "created groups",
        {"resource": "groups", "change_types": ["created"]},
        "change_types",
        SUBSCRIPTION,
    ),
    ("rich users", {"resource": "users", "rich": True}, "rich", RICH),
    ("rich groups", {"resource": f"groups/{GUID}/members", "rich": True}, "rich", RICH),
    ("rich mail without select", {**MAIL, "rich": True}, "select", RICH),
    ("select of a body", {**RICH_MAIL, "select": ["Body"]}, "select", OUTLOOK),
    ("select of a unique body", {**RICH_MAIL, "select": ["uniqueBody"]}, "select", OUTLOOK),
    ("filter of users", {"resource": "users", "filter": "city eq 'Berlin'"}, "filter", OUTLOOK),
    ("filter of groups", {"resource": "groups", "filter": "mail eq 'a'"}, "filter", OUTLOOK),
    ("filter in the path", {"resource": "users?$filter=id eq 1"}, "resource", OUTLOOK),
    ("top", {"resource": "users/a@b.c/messages?$top=5"}, "resource", OUTLOOK),
    ("expand", {"resource": "users/a@b.c/messages?$expand=attachments"}, "resource", OUTLOOK),
    ("directory too long", {"resource": "users", "lifetime": "29d1m"}, "lifetime", SUBSCRIPTION),
    ("mail too long", {**MAIL, "lifetime": "10071m"}, "lifetime", SUBSCRIPTION),
    ("rich mail too long", {**RICH_MAIL, "lifetime": "1441m"}, "lifetime", SUBSCRIPTION),
    ("too short", {**MAIL, "lifetime": "44m"}, "lifetime", SUBSCRIPTION),
    ("me", {"resource": "me/messages"}, "resource", SUBSCRIPTION),
    ("a folder of events", {"resource": "users/a@b.c/events", "folder": "x"}, "folder", OUTLOOK),
    ("a folder of users", {"resource": "users", "folder": "x"}, "folder", OUTLOOK),
    (
        "two folders",
        {"resource": "users/a@b.c/mailFolders/x/messages", "folder": "y"},
        "folder",
        OUTLOOK,
    ),
    ("nothing of Graph's", {"resource": "horoscopes"}, "resource", OVERVIEW),
]


@pytest.mark.parametrize(
    ("keys", "key", "page"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_what_graph_would_refuse_is_a_fault_that_names_the_rules_page(
    keys: dict[str, Any], key: str, page: str
) -> None:
    fault = the_fault(**keys)
    assert fault.startswith(f"subscriptions[0].{key}: expected ")
    assert f"({page})" in fault or f"{page})" in fault


UNSEEN = {
    "users/a@b.c/todo/lists/x/tasks": ("todoTask", "4230m", "neither renew nor list"),
    "groups/g/conversations": ("conversation", "4230m", "signed-in"),
    "drives/d/root": ("driveItem", "705h", "updated for"),
    "users/a@b.c/drive/root": ("driveItem", "705h", "updated for"),
    "sites/s/lists/l": ("list", "705h", "updated for"),
    "security/alerts": ("alert", "30d", ""),
    "reports/healthmonitoring/alerts": ("serviceHealthAlert", "705h", ""),
    "communications/presences/u": ("presence", "1h", "only with content"),
    "teams/getAllMessages": ("chatMessage", "3d", "one subscription"),
    "chats/c/messages": ("chatMessage", "3d", "one subscription"),
    "users/u/chats/getAllMessages": ("chatMessage", "3d", "one subscription"),
    "teams": ("team", "3d", "one subscription"),
    "chats/c/members": ("team", "3d", "one subscription"),
    "communications/callRecords": ("callRecord", "4230m", ""),
    "users/u/onlineMeetings/getAllRecordings": ("callRecording", "3d", "one subscription"),
    "solutions/approval/approvalItems": ("approval", "30d", ""),
    "teams/t/schedule/shifts": ("shift", "6h", "one subscription"),
    "print/printers/p/jobs": ("print", "4230m", ""),
    "copilot/interactionHistory/getAllEnterpriseInteractions": ("aiInteraction", "3d", ""),
}


@pytest.mark.parametrize("resource", UNSEEN)
def test_what_heliograph_cannot_look_at_is_refused_with_the_terms_of_graph(resource: str) -> None:
    kind, longest, rule = UNSEEN[resource]
    fault = the_fault(resource=resource)
    assert fault.startswith("subscriptions[0].resource: expected users, groups, ")
    assert f"which Graph offers as {kind} " in fault
    assert longest in fault
    assert rule in fault
    assert SUBSCRIPTION in fault


def test_rules_of_what_cannot_be_looked_at_are_told_as_well() -> None:
    _, faults = read({"resource": "drives/d/root", "change_types": ["created"]})
    assert [fault.split(":")[0] for fault in faults] == [
        "subscriptions[0].resource",
        "subscriptions[0].change_types",
    ]


def test_each_offer_is_found_by_a_resource_of_its_own() -> None:
    kinds = {offer.kind for offer in map(offer_of, UNSEEN) if offer}
    unseen = {offer.kind for offer in OFFERS if not offer.is_observed}
    assert unseen - kinds == {"onlineMeeting"}  # its path quotes a link


def test_a_folder_becomes_a_part_of_the_resource() -> None:
    wish = the_wish(resource="users/{id}/messages", for_each=["a@b.c"], folder="inbox")
    assert wish.resource == "users/{id}/mailFolders('inbox')/messages"
    contacts = the_wish(resource="users/a@b.c/contacts", folder="AAMk=")
    assert contacts.resource == "users/a@b.c/contactFolders('AAMk=')/contacts"


def test_mailbox_items_may_be_filtered_and_live_as_long_as_wished() -> None:
    wish = the_wish(**MAIL, filter=" isRead eq false ", lifetime="3d", take_over=True)
    assert (wish.filter, wish.lifetime) == ("isRead eq false", timedelta(days=3))
    assert wish.take_over


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["a@b.c", GUID], ("a@b.c", GUID)),
        ({"group": GUID.upper()}, GroupMembers(GUID)),
        ({"filter": "department eq 'Sales'"}, UsersMatching("department eq 'Sales'")),
        ("mailboxes", EveryMailbox()),
    ],
    ids=["list", "group", "filter", "mailboxes"],
)
def test_a_wish_is_for_those_who_are_listed_or_found(given: object, found: object) -> None:
    assert the_wish(resource="users/{id}/events", for_each=given).for_each == found


def test_the_environment_names_a_group_as_json() -> None:
    environ = {"HELIOGRAPH_SUBSCRIPTIONS__0__FOR_EACH": f'{{"group": "{GUID}"}}'}
    wish = the_wish(environ, resource="users/{id}/events")
    assert wish.for_each == GroupMembers(GUID)


@pytest.mark.parametrize(
    "given",
    [
        {"group": "sales"},
        {"group": GUID, "filter": "x"},
        {"filter": " "},
        {"filter": "a\nb"},
        {"groups": GUID},
        "everybody",
        [],
        ["o'hara@b.c"],
        7,
        "{",
    ],
    ids=str,
)
def test_users_that_nobody_can_be_are_a_fault(given: object) -> None:
    fault = the_fault(resource="users/{id}/events", for_each=given)
    assert fault.startswith("subscriptions[0].for_each: expected ")


def test_more_single_users_than_graph_grants_are_refused_for_all_of_them_at_once() -> None:
    """100 for an app and tenant, groups counted as well (change-notifications.md, 2.1)."""
    users = [f"622eaaff-0683-4862-9de4-{n:012}" for n in range(100)]
    each: dict[str, Any] = {"resource": "users/{id}", "for_each": users}
    assert read(each)[1] == []
    _, (fault,) = read(each, {"resource": "groups"})
    assert fault.startswith("subscriptions[1].resource: expected at most 100 subscriptions")
    _, (fault,) = read({**each, "for_each": [*users, GUID]})
    assert 'resource = "users" watches all of them' in fault
    assert OVERVIEW in fault


def test_a_resource_may_stand_twice_with_different_filters() -> None:
    unread, flagged = {**MAIL, "filter": "isRead eq false"}, {**MAIL, "filter": "isDraft eq true"}
    assert read(unread, flagged)[1] == []
    _, (fault,) = read(unread, unread)
    assert fault.startswith("subscriptions[1].resource: expected a resource that stands once")


def test_the_same_group_may_not_stand_twice_for_a_resource() -> None:
    each = {"resource": "users/{id}/events", "for_each": {"group": GUID}}
    _, (fault,) = read(each, each)
    assert fault.startswith("subscriptions[1].resource: expected a resource that stands once")
