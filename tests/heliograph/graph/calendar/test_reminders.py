from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def test_reminders_of_a_window_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    """The payload of the reference, 12.5; the times stand quoted in the path."""
    recorder.answer(
        200,
        {
            "value": [
                {
                    "eventId": "AAMkAGYxZDM0EvtAAA=",
                    "changeKey": "SuFHwDRP1EeXJUopWbSLlgAAmBvk2g==",
                    "eventSubject": "First day, meet the team",
                    "eventLocation": {"displayName": "CPH 3.02"},
                    "eventStartTime": {
                        "dateTime": "2026-12-01T08:00:00.0000000",
                        "timeZone": "UTC",
                    },
                    "eventEndTime": {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"},
                    "reminderFireTime": {
                        "dateTime": "2026-12-01T07:45:00.0000000",
                        "timeZone": "UTC",
                    },
                }
            ]
        },
    )
    window = graph.reminders.list(LENE, start=NOON - timedelta(days=1), end=NOON)
    (reminder,) = [found async for found in window]
    assert reminder.event_id == "AAMkAGYxZDM0EvtAAA="
    assert reminder.reminder_fire_time is not None
    assert reminder.reminder_fire_time.at == datetime(2026, 12, 1, 7, 45, tzinfo=UTC)
    asked = "reminderView(startDateTime='2026-11-30T12:00:00Z',endDateTime='2026-12-01T12:00:00Z')"
    assert recorder.calls == [f"GET /users/{LENE}/{asked}"]
    assert recorder.is_outlook(LENE)


async def test_a_reminder_is_put_off_and_dismissed(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200).answer(200)
    await graph.reminders.snooze(LENE, "e", NOON)
    assert recorder.last.json == {
        "newReminderTime": {"dateTime": "2026-12-01T12:00:00", "timeZone": "UTC"}
    }
    await graph.reminders.dismiss(LENE, "e")
    assert recorder.calls == [
        f"POST /users/{LENE}/events/e/snoozeReminder",
        f"POST /users/{LENE}/events/e/dismissReminder",
    ]
    assert recorder.is_outlook(LENE)
