"""Events: graph-users-api.md, 7, K7 to K12, and 12.4."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner

PARIS = "Romance Standard Time"


def at(hour: int, *, day: int = 1, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": f"2030-05-{day:02d}T{hour:02d}:00:00", "timeZone": zone}


def event(**more: Any) -> dict[str, Any]:
    return {"subject": "Plan", "start": at(10), "end": at(11), **more}


def window(first: int, last: int) -> str:
    return f"startDateTime=2030-05-{first:02d}T00:00:00Z&endDateTime=2030-05-{last:02d}T00:00:00Z"


async def test_a_new_event_is_complete(lene: Owner) -> None:
    made = await lene.post("events", event(location={"displayName": "CPH 3.02"}))
    assert made["@odata.context"].endswith("/events/$entity")
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert made["start"] == {"dateTime": "2030-05-01T10:00:00.0000000", "timeZone": "UTC"}
    assert (made["type"], made["isOrganizer"], made["showAs"]) == ("singleInstance", True, "busy")
    assert made["organizer"] == lene.person
    assert made["responseStatus"] == {"response": "organizer", "time": "0001-01-01T00:00:00Z"}
    assert (made["isReminderOn"], made["reminderMinutesBeforeStart"]) == (True, 15)
    assert made["location"]["locationType"] == "default"
    assert made["locations"] == [made["location"]]
    assert len(made["createdDateTime"]) == len("2026-11-20T09:12:44.1180241Z")
    assert not {"attachments", "calendar", "calendarId", "cancelledOccurrences"} & set(made)


async def test_times_come_in_the_zone_that_the_caller_prefers(lene: Owner) -> None:
    made = await lene.post(
        "events", event(start=at(10, zone=PARIS), end=at(11, zone="Europe/Paris"))
    )
    assert made["start"] == {"dateTime": "2030-05-01T08:00:00.0000000", "timeZone": "UTC"}
    assert (made["originalStartTimeZone"], made["originalEndTimeZone"]) == (PARIS, "Europe/Paris")
    tokyo = "Tokyo Standard Time"
    answer = await lene.call(
        "GET", f"events/{made['id']}", headers={"prefer": f'outlook.timezone="{tokyo}"'}
    )
    assert answer.json()["start"] == {"dateTime": "2030-05-01T17:00:00.0000000", "timeZone": tokyo}
    assert answer.json()["createdDateTime"] == made["createdDateTime"]
    assert answer.headers["preference-applied"] == f'outlook.timezone="{tokyo}"'
    refused = await lene.refused("GET", "events", headers={"prefer": 'outlook.timezone="Mars"'})
    assert refused == (400, "TimeZoneNotSupportedException")


async def test_whole_days_stay_the_days_that_they_are(lene: Owner) -> None:
    days = {"start": at(0, zone=PARIS), "end": at(0, day=2, zone=PARIS), "isAllDay": True}
    made = await lene.post("events", event(**days))
    assert made["start"] == {"dateTime": "2030-05-01T00:00:00.0000000", "timeZone": "UTC"}
    seen = await lene.get(f"events/{made['id']}", headers={"prefer": f'outlook.timezone="{PARIS}"'})
    assert seen["start"]["dateTime"] == "2030-05-01T00:00:00.0000000"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"subject": "x"}, "ErrorPropertyValidationFailure"),
        (event(start={"dateTime": "soon", "timeZone": "UTC"}), "ErrorPropertyValidationFailure"),
        (event(start=at(10, zone="Mars")), "TimeZoneNotSupportedException"),
        (event(end=at(9)), "ErrorCalendarEndDateIsEarlierThanStartDate"),
        (event(isAllDay=True), "ErrorPropertyValidationFailure"),
        (event(isAllDay=True, start=at(0), end=at(0)), "ErrorPropertyValidationFailure"),
        (event(showAs="asleep"), "RequestBodyRead"),
        (event(what="x"), "RequestBodyRead"),
        (event(attendees=[{"emailAddress": {"address": "nobody"}}]), "ErrorInvalidRecipients"),
    ],
)
async def test_a_malformed_event_is_refused(lene: Owner, body: Any, code: str) -> None:
    assert await lene.refused("POST", "events", body) == (400, code)


async def test_every_path_leads_to_the_calendar(lene: Owner) -> None:
    calendar = (await lene.get("calendar"))["id"]
    group = (await lene.value("calendarGroups"))[0]["id"]
    paths = ("calendar", f"calendars/{calendar}", f"calendarGroups/{group}/calendars/{calendar}")
    for path in paths:
        made = await lene.post(f"{path}/events", event())
        assert (await lene.get(f"{path}/events/{made['id']}"))["id"] == made["id"]
    for path in ("events", *(f"{path}/events" for path in paths)):
        assert len(await lene.value(path)) == 3
        assert (await lene.call("GET", f"{path}/$count")).text == "3"
    for path in ("calendarView", *(f"{path}/calendarView" for path in paths)):
        assert len(await lene.value(f"{path}?{window(1, 2)}")) == 3


async def test_each_calendar_has_its_own_events(lene: Owner) -> None:
    other = (await lene.post("calendars", {"name": "Other"}))["id"]
    made = await lene.post(f"calendars/{other}/events", event())
    assert await lene.value("calendar/events") == []
    assert await lene.value(f"calendarView?{window(1, 2)}") == []
    assert len(await lene.value("events")) == 1
    assert len(await lene.value(f"calendars/{other}/calendarView?{window(1, 2)}")) == 1
    first = (await lene.get("calendar"))["id"]
    for path in ("calendar", f"calendars/{first}"):
        refused = await lene.refused("GET", f"{path}/events/{made['id']}")
        assert refused == (404, "ErrorItemNotFound")
    assert (await lene.get(f"events/{made['id']}/calendar"))["id"] == other
    expanded = await lene.get(f"events/{made['id']}?$expand=calendar($select=name)")
    assert expanded["calendar"]["name"] == "Other"
    await lene.delete(f"calendars/{other}")
    assert (await lene.refused("GET", f"events/{made['id']}"))[0] == 404


async def test_events_are_filtered_and_sorted_but_not_searched(lene: Owner) -> None:
    for day in (3, 1, 2):
        await lene.post(
            "events", event(subject=f"Day {day}", start=at(9, day=day), end=at(10, day=day))
        )
    params = {"$filter": "start/dateTime ge '2030-05-02T00:00'", "$orderby": "start/dateTime"}
    found = await lene.value("events", params=params)
    assert [one["subject"] for one in found] == ["Day 2", "Day 3"]
    assert await lene.refused("GET", 'events?$search="Day"') == (400, "ErrorInvalidUrlQuery")


async def test_the_view_shows_what_touches_the_window_earliest_first(lene: Owner) -> None:
    for day in (3, 1):
        await lene.post(
            "events", event(subject=f"Day {day}", start=at(9, day=day), end=at(10, day=day))
        )
    view = await lene.value(f"calendarView?{window(1, 4)}")
    assert [one["subject"] for one in view] == ["Day 1", "Day 3"]
    assert await lene.value(f"calendarView?{window(2, 3)}") == []
    shifted = "startDateTime=2030-05-01T11:30:00%2B02:00&endDateTime=2030-05-01T12:00:00+02:00"
    assert len(await lene.value(f"calendarView?{shifted}")) == 1
    picked = await lene.value(f"calendarView?{window(1, 2)}&$select=subject,createdDateTime")
    assert set(picked[0]) == {"@odata.etag", "id", "subject"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "ErrorInvalidParameter"),
        ("?startDateTime=2030-05-01", "ErrorInvalidParameter"),
        ("?startDateTime=x&endDateTime=y", "ErrorInvalidParameter"),
        (f"?{window(2, 1)}", "ErrorInvalidParameter"),
        ("?startDateTime=2030-01-01&endDateTime=2040-01-01", "ErrorCalendarViewRangeTooBig"),
    ],
)
async def test_a_view_needs_a_window_that_is_not_too_large(
    lene: Owner, query: str, code: str
) -> None:
    assert await lene.refused("GET", f"calendarView{query}") == (400, code)


async def test_an_event_is_changed_under_its_ids_with_a_new_change_key(lene: Owner) -> None:
    made = await lene.post("events", event())
    path = f"events/{made['id']}"
    changed = await lene.patch(path, {"subject": "New", "start": at(12), "end": at(13)})
    assert (changed["id"], changed["iCalUId"]) == (made["id"], made["iCalUId"])
    assert changed["changeKey"] != made["changeKey"]
    assert changed["start"]["dateTime"].startswith("2030-05-01T12")
    stale = {"if-match": made["@odata.etag"]}
    refused = await lene.refused("PATCH", path, {"subject": "Old"}, headers=stale)
    assert refused == (412, "ErrorIrresolvableConflict")
    refused = await lene.refused("PATCH", path, {"organizer": lene.person})
    assert refused == (400, "ErrorInvalidPropertySet")
    immutable = (await lene.get(path, headers=IMMUTABLE))["id"]
    await lene.delete(f"events/{immutable}")
    assert (await lene.refused("GET", path))[0] == 404


async def test_a_transaction_is_done_once(lene: Owner) -> None:
    body = event(transactionId="first-day")
    made = await lene.post("events", body)
    assert made["transactionId"] == "first-day"
    assert await lene.refused("POST", "events", body) == (409, "ErrorDuplicateTransactionId")


async def test_an_online_meeting_can_be_joined_and_stays_one(lene: Owner) -> None:
    body = event(isOnlineMeeting=True, onlineMeetingProvider="teamsForBusiness")
    made = await lene.post("events", body)
    assert made["onlineMeeting"]["joinUrl"].startswith("https://teams.microsoft.com/")
    kept = await lene.patch(f"events/{made['id']}", {"isOnlineMeeting": False})
    assert (kept["isOnlineMeeting"], kept["onlineMeeting"]) == (True, made["onlineMeeting"])


async def test_files_are_attached_to_events(lene: Owner) -> None:
    made = await lene.post("events", event())
    file = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentBytes": "aGk=",
    }
    await lene.post(f"events/{made['id']}/attachments", file)
    seen = await lene.get(f"events/{made['id']}?$expand=attachments")
    assert (seen["hasAttachments"], seen["attachments"][0]["name"]) == (True, "a.txt")


async def test_permissions_for_basics_do_not_show_what_was_written(stage: Any) -> None:
    async with stage(permissions=("Calendars.ReadBasic.All", "User.Read.All")) as scene:
        owner = Owner(scene=scene, user=(await scene.users())[0])
        await scene.act("events.created", user=owner.user["id"])
        (seen,) = await owner.value("events")
        assert not {"body", "bodyPreview"} & set(seen)
        assert await owner.refused("POST", "events", event()) == (403, "ErrorAccessDenied")
