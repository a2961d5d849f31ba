from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from heliograph.graph import GraphClient
from heliograph.graph.outlook.mailbox_settings import NO_AUTOMATIC_REPLIES, automatic_replies
from heliograph.graph.values.working_hours import working_hours

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
PLACE = f"/users/{LENE}/mailboxSettings"
SETTINGS: dict[str, Any] = {
    "archiveFolder": "AAMkAGYxZDM0ArcAAA=",
    "timeZone": "Romance Standard Time",
    "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
    "dateFormat": "dd-MM-yyyy",
    "timeFormat": "HH:mm",
    "userPurpose": "user",
    "automaticRepliesSetting": {
        "status": "disabled",
        "externalAudience": "all",
        "internalReplyMessage": "",
        "externalReplyMessage": "",
        "scheduledStartDateTime": {"dateTime": "2026-11-23T09:00:00.0000000", "timeZone": "UTC"},
        "scheduledEndDateTime": {"dateTime": "2026-11-24T09:00:00.0000000", "timeZone": "UTC"},
    },
    "language": {"locale": "da-DK", "displayName": "Danish (Denmark)"},
    "workingHours": {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "16:30:00.0000000",
        "timeZone": {"name": "Romance Standard Time"},
    },
}


async def test_settings_are_typed(graph: GraphClient, recorder: "Recorder") -> None:
    """The payload of the reference, 12.9."""
    recorder.answer(200, SETTINGS)
    settings = await graph.mailbox_settings.get(LENE)
    assert (settings.time_zone, settings.user_purpose) == ("Romance Standard Time", "user")
    assert settings.automatic_replies_setting is not None
    start = settings.automatic_replies_setting.scheduled_start_date_time
    assert start is not None
    assert start.at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert settings.language is not None
    assert settings.language.locale == "da-DK"
    assert settings.working_hours is not None
    assert settings.working_hours.end_time == "16:30:00.0000000"
    assert recorder.calls == [f"GET {PLACE}"]
    assert recorder.is_outlook(LENE)


async def test_settings_are_changed_and_told(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"timeZone": "Europe/Copenhagen", "language": {"locale": "da-DK"}})
    changes = {
        "timeZone": "Europe/Copenhagen",
        "language": {"locale": "da-DK"},
        "workingHours": working_hours(time(8), time(16), zone_name="Europe/Copenhagen"),
    }
    assert (await graph.mailbox_settings.update(LENE, changes)).time_zone == "Europe/Copenhagen"
    assert recorder.calls == [f"PATCH {PLACE}"]
    assert recorder.last.json == changes


def test_replies_go_out_from_now_on() -> None:
    assert automatic_replies("I have left.", audience="none") == {
        "status": "alwaysEnabled",
        "externalAudience": "none",
        "internalReplyMessage": "I have left.",
        "externalReplyMessage": "I have left.",
    }


def test_replies_go_out_between_two_times() -> None:
    between = datetime(2026, 12, 24, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    replies = automatic_replies("Away", "Closed", between=between)
    assert replies["status"] == "scheduled"
    assert replies["externalReplyMessage"] == "Closed"
    assert replies["scheduledStartDateTime"] == {
        "dateTime": "2026-12-24T00:00:00",
        "timeZone": "UTC",
    }
    assert replies["scheduledEndDateTime"] == {"dateTime": "2027-01-02T00:00:00", "timeZone": "UTC"}


async def test_replies_are_ended(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"automaticRepliesSetting": {"status": "Disabled"}})
    changes = {"automaticRepliesSetting": NO_AUTOMATIC_REPLIES}
    settings = await graph.mailbox_settings.update(LENE, changes)
    assert settings.automatic_replies_setting is not None
    assert settings.automatic_replies_setting.status == "Disabled"
    assert recorder.last.json == {"automaticRepliesSetting": {"status": "disabled"}}
