from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Conflict
from heliograph.graph import GraphClient
from heliograph.graph.calendar import moment

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
MEETING = {"subject": "First day", "transactionId": "onb-1"}


def test_a_moment_is_written_in_utc() -> None:
    copenhagen = timezone(timedelta(hours=1))
    assert moment(datetime(2026, 12, 1, 10, tzinfo=copenhagen)) == {
        "dateTime": "2026-12-01T09:00:00",
        "timeZone": "UTC",
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
    event = await graph.calendar.get(LENE, "e")
    assert event.start is not None
    assert (event.start.date_time, event.i_cal_u_id) == ("2026-12-01T08:00:00.0000000", "0400")
    assert recorder.last.headers == {"prefer": 'IdType="ImmutableId"'}
    assert recorder.last.mailbox == LENE
    assert await graph.calendar.get_properties(LENE, "e", ("id",)) == body


async def test_events_and_the_view_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "1"}]}).answer(200, {"value": [{"id": "2"}]})
    assert [event.id async for event in graph.calendar.list(LENE)] == ["1"]
    start = datetime(2026, 12, 1, tzinfo=UTC)
    view = graph.calendar.view(LENE, start=start, end=start + timedelta(days=1))
    assert [event.id async for event in view] == ["2"]
    assert recorder.last.path == f"/users/{LENE}/calendarView"
    assert recorder.last.params["startDateTime"] == "2026-12-01T00:00:00Z"
    assert recorder.last.params["endDateTime"] == "2026-12-02T00:00:00Z"


@pytest.mark.parametrize(("event", "repeatable"), [(MEETING, True), ({"subject": "x"}, False)])
async def test_an_event_with_a_transaction_may_be_sent_twice(
    graph: GraphClient, recorder: "Recorder", event: dict[str, str], repeatable: bool
) -> None:
    recorder.answer(201, {"id": "e"})
    assert (await graph.calendar.create(LENE, event)).id == "e"
    assert recorder.last.path == f"/users/{LENE}/events"
    assert recorder.last.is_repeatable is repeatable


async def test_the_event_of_the_same_transaction_is_given(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.refuse(409, "ErrorDuplicateTransactionId")
    others = [{"id": "1", "transactionId": None}, {"id": "2", "transactionId": "onb-1"}]
    recorder.answer(200, {"value": others})
    assert (await graph.calendar.create(LENE, MEETING)).id == "2"
    assert recorder.last.params["$orderby"] == "createdDateTime desc"


async def test_a_transaction_that_cannot_be_found_stays_a_conflict(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    link = f"https://graph.microsoft.com/v1.0/users/{LENE}/events?$skip=50"
    many = [{"id": str(number)} for number in range(50)]
    recorder.refuse(409, "ErrorDuplicateTransactionId")
    recorder.answer(200, {"value": many, "@odata.nextLink": link})
    with pytest.raises(Conflict):
        await graph.calendar.create(LENE, MEETING)
    assert len(recorder.requests) == 2


async def test_another_conflict_is_raised(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(409, "ErrorIrresolvableConflict")
    with pytest.raises(Conflict):
        await graph.calendar.create(LENE, MEETING)


async def test_an_event_is_moved_cancelled_and_deleted(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": "e"}).answer(202).answer(204).refuse(404, "ErrorItemNotFound")
    await graph.calendar.update(LENE, "e", {"showAs": "free"})
    await graph.calendar.cancel(LENE, "e", comment="Sorry")
    assert recorder.last.json == {"comment": "Sorry"}
    await graph.calendar.delete(LENE, "e")
    await graph.calendar.delete(LENE, "e")
    assert [request.path.removeprefix(f"/users/{LENE}") for request in recorder.requests] == [
        "/events/e",
        "/events/e/cancel",
        "/events/e",
        "/events/e",
    ]
