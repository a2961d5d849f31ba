import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.resources import (
    Resource,
    canonical_id,
    covers,
    from_notification,
    from_subscription,
    is_object_id,
    is_plain,
)
from heliograph.subscriptions import Registration

USER = "622eaaff-0683-4862-9de4-f2ec83c2bd98"
OTHER = "14b0fed8-8714-4140-b0da-f05759d10b5d"
TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
MAIL = "AAMkAGUwNjQ4ZjIxAAA="


def a_registration(resource: str, *, owner: str | None = None) -> Registration:
    watched = from_subscription(resource)
    return Registration(
        id="r1",
        tenant_id=TENANT,
        client_id="c1",
        resource=resource,
        kind=watched.kind,
        owner=owner if owner is not None else watched.owner,
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"users/{USER}@{TENANT}/messages/{MAIL}", ("messages", MAIL, USER)),
        (f"Users('{USER}')/messages('{MAIL}')", ("messages", MAIL, USER)),
        (f"Users/{USER}/Messages/{MAIL}", ("messages", MAIL, USER)),
        (f"/Users/{USER.upper()}/EVENTS/{MAIL}", ("events", MAIL, USER)),
        (f"users/{USER}/mailFolders('inbox')/messages/{MAIL}", ("messages", MAIL, USER)),
        (f"users/{USER}/contactFolders/f1/contacts/{MAIL}", ("contacts", MAIL, USER)),
        (f"users/{USER}/calendar/events/{MAIL}", ("events", MAIL, USER)),
        (f"Groups/{OTHER.upper()}", ("groups", OTHER, None)),
        (f"groups/{OTHER}/members/{USER}", ("groups", OTHER, None)),
        (f"Users/{USER}", ("users", USER, None)),
        (f"me/messages/{MAIL}", ("messages", MAIL, "me")),
        ("me/todo/lists/l1/tasks/t1", ("tasks", "t1", "me")),
        ("todob2/graph/v1/users('a@b.c')/todoApp/lists('l')/tasks('t')", ("tasks", "t", "a@b.c")),
        ("todob2/graph/v1/users('a@b.c')/todoApp/lists('l')/tasks", ("tasks", None, "a@b.c")),
        (f"users/a%40b.c/messages/{MAIL[:-1]}%3D", ("messages", MAIL, "a@b.c")),
        ("users('o''connor@b.c')/messages('m')", ("messages", "m", "o'connor@b.c")),
        ("Users/00034001dd0c8a4e/Messages/m", ("messages", "m", "00034001dd0c8a4e")),
    ],
)
def test_every_documented_form_is_understood(path: str, expected: tuple[str, str, str]) -> None:
    """change-notifications.md, 4.3: segments in any case, ids in theirs."""
    resource = from_notification(path)
    assert (resource.kind, resource.id, resource.owner) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("users", Resource(kind="users")),
        ("/groups/", Resource(kind="groups")),
        (f"users/{USER}", Resource(kind="users", id=USER)),
        (f"groups/{OTHER}/members", Resource(kind="groups", id=OTHER)),
        (
            "me/mailFolders('Drafts')/messages?$select=Subject&$filter=isRead eq false",
            Resource(kind="messages", owner="me", folder="Drafts"),
        ),
        (
            f"users/{USER}/messages?$filter=contains(subject,'a/../b')",
            Resource(kind="messages", owner=USER),
        ),
        ("users/a@b.c/events", Resource(kind="events", owner="a@b.c")),
    ],
)
def test_subscription_is_understood_without_its_query(path: str, expected: Resource) -> None:
    assert from_subscription(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "me",
        "sites/root",
        "users/x/../../directoryRoles",
        "users/../directoryRoles",
        "users/x/messages/..",
        "users/x/./messages/y",
        "users/./messages/y",
        "users/x/messages/.",
        f"users/{USER}/messages/{MAIL}?$expand=attachments",
        f"users/{USER}/messages/{MAIL}#x",
        f"users/{USER}%2fmessages/{MAIL}",
        f"users/{USER}%2Fmessages/{MAIL}",
        f"users/{USER}/messages/%2e%2e",
        f"users/{USER}/messages/%252e%252e",
        f"users/{USER}/messages/a%3F$expand=b",
        f"users/{USER}/messages/a%5cb",
        f"users/{USER}/messages/a\\b",
        f"users/{USER}/messages/a%00b",
        f"users/{USER}/messages/a\r\nb",
        f"users/{USER}/messages/a\u2028b",
        f"users//messages/{MAIL}",
        f"users/{USER}/messages/",
        f"users/{USER}/messages/{MAIL}/attachments/1",
        f"users/{USER}/directoryRoles/1",
        f"users('{USER}/../x')/messages('y')",
        f"https://graph.microsoft.com/v1.0/users/{USER}",
        f"//evil.example/users/{USER}",
        f"users/{USER}/messages/%ff",
        f"users/{USER}/messages/" + "x" * 3_000,
    ],
)
def test_s14_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_notification(path)


