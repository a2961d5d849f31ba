from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeVar

import pytest

from heliograph.errors import Invalid
from heliograph.graph import GraphClient
from heliograph.graph.delta import ChangedUser
from heliograph.graph.rounds import Followed, Removed

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

T = TypeVar("T")

LAST = "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=x"
BERLIN = timezone(timedelta(hours=1))
MAILBOX_PAGES = 'IdType="ImmutableId", odata.maxpagesize=200'


async def only_entry(followed: Followed[T], recorder: "Recorder", told: object) -> T:
    recorder.answer(200, {"value": [told], "@odata.deltaLink": LAST})
    ((entry,),) = [page.entries async for page in followed.pages()]
    assert not isinstance(entry, Removed)
    return entry


async def test_users_are_followed_with_their_managers(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    followed = graph.delta.users(select=("department", "manager"))
    told = {"id": "1", "department": "Finance", "manager@delta": [{"id": "2"}]}
    user = await only_entry(followed, recorder, told)
    assert user.department == "Finance"
    assert [manager.id for manager in user.manager_delta or ()] == ["2"]
    assert recorder.last.params == {"$select": "department,manager"}
    assert recorder.last.headers == {"prefer": "odata.maxpagesize=999"}
    assert recorder.last.permission == "User.Read.All"


async def test_a_few_users_are_followed_by_their_ids(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    await only_entry(graph.delta.users(only=("1", "2")), recorder, {"id": "1"})
    assert recorder.last.params["$filter"] == "id eq '1' or id eq '2'"
    with pytest.raises(Invalid, match="at most 50 users"):
        graph.delta.users(only=["x"] * 51)


async def test_groups_are_followed_with_their_members(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    told = {"id": "g", "members@delta": [{"@odata.type": "#microsoft.graph.user", "id": "1"}]}
    group = await only_entry(graph.delta.groups(), recorder, told)
    assert [(member.kind, member.id) for member in group.members_delta or ()] == [("user", "1")]
    assert recorder.last.path == "/groups/delta"
    assert recorder.last.params["$select"].endswith(",members")
    assert "prefer" not in recorder.last.headers  # a page of groups may hold very many members


async def test_the_messages_of_a_folder_are_followed(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    followed = graph.delta.messages("u", "inbox", select=("subject",))
    message = await only_entry(followed, recorder, {"id": "m", "subject": "Hello"})
    assert message.subject == "Hello"
    assert recorder.last.path == "/users/u/mailFolders/inbox/messages/delta"
    assert recorder.last.params == {"$select": "subject"}
    assert recorder.last.headers == {"prefer": MAILBOX_PAGES}
    assert (recorder.last.mailbox, recorder.last.permission) == ("u", "Mail.Read")


async def test_a_window_of_a_calendar_is_followed(graph: GraphClient, recorder: "Recorder") -> None:
    """Graph takes no options there."""
    start = datetime(2026, 12, 1, tzinfo=BERLIN)
    followed = graph.delta.calendar_view("u", start=start, end=start + timedelta(days=7))
    event = await only_entry(followed, recorder, {"id": "e", "subject": "Lunch"})
    assert event.subject == "Lunch"
    assert recorder.last.path == "/users/u/calendarView/delta"
    assert recorder.last.params == {
        "startDateTime": "2026-11-30T23:00:00Z",
        "endDateTime": "2026-12-07T23:00:00Z",
    }
    assert recorder.last.headers == {"prefer": MAILBOX_PAGES}


async def test_the_contacts_of_a_folder_are_followed(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    followed = graph.delta.contacts("u", "AAMk=")
    contact = await only_entry(followed, recorder, {"id": "c", "displayName": "Nadia Costa"})
    assert contact.display_name == "Nadia Costa"
    assert recorder.last.path == "/users/u/contactFolders/AAMk%3D/contacts/delta"
    assert "displayName" in recorder.last.params["$select"]


async def test_entries_come_as_graph_wrote_them_where_asked_for(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    followed = graph.delta.users(select=("mail",)).as_properties()
    told = {"@odata.type": "#microsoft.graph.user", "id": "1", "mail": None}
    assert await only_entry(followed, recorder, told) == {"id": "1", "mail": None}


async def test_a_changed_user_is_a_user(graph: GraphClient, recorder: "Recorder") -> None:
    user = await only_entry(graph.delta.users(), recorder, {"id": "1", "userType": "Guest"})
    assert user == ChangedUser(id="1", user_type="Guest")
