"""The calendar families of the client against the simulator."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from heliograph.errors import Invalid, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.values.items import Event
from heliograph.graph.values.objects import User
from heliograph.graph.values.times import moment

HOUR = timedelta(hours=1)
TEN = datetime(2027, 1, 13, 10, tzinfo=UTC)


def event(subject: str, start: datetime = TEN, *guests: User, **more: object) -> dict[str, object]:
    return {
        "subject": subject,
        "start": moment(start),
        "end": moment(start + HOUR),
        "attendees": [
            {"type": "required", "emailAddress": {"address": guest.mail}} for guest in guests
        ],
        **more,
    }


async def copy_of(live: GraphClient, meeting: Event, guest: User) -> Event:
    """The event of *meeting* in the calendar of a *guest*, once the invitation is there."""
    async with asyncio.timeout(10):
        while True:
            async for found in live.events.list(guest.id):
                if found.i_cal_u_id == meeting.i_cal_u_id:
                    return found
            await asyncio.sleep(0.01)


async def test_calendars_stand_in_groups(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    default = await live.calendars.get(owner)
    assert default.is_default_calendar
    group = await live.calendar_groups.create(owner, "Teams")
    shifts = await live.calendars.create(owner, {"name": "Shifts"}, group=group.id)
    assert [each.id async for each in live.calendars.list(owner, group=group.id)] == [shifts.id]
    assert {default.id, shifts.id} <= {each.id async for each in live.calendars.list(owner)}
    assert (await live.calendars.update(owner, shifts.id, {"name": "Nights"})).name == "Nights"
    assert (await live.calendars.get(owner, shifts.id)).name == "Nights"
    assert (await live.calendar_groups.rename(owner, group.id, "Crews")).name == "Crews"
    assert (await live.calendar_groups.get(owner, group.id)).name == "Crews"
    assert group.id in {each.id async for each in live.calendar_groups.list(owner)}
    with pytest.raises(Invalid):
        await live.calendars.delete(owner, default.id)
    for _ in range(2):
        await live.calendars.delete(owner, shifts.id)
        await live.calendar_groups.delete(owner, group.id)


async def test_events_of_another_calendar(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    shifts = await live.calendars.create(owner, {"name": "Shifts"})
    made = await live.events.create(owner, event("Night"), calendar=shifts.id)
    assert [each.id async for each in live.events.list(owner, calendar=shifts.id)] == [made.id]
    start, end = TEN - HOUR, TEN + 2 * HOUR
    assert [
        each.id async for each in live.events.view(owner, start=start, end=end, calendar=shifts.id)
    ] == [made.id]
    assert made.id not in {each.id async for each in live.events.view(owner, start=start, end=end)}
    assert (await live.events.get(owner, made.id)).subject == "Night"


async def test_a_series_takes_place_again_and_again(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    recurrence = {
        "pattern": {"type": "daily", "interval": 2},
        "range": {"type": "numbered", "startDate": "2027-01-13", "numberOfOccurrences": 4},
    }
    master = await live.events.create(owner, event("Standup", recurrence=recurrence))
    end = TEN + timedelta(days=5)
    instances = [each async for each in live.events.instances(owner, master.id, start=TEN, end=end)]
    assert [each.start.at for each in instances if each.start] == [
        TEN,
        TEN + timedelta(days=2),
        TEN + timedelta(days=4),
    ]
    assert {each.type for each in instances} == {"occurrence"}
    assert {each.series_master_id for each in instances} == {master.id}
    view = [each.id async for each in live.events.view(owner, start=TEN, end=end)]
    assert view == [each.id for each in instances]
    assert [each.type async for each in live.events.list(owner)] == ["seriesMaster"]


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ("accept", "accepted"),
        ("accept_tentatively", "tentativelyAccepted"),
        ("decline", "declined"),
    ],
)
async def test_the_organizer_learns_of_an_answer(
    live: GraphClient, people: list[User], answer: str, response: str
) -> None:
    organizer, guest = people[:2]
    meeting = await live.events.create(organizer.id, event("Review", TEN, guest))
    copy = await copy_of(live, meeting, guest)
    await getattr(live.invitations, answer)(guest.id, copy.id, "Noted")
    async with asyncio.timeout(10):
        while True:
            seen = await live.events.get(organizer.id, meeting.id)
            assert seen.attendees is not None
            status = seen.attendees[0].status
            if status is not None and status.response == response:
                break
            await asyncio.sleep(0.01)


async def test_another_time_is_proposed_where_it_is_wanted(
    live: GraphClient, people: list[User]
) -> None:
    organizer, guest = people[:2]
    later = (TEN + 3 * HOUR, TEN + 4 * HOUR)
    meeting = await live.events.create(organizer.id, event("Review", TEN, guest))
    copy = await copy_of(live, meeting, guest)
    await live.invitations.accept_tentatively(guest.id, copy.id, instead=later)
    async with asyncio.timeout(10):
        while True:
            seen = await live.events.get(organizer.id, meeting.id)
            assert seen.attendees is not None
            if (slot := seen.attendees[0].proposed_new_time) is not None:
                break
            await asyncio.sleep(0.01)
    assert (slot.start.at, slot.end.at) == later
    fixed = await live.events.create(
        organizer.id, event("Fixed", TEN, guest, allowNewTimeProposals=False)
    )
    copy = await copy_of(live, fixed, guest)
    with pytest.raises(Invalid):
        await live.invitations.decline(guest.id, copy.id, instead=later)


async def test_a_meeting_is_passed_on_and_called_off(live: GraphClient, people: list[User]) -> None:
    organizer, guest, other = people[:3]
    meeting = await live.events.create(organizer.id, event("Review", TEN, guest))
    copy = await copy_of(live, meeting, guest)
    with pytest.raises(Invalid):
        await live.invitations.cancel(guest.id, copy.id)
    await live.invitations.forward(organizer.id, meeting.id, [other.mail or ""], "Join us")
    assert (await copy_of(live, meeting, other)).subject == "Review"
    await live.invitations.cancel(organizer.id, meeting.id, "Sorry")
    with pytest.raises(NotFound):
        await live.events.get(organizer.id, meeting.id)
