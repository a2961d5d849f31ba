"""Delta rounds, on the pages of https://learn.microsoft.com/graph/delta-query-users and -groups."""

from typing import TYPE_CHECKING

import msgspec
import pytest

from heliograph.errors import Gone, GraphError, Invalid
from heliograph.graph import GraphClient
from heliograph.graph.delta import ChangedGroup, ChangedUser
from heliograph.graph.rounds import (
    DeltaPage,
    Followed,
    Removed,
    decode_page,
    decode_plain_page,
    related,
)

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

ROOT = "https://graph.microsoft.com/v1.0"
NEXT = f"{ROOT}/users/delta?$skiptoken=A%2Bb"
LAST = f"{ROOT}/users/delta?$deltatoken=MF1Lu"
ALIVE = {"displayName": "Testuser7", "id": "25dcffff-959e-4ece-9973-e5d9b800e8cc", "mail": None}
GONE = {"id": "8ffff70c-1c63-4860-b963-e34ec660931d", "@removed": {"reason": "changed"}}


def a_page(*entries: object, next_link: str = "", delta_link: str = "") -> dict[str, object]:
    links = {"@odata.nextLink": next_link, "@odata.deltaLink": delta_link}
    context = {"@odata.context": f"{ROOT}/$metadata#users(displayName)"}
    return {**context, **{name: link for name, link in links.items() if link}, "value": [*entries]}


def encoded(*entries: object) -> bytes:
    return msgspec.json.encode(a_page(*entries, delta_link=LAST))


@pytest.fixture
def users(graph: GraphClient) -> Followed[ChangedUser]:
    return graph.delta.users(select=("displayName",))


async def all_pages(
    followed: Followed[ChangedUser], since: str = ""
) -> list[DeltaPage[ChangedUser]]:
    return [page async for page in followed.pages(since)]


def test_a_removal_is_an_entry_of_its_own_with_its_reason() -> None:
    alive, gone = decode_page(encoded(ALIVE, GONE), ChangedUser).entries
    assert isinstance(alive, ChangedUser)
    assert (alive.id, alive.display_name) == (ALIVE["id"], "Testuser7")
    assert gone == Removed(id="8ffff70c-1c63-4860-b963-e34ec660931d", reason="changed")
    assert isinstance(gone, Removed)
    assert gone.is_restorable


@pytest.mark.parametrize("mark", [{"reason": "deleted"}, "deleted"], ids=["object", "string"])
def test_both_forms_of_a_removal_are_read(mark: object) -> None:
    expected = [Removed(id="1", reason="deleted")]
    content = encoded({"@odata.type": "#microsoft.graph.user", "id": "1", "@removed": mark})
    assert decode_page(content, ChangedUser).entries == expected
    assert decode_plain_page(content).entries == expected
    assert not expected[0].is_restorable


def test_plain_entries_tell_absent_from_null() -> None:
    assert decode_plain_page(encoded(ALIVE, GONE)).entries == [
        ALIVE,
        Removed(id="8ffff70c-1c63-4860-b963-e34ec660931d", reason="changed"),
    ]


@pytest.mark.parametrize("mark", [{"reason": "deleted"}, "deleted"], ids=["object", "string"])
def test_members_come_and_leave(mark: object) -> None:
    entry = {
        "id": "g",
        "members@delta": [
            {"@odata.type": "#microsoft.graph.user", "id": "in"},
            {"@odata.type": "#microsoft.graph.user", "id": "out", "@removed": mark},
        ],
    }
    (group,) = decode_page(encoded(entry), ChangedGroup).entries
    assert isinstance(group, ChangedGroup)
    (plain,) = decode_plain_page(encoded(entry)).entries
    assert isinstance(plain, dict)
    for members in (group.members_delta, related(plain, "members")):
        assert members is not None
        assert [(one.id, one.is_removed) for one in members] == [("in", False), ("out", True)]
    assert related(plain, "manager") == []


def test_a_relation_of_another_shape_is_an_error_of_ours() -> None:
    with pytest.raises(GraphError, match="members@delta"):
        related({"members@delta": "?"}, "members")


