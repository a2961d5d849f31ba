from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Forbidden, Gone, NotPermitted, Throttled, Unauthenticated
from heliograph.graph import GraphClient
from heliograph.graph.calendar.suggestions import Availability, Invitee, MeetingNeeds
from heliograph.graph.values.spans import Span

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
AMIR = "amir.haddad@contoso.com"
ROOM = "cph302@contoso.com"
EIGHT = datetime(2026, 12, 2, 8, tzinfo=UTC)
NEEDS = MeetingNeeds(
    attendees=[Invitee(address=LENE), Invitee(address=ROOM, type="resource")],
    windows=[Span(EIGHT, EIGHT + timedelta(hours=4))],
    duration=timedelta(hours=1),
    max_candidates=2,
)
FOUND = {
    "emptySuggestionsReason": "",
    "meetingTimeSuggestions": [
        {
            "confidence": 100.0,
            "order": 1,
            "organizerAvailability": "free",
            "suggestionReason": "Suggested because it is one of the nearest times.",
            "meetingTimeSlot": {
                "start": {"dateTime": "2026-12-02T09:00:00.0000000", "timeZone": "UTC"},
                "end": {"dateTime": "2026-12-02T10:00:00.0000000", "timeZone": "UTC"},
            },
            "attendeeAvailability": [
                {
                    "availability": "free",
                    "attendee": {"type": "required", "emailAddress": {"address": LENE}},
                }
            ],
            "locations": [{"displayName": "CPH 3.02"}],
        }
    ],
}
NOBODY_SIGNED_IN = NotPermitted("Graph refuses it without a signed-in user", "heliograph login")


def schedule(address: str, *busy: tuple[int, int]) -> dict[str, object]:
    items = [
        {
            "status": "busy",
            "start": {"dateTime": f"2026-12-02T{start:02}:00:00", "timeZone": "UTC"},
            "end": {"dateTime": f"2026-12-02T{end:02}:00:00", "timeZone": "UTC"},
        }
        for start, end in busy
    ]
    hours = {
        "daysOfWeek": ["wednesday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": "UTC"},
    }
    return {"scheduleId": address, "scheduleItems": items, "workingHours": hours}


async def test_with_a_signed_in_organizer_graph_finds_the_times(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    """The payload of the reference, 12.5."""
    recorder.answer(200, FOUND)
    times = await graph.meetings.find_times(AMIR, NEEDS)
    assert times.source == "findMeetingTimes"
    assert (times.empty_reason, times.passed_over) == ("", {})
    (one,) = times.suggestions
    assert (one.start, one.end) == (EIGHT + timedelta(hours=1), EIGHT + timedelta(hours=2))
    assert (one.confidence, one.order, one.organizer_availability) == (100.0, 1, "free")
    assert one.attendees == (Availability(address=LENE, type="required", availability="free"),)
    assert one.locations == ("CPH 3.02",)
    assert one.reason.startswith("Suggested")


async def test_graph_is_asked_as_the_organizer(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, FOUND)
    await graph.meetings.find_times(AMIR, NEEDS)
    assert recorder.calls == [f"POST /users/{AMIR}/findMeetingTimes"]
    assert (recorder.last.caller, recorder.last.as_user) == ("user", AMIR)
    assert recorder.last.scope == "Calendars.Read.Shared"
    assert not recorder.last.is_write
    assert recorder.last.json == {
        "attendees": [
            {"type": "required", "emailAddress": {"address": LENE}},
            {"type": "resource", "emailAddress": {"address": ROOM}},
        ],
        "timeConstraint": {
            "activityDomain": "work",
            "timeSlots": [
                {
                    "start": {"dateTime": "2026-12-02T08:00:00", "timeZone": "UTC"},
                    "end": {"dateTime": "2026-12-02T12:00:00", "timeZone": "UTC"},
                }
            ],
        },
        "meetingDuration": "PT1H0M",
        "maxCandidates": 2,
        "isOrganizerOptional": False,
        "minimumAttendeePercentage": 50.0,
        "returnSuggestionReasons": True,
    }


async def test_graph_may_find_nothing(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(
        200, {"emptySuggestionsReason": "attendeesUnavailable", "meetingTimeSuggestions": []}
    )
    times = await graph.meetings.find_times(AMIR, NEEDS)
    assert (times.suggestions, times.empty_reason) == ((), "attendeesUnavailable")


@pytest.mark.parametrize(
    "shut",
    [
        NOBODY_SIGNED_IN,
        Forbidden("Graph answered 403"),
        Unauthenticated("signed out"),
        Gone("Graph answered 410"),
    ],
    ids=["nobody", "without-the-permission", "signed-out", "turned-off"],
)
async def test_an_app_by_itself_looks_in_the_schedules(
    graph: GraphClient, recorder: "Recorder", shut: Exception
) -> None:
    recorder.fail(shut)
    recorder.answer(
        200, {"value": [schedule(AMIR), schedule(LENE, (8, 9)), schedule(ROOM, (9, 10))]}
    )
    times = await graph.meetings.find_times(AMIR, NEEDS)
    assert times.source == "getSchedule"
    assert times.passed_over == {"findMeetingTimes": str(shut)}
    assert [each.start.strftime("%H:%M") for each in times.suggestions] == ["10:00", "10:30"]
    assert times.suggestions[0].attendees == (
        Availability(address=LENE, type="required", availability="free"),
        Availability(address=ROOM, type="resource", availability="free"),
    )
    assert recorder.calls[-1] == f"POST /users/{AMIR}/calendar/getSchedule"
    assert recorder.last.caller == "app"
    assert isinstance(recorder.last.json, dict)
    assert recorder.last.json["schedules"] == [AMIR, LENE, ROOM]


async def test_an_organizer_known_by_id_is_looked_up(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.fail(NOBODY_SIGNED_IN).answer(200, {"mail": AMIR, "userPrincipalName": "amir@x"})
    recorder.answer(200, {"value": [schedule(AMIR, (8, 12)), schedule(LENE), schedule(ROOM)]})
    times = await graph.meetings.find_times("b7c1e5a0", NEEDS)
    assert times.empty_reason == "organizerUnavailable"
    assert recorder.calls == [
        "POST /users/b7c1e5a0/findMeetingTimes",
        "GET /users/b7c1e5a0",
        "POST /users/b7c1e5a0/calendar/getSchedule",
    ]


async def test_without_a_window_there_is_nothing_to_look_in(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.fail(NOBODY_SIGNED_IN)
    times = await graph.meetings.find_times(AMIR, MeetingNeeds(attendees=[], windows=[]))
    assert (times.source, times.empty_reason) == ("getSchedule", "unknown")
    assert len(recorder.requests) == 1


async def test_other_failures_are_raised(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(429, "TooManyRequests")
    with pytest.raises(Throttled):
        await graph.meetings.find_times(AMIR, NEEDS)