@given(path=st.text(alphabet=string.printable + "%é\u2028", max_size=60))
def test_any_text_is_understood_as_plain_segments_or_refused(path: str) -> None:
    try:
        resource = from_notification(path)
    except ValueError:
        return
    for part in (resource.id, resource.owner, resource.folder):
        assert part is None or is_plain(part)


@pytest.mark.parametrize(
    ("subscription", "notification"),
    [
        ("users", f"Users/{USER}"),
        (f"users/{USER}", f"Users/{USER}"),
        ("groups", f"Groups/{OTHER}"),
        (f"groups/{OTHER}/members", f"Groups/{OTHER}"),
        (f"users/{USER}/messages", f"Users/{USER}/Messages/{MAIL}"),
        (f"users/{USER.upper()}/messages", f"Users('{USER}')/messages('{MAIL}')"),
        (f"users/{USER}/mailFolders('inbox')/messages", f"Users/{USER}/Messages/{MAIL}"),
        ("users/adele@contoso.com/messages", f"Users/{USER}/Messages/{MAIL}"),
        ("me/events", f"Users/{USER}/Events/{MAIL}"),
        (f"users/{USER}/contacts", f"users/adele@contoso.com/contacts/{MAIL}"),
        ("me/todo/lists/l1/tasks", "todob2/graph/v1/users('m')/todoApp/lists('x')/tasks('t')"),
    ],
)
def test_subscription_covers_its_resources_in_other_forms(
    subscription: str, notification: str
) -> None:
    assert covers(a_registration(subscription), from_notification(notification))


@pytest.mark.parametrize(
    ("subscription", "notification"),
    [
        ("users", f"Groups/{OTHER}"),
        (f"users/{USER}", f"Users/{OTHER}"),
        (f"users/{USER}/messages", f"Users/{OTHER}/Messages/{MAIL}"),
        (f"users/{USER}/messages", f"Users/{USER}/Events/{MAIL}"),
        (f"users/{USER}/events", f"Groups/{USER}/Events/{MAIL}"),
        (f"users/{USER}/messages", f"Users/{USER}"),
    ],
)
def test_resource_of_another_kind_or_owner_is_not_covered(
    subscription: str, notification: str
) -> None:
    assert not covers(a_registration(subscription), from_notification(notification))


def test_owner_that_the_registration_knows_by_id_is_compared() -> None:
    registration = a_registration("me/messages", owner=USER)
    assert not covers(registration, from_notification(f"users/{OTHER}/messages/{MAIL}"))


def test_owner_that_the_path_names_by_id_is_compared() -> None:
    registration = a_registration(f"users/{USER}/messages", owner="adele@contoso.com")
    assert not covers(registration, from_notification(f"users/{OTHER}/messages/{MAIL}"))


def test_object_ids_are_told_from_names() -> None:
    assert is_object_id(USER)
    assert is_object_id("00034001DD0C8A4E")
    assert not any(map(is_object_id, [None, "", "me", "adele@contoso.com", MAIL, USER + "0"]))
    assert canonical_id(USER.upper()) == USER
    assert canonical_id("Adele@contoso.com") == "Adele@contoso.com"