async def test_a_round_goes_on_until_a_delta_link(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    recorder.answer(200, a_page(ALIVE, next_link=NEXT))
    recorder.answer(200, a_page(next_link=f"{NEXT}2"))
    recorder.answer(200, a_page(GONE, delta_link=LAST))
    pages = await all_pages(users)
    assert [(page.link, page.is_last, len(page.entries)) for page in pages] == [
        (NEXT, False, 1),
        (f"{NEXT}2", False, 0),
        (LAST, True, 1),
    ]
    assert [page.starts_anew for page in pages] == [True, False, False]
    first, second, _ = recorder.requests
    assert first.params == {"$select": "displayName"}
    assert (second.path, second.params) == ("/users/delta?$skiptoken=A%2Bb", {})
    assert len({tuple(request.headers.items()) for request in recorder.requests}) == 1


async def test_no_page_is_asked_for_before_the_one_before_is_committed(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    """A resync keeps the link of a page after what it tells; memory holds one page."""
    recorder.answer(200, a_page(next_link=NEXT)).answer(200, a_page(delta_link=LAST))
    async for _ in users.pages():
        break
    assert len(recorder.requests) == 1


async def test_a_kept_link_goes_on_where_it_was(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    recorder.answer(200, a_page(delta_link=LAST))
    (page,) = await all_pages(users, since=NEXT)
    assert recorder.last.path == "/users/delta?$skiptoken=A%2Bb"
    assert not page.starts_anew


@pytest.mark.parametrize(
    ("status", "code", "headers", "path"),
    [
        (410, "resyncRequired", {"location": f"{ROOT}/users/delta?$deltatoken="}, "?$deltatoken="),
        (410, "SyncStateNotFound", {}, ""),
        (400, "syncStateNotFound", {}, ""),
    ],
    ids=["location", "mailbox", "without its status"],
)
async def test_an_expired_link_starts_anew(
    users: Followed[ChangedUser],
    recorder: "Recorder",
    status: int,
    code: str,
    headers: dict[str, str],
    path: str,
) -> None:
    recorder.answer(status, {"error": {"code": code}}, headers)
    recorder.answer(200, a_page(ALIVE, delta_link=LAST))
    (page,) = await all_pages(users, since=LAST)
    assert page.starts_anew
    assert recorder.last.path == f"/users/delta{path}"
    assert recorder.last.params == {"$select": "displayName"}


async def test_a_place_to_start_anew_that_repeats_the_selection_is_taken_as_it_is(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    location = f"{ROOT}/users/delta?$select=displayName&$deltatoken="
    recorder.answer(410, {"error": {"code": "resyncRequired"}}, {"location": location})
    recorder.answer(200, a_page(ALIVE, delta_link=LAST))
    await all_pages(users, since=LAST)
    assert recorder.last.path == "/users/delta?$select=displayName&$deltatoken="
    assert recorder.last.params == {}


async def test_a_next_link_that_expires_within_a_round_starts_anew(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    recorder.answer(200, a_page(next_link=NEXT)).refuse(410, "SyncStateNotFound")
    recorder.answer(200, a_page(delta_link=LAST))
    assert [page.starts_anew for page in await all_pages(users)] == [True, True]


async def test_a_new_start_that_is_gone_as_well_is_told(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    recorder.refuse(410, "resyncRequired").refuse(410, "resyncRequired")
    with pytest.raises(Gone):
        await all_pages(users, since=LAST)


@pytest.mark.parametrize("name", ["@odata.nextLink", "@odata.deltaLink"])
async def test_a_link_to_another_host_is_not_given_to_be_kept(
    users: Followed[ChangedUser], recorder: "Recorder", name: str
) -> None:
    recorder.answer(200, {"value": [], name: "https://evil.example/v1.0/users/delta?$deltatoken=x"})
    with pytest.raises(Invalid):
        await all_pages(users)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users/delta",
        "https://graph.microsoft.com.evil.example/v1.0/x",
    ],
)
async def test_a_kept_link_to_another_host_is_not_followed(
    users: Followed[ChangedUser], recorder: "Recorder", link: str
) -> None:
    with pytest.raises(Invalid):
        await all_pages(users, since=link)
    recorder.answer(410, {"error": {"code": "resyncRequired"}}, {"location": link})
    with pytest.raises(Invalid):
        await all_pages(users, since=LAST)
    assert len(recorder.requests) == 1


async def test_a_page_without_a_link_is_an_error_of_ours(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": []})
    with pytest.raises(GraphError, match="without a link"):
        await all_pages(users)


async def test_the_directory_gives_a_link_from_now_on_at_once(
    users: Followed[ChangedUser], recorder: "Recorder"
) -> None:
    recorder.answer(200, a_page(delta_link=LAST))
    assert await users.latest() == LAST
    assert recorder.last.params == {"$select": "displayName", "$deltatoken": "latest"}


async def test_a_mailbox_tells_all_before_the_link_from_now_on(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, a_page({"id": "1"}, next_link=NEXT)).answer(200, a_page(delta_link=LAST))
    assert await graph.delta.messages("u", "inbox").latest() == LAST
    assert len(recorder.requests) == 2
