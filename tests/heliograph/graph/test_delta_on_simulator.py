"""An observer who follows a collection of the simulator ends with what is in there."""

from datetime import UTC, datetime, timedelta

import pytest

from heliograph.graph import GraphClient
from heliograph.graph.outlook.mail import compose
from heliograph.graph.rounds import Removed
from heliograph.graph.values.objects import User
from heliograph.graph.values.times import moment
from heliograph.simulator import Running
from tests.heliograph.graph.conftest import a_hire
from tests.heliograph.graph.observer import Observer

WEEK = datetime(2026, 12, 7, 9, tzinfo=UTC)


async def test_users_are_told_once_and_then_their_changes(
    live: GraphClient, people: list[User]
) -> None:
    observer = await Observer(live.delta.users(select=("department",)).as_properties()).look()
    assert {id_: user["department"] for id_, user in observer.known.items()} == {
        user.id: user.department for user in people
    }
    hire = await a_hire(live)
    await live.users.update(people[0].id, {"department": "Legal"})
    await live.users.delete(people[1].id)
    await observer.look()
    assert observer.known[people[0].id]["department"] == "Legal"
    assert hire.id in observer.known
    assert observer.removed == {people[1].id: "changed"}
    await live.directory.purge(people[1].id)
    assert (await observer.look()).removed == {people[1].id: "deleted"}
    assert observer.starts == 1


async def test_managers_are_told_by_their_ids(live: GraphClient, people: list[User]) -> None:
    followed = live.delta.users(select=("id", "manager"), only=(people[3].id,))
    (page,) = [page async for page in followed.pages()]
    (user,) = page.entries
    assert not isinstance(user, Removed)
    assert user.id == people[3].id
    chief = await live.users.manager(user.id)
    assert chief is not None
    assert [manager.id for manager in user.manager_delta or ()] == [chief.id]


async def test_members_come_and_leave_over_many_pages(
    live: GraphClient,
) -> None:
    observer = await Observer(live.delta.groups().as_properties()).look()
    assert observer.members == {
        group.id: {member.id async for member in live.groups.members(group.id)}
        async for group in live.groups.list()
    }
    hire = await a_hire(live)
    group = await anext(live.groups.list(where="displayName eq 'Legal'"))
    await live.groups.add_member(group.id, hire.id)
    assert hire.id in (await observer.look()).members[group.id]
    await live.groups.remove_member(group.id, hire.id)
    assert hire.id not in (await observer.look()).members[group.id]


async def test_the_directory_tells_nothing_old_from_now_on(
    live: GraphClient, people: list[User]
) -> None:
    followed = live.delta.users()
    link = await followed.latest()
    await live.users.update(people[0].id, {"jobTitle": "Chief"})
    (page,) = [page async for page in followed.pages(link)]
    (told,) = page.entries
    assert not isinstance(told, Removed)
    assert (told.id, told.job_title, page.is_last) == (people[0].id, "Chief", True)


@pytest.mark.parametrize("switch", ["delta_replays", "delta_empty_pages"])
async def test_replays_and_empty_pages_change_nothing(
    live: GraphClient, people: list[User], simulator: Running, switch: str
) -> None:
    setattr(simulator.world.switches, switch, True)
    observer = await Observer(live.delta.users(select=("department",)).as_properties()).look()
    await live.users.update(people[0].id, {"department": "Legal"})
    for _ in range(2):
        await observer.look()
    assert observer.known[people[0].id]["department"] == "Legal"
    assert set(observer.known) == {user.id for user in people}


async def test_an_expired_link_of_the_directory_starts_anew(
    live: GraphClient, people: list[User], simulator: Running
) -> None:
    observer = await Observer(live.delta.users(select=("id",)).as_properties()).look()
    await live.users.delete(people[0].id)
    simulator.world.switches.oldest_delta = datetime.now(UTC).timestamp() + 1
    assert (await observer.look()).starts == 2
    assert set(observer.known) == {user.id for user in people[1:]}


async def test_mail_of_a_folder_is_followed_until_it_is_moved(
    live: GraphClient, people: list[User], simulator: Running
) -> None:
    reader = people[1]
    assert reader.mail is not None
    followed = live.delta.messages(reader.id, "inbox", select=("subject", "isRead"))
    observer = await Observer(followed.as_properties()).look()
    await live.mail.send(people[0].id, compose(to=[reader.mail], subject="Hello", text="!"))
    ((id_, mail),) = (await observer.look()).known.items()
    assert (mail["subject"], mail["isRead"]) == ("Hello", False)
    await live.mail.update(reader.id, id_, {"isRead": True})
    assert (await observer.look()).known[id_]["isRead"] is True
    simulator.world.switches.oldest_delta = datetime.now(UTC).timestamp() + 1
    assert set((await observer.look()).known) == {id_}
    assert observer.starts == 2
    simulator.world.switches.oldest_delta = 0.0
    link = await followed.latest()
    await live.mail.move(reader.id, id_, "archive")
    (page,) = [page async for page in followed.pages(link)]
    assert page.entries == [Removed(id=id_, reason="deleted")]


async def test_a_window_of_a_calendar_is_followed(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    followed = live.delta.calendar_view(owner, start=WEEK, end=WEEK + timedelta(days=5))
    observer = await Observer(followed.as_properties()).look()
    lunch = {"subject": "Lunch", "start": moment(WEEK), "end": moment(WEEK + timedelta(hours=1))}
    made = await live.events.create(owner, lunch)
    assert (await observer.look()).known[made.id]["subject"] == "Lunch"
    await live.events.delete(owner, made.id)
    assert (await observer.look()).known == {}


async def test_contacts_of_a_folder_are_followed(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    made = await live.contacts.create(owner, {"givenName": "Nadia", "surname": "Costa"})
    folder = made.parent_folder_id
    assert folder is not None
    followed = live.delta.contacts(owner, folder, select=("displayName", "companyName"))
    observer = await Observer(followed.as_properties()).look()
    assert set(observer.known) == {made.id}
    await live.contacts.update(owner, made.id, {"displayName": "N", "companyName": "Fabrikam"})
    assert (await observer.look()).known[made.id]["companyName"] == "Fabrikam"
    await live.contacts.delete(owner, made.id)
    assert (await observer.look()).removed == {made.id: "deleted"}
