from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Conflict
from heliograph.graph import GraphClient
from heliograph.graph.calendar.events import plan_event

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
MEETING = {"subject": "First day", "transactionId": "onb-1"}


def test_an_event_is_planned_from_times_and_addresses() -> None:
    start = datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    planned = plan_event(
        subject="First day",
        start=start,
        end=start + timedelta(hours=1),
        attendees=[LENE],
        place="CPH 3.02",
        text="Welcome",
    )
    assert planned == {
        "subject": "First day",
        "start": {"dateTime": "2026-12-01T08:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-01T09:00:00", "timeZone": "UTC"},
        "attendees": [{"type": "required", "emailAddress": {"address": LENE}}],
        "location": {"displayName": "CPH 3.02"},
        "body": {"contentType": "text", "content": "Welcome"},
    }


async def test_an_event_is_read_typed_and_raw(graph: GraphClient, recorder: "Recorder") -> None:
    body = {
        "id": "e",
        "subject": "First day",
        "start": {"dateTime": "2026-12-01T08:00:00.0000000", "timeZone": "UTC"},
        "attendees": [
            {"type": "required", "status": {"response": "none", "time": "0001-01-01T00:00:00Z"}}
        ],
        "iCalUId": "0400",
        "isCancelled": False,
    }
    recorder.answer(200, body).answer(200, {"@odata.etag": "x", **body})
    event = await graph.events.get(LENE, "e")
    assert event.start is not None
    assert (event.start.date_time, event.i_cal_u_id) == ("2026-12-01T08:00:00.0000000", "0400")
    assert recorder.last.headers == {"prefer": 'IdType="ImmutableId"'}
    assert recorder.last.mailbox == LENE
    assert await graph.events.get_properties(LENE, "e", ("id",)) == body


async def test_events_and_the_view_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "1"}]}).answer(200, {"value": [{"id": "2"}]})
    assert [event.id async for event in graph.events.list(LENE)] == ["1"]
    start = datetime(2026, 12, 1, tzinfo=UTC)
    view = graph.events.view(LENE, start=start, end=start + timedelta(days=1))
    assert [event.id async for event in view] == ["2"]
    assert recorder.last.path == f"/users/{LENE}/calendarView"
    assert recorder.last.params["startDateTime"] == "2026-12-01T00:00:00Z"
    assert recorder.last.params["endDateTime"] == "2026-12-02T00:00:00Z"


@pytest.mark.parametrize(("event", "repeatable"), [(MEETING, True), ({"subject": "x"}, False)])
async def test_an_event_with_a_transaction_may_be_sent_twice(
    graph: GraphClient, recorder: "Recorder", event: dict[str, str], repeatable: bool
) -> None:
    recorder.answer(201, {"id": "e"})
    assert (await graph.events.create(LENE, event)).id == "e"
    assert recorder.last.path == f"/users/{LENE}/events"
    assert recorder.last.is_repeatable is repeatable


async def test_the_event_of_the_same_transaction_is_given(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.refuse(409, "ErrorDuplicateTransactionId")
    others = [{"id": "1", "transactionId": None}, {"id": "2", "transactionId": "onb-1"}]
    recorder.answer(200, {"value": others})
    assert (await graph.events.create(LENE, MEETING)).id == "2"
    assert recorder.last.params["$orderby"] == "createdDateTime desc"


async def test_a_transaction_that_cannot_be_found_stays_a_conflict(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    link = f"https://graph.microsoft.com/v1.0/users/{LENE}/events?$skip=50"
    many = [{"id": str(number)} for number in range(50)]
    recorder.refuse(409, "ErrorDuplicateTransactionId")
    recorder.answer(200, {"value": many, "@odata.nextLink": link})
    with pytest.raises(Conflict):
        await graph.events.create(LENE, MEETING)
    assert len(recorder.requests) == 2


async def test_another_conflict_is_raised(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(409, "ErrorIrresolvableConflict")
    with pytest.raises(Conflict):
        await graph.events.create(LENE, MEETING)


async def test_an_event_is_changed_and_deleted(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"id": "e"}).answer(204).refuse(404, "ErrorItemNotFound")
    await graph.events.update(LENE, "e", {"showAs": "free"})
    await graph.events.delete(LENE, "e")
    await graph.events.delete(LENE, "e")
    one = f"/users/{LENE}/events/e"
    assert recorder.calls == [f"PATCH {one}", f"DELETE {one}", f"DELETE {one}"]
    assert recorder.is_outlook(LENE)


async def test_another_calendar_is_named(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": []}).answer(200, {"value": []}).answer(201, {"id": "e"})
    start, end = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
    assert [event async for event in graph.events.list(LENE, calendar="c=")] == []
    view = graph.events.view(LENE, start=start, end=end, calendar="c=")
    assert [event async for event in view] == []
    await graph.events.create(LENE, {"subject": "x"}, calendar="c=")
    place = f"/users/{LENE}/calendars/c%3D"
    assert recorder.calls == [
        f"GET {place}/events",
        f"GET {place}/calendarView",
        f"POST {place}/events",
    ]


async def test_a_transaction_is_looked_for_where_the_event_was_to_be(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.refuse(409, "ErrorDuplicateTransactionId")
    recorder.answer(200, {"value": [{"id": "2", "transactionId": "onb-1"}]})
    assert (await graph.events.create(LENE, MEETING, calendar="c")).id == "2"
    assert recorder.last.path == f"/users/{LENE}/calendars/c/events"


async def test_occurrences_of_a_series_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "o1", "type": "occurrence", "seriesMasterId": "m"}]})
    start = datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=1)))
    found = graph.events.instances(LENE, "m", start=start, end=start + timedelta(days=7))
    assert [event.series_master_id async for event in found] == ["m"]
    assert recorder.calls == [f"GET /users/{LENE}/events/m/instances"]
    assert recorder.last.params["startDateTime"] == "2026-11-30T23:00:00Z"


async def test_an_event_is_typed_to_its_depths(graph: GraphClient, recorder: "Recorder") -> None:
    """The payload of the reference, 12.4."""
    recorder.answer(
        200,
        {
            "@odata.etag": 'W/"fWfWX5kRzUuq2bYpM1cD3QAALk9a7w=="',
            "id": "AAMkAGYx=",
            "createdDateTime": "2026-11-20T09:12:44.1180241Z",
            "transactionId": "onb-100482-day1",
            "iCalUId": "0400",
            "reminderMinutesBeforeStart": 15,
            "isReminderOn": True,
            "onlineMeeting": {"joinUrl": "https://teams.microsoft.com/l/meetup-join/0"},
            "recurrence": {
                "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
                "range": {"type": "noEnd", "startDate": "2026-12-01", "endDate": "0001-01-01"},
            },
            "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
            "start": {"dateTime": "2026-12-01T08:00:00.0000000", "timeZone": "UTC"},
            "end": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "Romance Standard Time"},
            "locations": [{"displayName": "CPH 3.02", "locationType": "default"}],
            "attendees": [
                {
                    "type": "required",
                    "status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
                    "emailAddress": {"name": "Lene Holm", "address": LENE},
                }
            ],
        },
    )
    event = await graph.events.get(LENE, "AAMkAGYx=")
    assert event.start is not None
    assert event.end is not None
    assert event.start.at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert event.end.at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert event.attendees is not None
    assert event.attendees[0].address == LENE
    assert event.recurrence is not None
    assert event.recurrence.pattern is not None
    assert event.recurrence.pattern.days_of_week == ["monday"]
    assert event.online_meeting is not None
    assert event.online_meeting.join_url
    assert event.i_cal_u_id == "0400"
