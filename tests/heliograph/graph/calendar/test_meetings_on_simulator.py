"""Free/busy, meeting times and reminders against the simulator, for an app and for a signed-in user."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock

import httpx
import pytest

from heliograph.graph import GraphClient, open_client
from heliograph.graph.auth import SignIn
from heliograph.graph.calendar.meetings import MeetingTimes
from heliograph.graph.calendar.suggestions import Invitee, MeetingNeeds
from heliograph.graph.transport import trust
from heliograph.graph.values.objects import User
from heliograph.graph.values.spans import Span
from heliograph.graph.values.times import moment
from heliograph.graph.values.working_hours import working_hours
from heliograph.simulator import Running
from tests.heliograph.graph.conftest import tenant_of

SCOPE = "Calendars.Read.Shared"
HOUR = timedelta(hours=1)
EIGHT = datetime(2027, 1, 13, 8, tzinfo=UTC)
DAY = Span(EIGHT - 8 * HOUR, EIGHT + 16 * HOUR)


class Kept:
    """Keeps one sign-in."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    async def find(self, tenant_id: str, user: str | None) -> SignIn | None:
        return self._sign_in if user is None or self._sign_in.is_of(user) else None

    async def renew(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in


@pytest.fixture
async def signed(simulator: Running, people: list[User]) -> AsyncIterator[GraphClient]:
    """A client for which the first of the people has signed in."""
    tenant = replace(tenant_of(simulator), delegated_permissions=(SCOPE,))
    first = people[0]
    async with httpx.AsyncClient(verify=trust(tenant.ca_file)) as entra:
        answer = await entra.post(
            f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token",
            data={
                "client_id": tenant.client_id,
                "grant_type": "password",
                "username": first.user_principal_name or "",
                "password": "Simulated-1234",
                "scope": f"https://graph.microsoft.com/{SCOPE} offline_access",
            },
        )
    sign_in = SignIn(
        tenant_id=tenant.tenant_id,
        user_id=first.id,
        user_name=first.user_principal_name or "",
        permissions=(SCOPE,),
        signed_in_at=int(time.time() * 1000),
        refresh_token=answer.json()["refresh_token"],
    )
    async with open_client(tenant, sign_ins=Kept(sign_in)) as graph:
        yield graph


async def take_up(live: GraphClient, user: User, hour: int, *, length: int = 1, **more: str) -> str:
    """The id of an event from *hour* on."""
    start = DAY.start + hour * HOUR
    event = {
        "subject": "Taken",
        "start": moment(start),
        "end": moment(start + length * HOUR),
        **more,
    }
    return (await live.events.create(user.id, event)).id


def needs(*guests: User, **more: object) -> MeetingNeeds:
    attendees = [Invitee(address=guest.mail or "") for guest in guests]
    return MeetingNeeds(attendees=attendees, windows=[DAY], duration=HOUR, **more)  # type: ignore[arg-type]  # as the test says


async def test_schedules_tell_what_is_taken(live: GraphClient, people: list[User]) -> None:
    first, second = people[:2]
    await take_up(live, second, 10, length=2)
    await take_up(live, second, 14, showAs="tentative")
    addresses = [second.mail or "", "nobody@nowhere.example"]
    taken, unknown = await live.schedules.get(
        first.id, addresses, start=EIGHT, end=EIGHT + 10 * HOUR, interval=HOUR
    )
    assert taken.view == "0022001000"
    spells = taken.spells()
    assert spells is not None
    assert sorted((spell.start, spell.status) for spell in spells) == [
        (DAY.start + 10 * HOUR, "busy"),
        (DAY.start + 14 * HOUR, "tentative"),
    ]
    assert taken.working_hours is not None
    assert taken.working_hours.days_of_week
    assert unknown.error is not None
    assert unknown.spells() is None


async def test_schedules_of_many_over_a_long_time(live: GraphClient, people: list[User]) -> None:
    addresses = [user.mail or "" for user in people if user.mail] * 3
    found = await live.schedules.get(
        people[0].id, addresses, start=EIGHT, end=EIGHT + timedelta(days=100), interval=HOUR
    )
    assert [each.address for each in found] == addresses
    assert {len(each.view) for each in found if each.error is None} == {2400}


async def test_an_app_finds_times_by_itself(live: GraphClient, people: list[User]) -> None:
    first, second, third = people[:3]
    await take_up(live, first, 9)
    times = await live.meetings.find_times(first.id, needs(second, third))
    assert times.source == "getSchedule"
    assert "signed-in user" in times.passed_over["findMeetingTimes"]
    assert times.suggestions
    taken = Span(DAY.start + 9 * HOUR, DAY.start + 10 * HOUR)
    assert all(each.end <= taken.start or each.start >= taken.end for each in times.suggestions)


@pytest.mark.parametrize("domain", ["work", "personal", "unrestricted"])
@pytest.mark.parametrize("percentage", [50.0, 100.0])
async def test_both_sources_say_the_same(
    live: GraphClient, signed: GraphClient, people: list[User], domain: str, percentage: float
) -> None:
    first, second, third = people[:3]
    for user in (first, second, third):
        hours = working_hours(clock(8), clock(17), zone_name="Europe/Copenhagen")
        await live.mailbox_settings.update(user.id, {"workingHours": hours})
    await take_up(live, first, 9)
    await take_up(live, second, 10, length=2)
    await take_up(live, third, 13, length=2, showAs="tentative")
    await take_up(live, third, 15, showAs="oof")
    asked = needs(
        second,
        third,
        activity_domain=domain,
        minimum_attendee_percentage=percentage,
        max_candidates=99,
    )
    by_app = await live.meetings.find_times(first.id, asked)
    by_graph = await signed.meetings.find_times(first.id, asked)
    assert (by_app.source, by_graph.source) == ("getSchedule", "findMeetingTimes")
    assert by_graph.suggestions

    assert told(by_app) == told(by_graph)


def told(times: MeetingTimes) -> list[tuple[object, ...]]:
    """All but the words in which it is told."""
    return [
        (
            *(each.start, each.end, each.confidence, each.organizer_availability),
            {one.address: one.availability for one in each.attendees},
        )
        for each in times.suggestions
    ]


async def test_both_sources_find_nothing_for_the_same_reason(
    live: GraphClient, signed: GraphClient, people: list[User]
) -> None:
    first, second = people[:2]
    await take_up(live, second, 0, length=24)
    for graph, source in ((live, "getSchedule"), (signed, "findMeetingTimes")):
        times = await graph.meetings.find_times(first.id, needs(second))
        assert (times.source, times.suggestions) == (source, ())
        assert times.empty_reason == "attendeesUnavailable"


async def test_reminders_ring_before_events(live: GraphClient, people: list[User]) -> None:
    owner = people[0]
    event = await take_up(live, owner, 10)
    (reminder,) = [
        each async for each in live.reminders.list(owner.id, start=DAY.start, end=DAY.end)
    ]
    assert reminder.event_id == event
    assert reminder.reminder_fire_time is not None
    assert reminder.reminder_fire_time.at == DAY.start + 10 * HOUR - timedelta(minutes=15)
    later = DAY.start + 10 * HOUR - timedelta(minutes=5)
    await live.reminders.snooze(owner.id, event, later)
    (reminder,) = [
        each async for each in live.reminders.list(owner.id, start=DAY.start, end=DAY.end)
    ]
    assert reminder.reminder_fire_time is not None
    assert reminder.reminder_fire_time.at == later
    await live.reminders.dismiss(owner.id, event)
    assert [
        each async for each in live.reminders.list(owner.id, start=DAY.start, end=DAY.end)
    ] == []
