"""Free and busy, times to meet, reminders: graph-users-api.md, 7.1, 7.2 and K17 to K19."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner
from tests.heliograph.simulator.graph.outlook.test_events import PARIS, at, event, window
from tests.heliograph.simulator.graph.outlook.test_series import DAILY


def asked(*owners: Owner, **more: Any) -> dict[str, Any]:
    return {
        "Schedules": [owner.address for owner in owners],
        "StartTime": at(9),
        "EndTime": at(18),
        "availabilityViewInterval": "60",
        **more,
    }


async def schedule(owner: Owner, *others: Owner, **more: Any) -> list[dict[str, Any]]:
    answer = await owner.post("calendar/getSchedule", asked(*others, **more), status=200)
    assert answer["@odata.context"].endswith("#Collection(microsoft.graph.scheduleInformation)")
    return answer["value"]  # type: ignore[no-any-return]  # JSON


async def test_a_schedule_has_a_digit_for_each_hour(lene: Owner, amir: Owner) -> None:
    """The example of 7.2: busy from 12 to 14."""
    body = event(start=at(12), end=at(14), subject="Payroll run", location={"displayName": "CPH"})
    await amir.post("events", body)
    (found,) = await schedule(lene, amir)
    assert (found["scheduleId"], found["availabilityView"]) == (amir.address, "000220000")
    assert found["scheduleItems"] == [
        {
            "isPrivate": False,
            "status": "busy",
            "subject": "Payroll run",
            "location": "CPH",
            "start": {"dateTime": "2030-05-01T12:00:00.0000000", "timeZone": "UTC"},
            "end": {"dateTime": "2030-05-01T14:00:00.0000000", "timeZone": "UTC"},
        }
    ]
    assert found["workingHours"] == (await amir.get("mailboxSettings"))["workingHours"]


@pytest.mark.parametrize(
    ("shown", "digit"),
    [("free", "0"), ("workingElsewhere", "0"), ("tentative", "1"), ("busy", "2"), ("oof", "3")],
)
async def test_the_digit_tells_what_is_shown(lene: Owner, shown: str, digit: str) -> None:
    await lene.post(
        "events", event(showAs=shown, start=at(9), end=at(9) | {"dateTime": "2030-05-01T09:10:00"})
    )
    (found,) = await schedule(lene, lene, EndTime=at(11))
    assert found["availabilityView"] == f"{digit}0"


async def test_the_worst_of_a_slot_counts_and_what_is_cancelled_does_not(
    lene: Owner, amir: Owner
) -> None:
    for shown in ("tentative", "oof", "busy"):
        await lene.post("events", event(showAs=shown))
    made = await amir.post("events", event(start=at(13), end=at(14), attendees=[lene.person]))
    await amir.delete(f"events/{made['id']}")
    (found,) = await schedule(lene, lene)
    assert found["availabilityView"] == "030000000"


async def test_series_and_invitations_are_in_the_schedule(lene: Owner, amir: Owner) -> None:
    await lene.post("events", event(recurrence=DAILY, attendees=[amir.person]))
    (found,) = await schedule(lene, amir, StartTime=at(9, day=3), EndTime=at(12, day=3))
    assert found["availabilityView"] == "010"


async def test_the_zone_of_the_items_is_the_preferred_one(lene: Owner) -> None:
    await lene.post("events", event())
    answer = await lene.call(
        "POST",
        "calendar/getSchedule",
        json=asked(lene),
        headers={"prefer": f'outlook.timezone="{PARIS}"'},
    )
    (item,) = answer.json()["value"][0]["scheduleItems"]
    assert item["start"] == {"dateTime": "2030-05-01T12:00:00.0000000", "timeZone": PARIS}
    assert answer.headers["preference-applied"] == f'outlook.timezone="{PARIS}"'


async def test_who_is_not_known_is_told_in_his_own_entry(lene: Owner) -> None:
    schedules = [lene.address, "x@fabrikam.example"]
    known, unknown = await schedule(lene, Schedules=schedules)
    assert "error" not in known
    assert unknown["error"]["responseCode"] == "ErrorMailRecipientNotFound"
    assert "availabilityView" not in unknown


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Schedules": []}, "ErrorInvalidRequest"),
        ({"Schedules": ["x@contoso.example"] * 21}, "ErrorInvalidRequest"),
        ({"EndTime": None}, "ErrorInvalidRequest"),
        ({"EndTime": at(9)}, "ErrorInvalidTimeInterval"),
        ({"EndTime": {"dateTime": "2030-07-03", "timeZone": "UTC"}}, "ErrorTimeIntervalTooBig"),
        ({"availabilityViewInterval": 4}, "ErrorInvalidMergedFreeBusyInterval"),
        ({"availabilityViewInterval": 1441}, "ErrorInvalidMergedFreeBusyInterval"),
    ],
)
async def test_a_schedule_is_asked_for_within_limits(lene: Owner, change: Any, code: str) -> None:
    body = asked(lene, **change)
    assert await lene.refused("POST", "calendar/getSchedule", body) == (400, code)


async def test_who_may_see_basics_only_is_not_told_subjects(stage: Any) -> None:
    async with stage(permissions=("Calendars.ReadBasic.All", "User.Read.All")) as scene:
        owner = Owner(scene=scene, user=(await scene.users())[0])
        await scene.act(
            "events.created",
            user=owner.user["id"],
            start="2030-05-01T10:00:00Z",
            end="2030-05-01T11:00:00Z",
        )
        (found,) = await schedule(owner, owner)
        assert set(found["scheduleItems"][0]) == {"isPrivate", "status", "start", "end"}


@pytest.fixture
async def signed_in(lene: Owner) -> dict[str, str]:
    headers: dict[str, str] = await lene.scene.signed_in(
        lene.user["userPrincipalName"], "Calendars.Read.Shared"
    )
    return headers


async def meeting_times(owner: Owner, headers: Any, *others: Owner, **more: Any) -> dict[str, Any]:
    body = {
        "attendees": [{"type": "required", **other.person} for other in others],
        "timeConstraint": {
            "activityDomain": "unrestricted",
            "timeslots": [{"start": at(9), "end": at(12)}],
        },
        "meetingDuration": "PT1H",
        **more,
    }
    answer: dict[str, Any] = await owner.post("findMeetingTimes", body, status=200, headers=headers)
    return answer


def starts(answer: dict[str, Any]) -> list[str]:
    found = answer["meetingTimeSuggestions"]
    return [one["meetingTimeSlot"]["start"]["dateTime"][11:16] for one in found]


async def test_an_app_alone_cannot_ask_for_meeting_times(lene: Owner) -> None:
    assert await lene.refused("POST", "findMeetingTimes", {}) == (403, "ErrorAccessDenied")


async def test_the_likeliest_times_come_first(
    lene: Owner, amir: Owner, nadia: Owner, signed_in: Any
) -> None:
    await amir.post("events", event(start=at(9), end=at(10)))
    await nadia.post("events", event(start=at(11), end=at(12), showAs="tentative"))
    answer = await meeting_times(lene, signed_in, amir, nadia, returnSuggestionReasons="true")
    assert answer["emptySuggestionsReason"] == ""
    assert starts(answer) == ["10:00", "10:30", "11:00", "09:00", "09:30"]
    found = answer["meetingTimeSuggestions"]
    assert [one["confidence"] for one in found] == [100.0, 75.0, 75.0, 50.0, 50.0]
    assert [one["order"] for one in found] == [1, 2, 3, 4, 5]
    assert found[0]["organizerAvailability"] == "free"
    assert found[0]["suggestionReason"]
    assert found[3]["attendeeAvailability"][0] == {
        "availability": "busy",
        "attendee": {"type": "required", "emailAddress": {"address": amir.address}},
    }
    best = await meeting_times(
        lene, signed_in, amir, nadia, minimumAttendeePercentage="100", maxCandidates=1
    )
    assert starts(best) == ["10:00"]


async def test_the_organizer_must_be_there_unless_he_need_not(
    lene: Owner, amir: Owner, signed_in: Any
) -> None:
    await lene.post("events", event(start=at(9), end=at(12)))
    answer = await meeting_times(lene, signed_in, amir)
    assert (starts(answer), answer["emptySuggestionsReason"]) == ([], "organizerUnavailable")
    answer = await meeting_times(lene, signed_in, amir, isOrganizerOptional=True)
    assert len(starts(answer)) == 5


async def test_where_there_is_no_time_a_word_says_why(
    lene: Owner, amir: Owner, signed_in: Any
) -> None:
    await amir.post("events", event(start=at(9), end=at(12)))
    answer = await meeting_times(lene, signed_in, amir)
    assert answer["emptySuggestionsReason"] == "attendeesUnavailable"
    outside = {"emailAddress": {"address": "x@fabrikam.example"}}
    answer = await meeting_times(lene, signed_in, attendees=[outside])
    assert answer["emptySuggestionsReason"] == "attendeesUnavailableOrUnknown"
    night = {"timeslots": [{"start": at(1), "end": at(3)}]}
    answer = await meeting_times(lene, signed_in, amir, timeConstraint=night)
    assert answer["emptySuggestionsReason"] == "unknown"


async def test_working_hours_are_those_of_the_mailbox(lene: Owner, signed_in: Any) -> None:
    """1 May 2030 is a Wednesday, the 4th a Saturday."""
    hours = {
        "daysOfWeek": ["wednesday"],
        "startTime": "12:00:00",
        "endTime": "13:00:00",
        "timeZone": {"name": PARIS},
    }
    await lene.patch("mailboxSettings", {"workingHours": hours})
    slots = [{"start": at(6, day=day), "end": at(20, day=day)} for day in (1, 2, 4)]
    for domain, days in (("work", ["01"]), ("personal", ["01", "04"])):
        constraint = {"activityDomain": domain, "timeSlots": slots}
        answer = await meeting_times(lene, signed_in, timeConstraint=constraint)
        found = [
            one["meetingTimeSlot"]["start"]["dateTime"] for one in answer["meetingTimeSuggestions"]
        ]
        assert found == [f"2030-05-{day}T10:00:00.0000000" for day in days]


async def test_everything_has_a_default(lene: Owner, signed_in: Any) -> None:
    headers = {**signed_in, "prefer": 'outlook.timezone="Tokyo Standard Time"'}
    answer = await lene.post("findMeetingTimes", {}, status=200, headers=headers)
    first = answer["meetingTimeSuggestions"][0]
    assert first["confidence"] == 100.0
    assert first["meetingTimeSlot"]["start"]["timeZone"] == "Tokyo Standard Time"


@pytest.mark.parametrize(
    "path",
    [
        "reminderView(startDateTime='2030-05-01T00:00:00',endDateTime='2030-05-02T00:00:00')",
        "reminderView(StartDateTime='2030-05-01T00:00:00Z',EndDateTime='2030-05-02T00:00:00Z')",
        "reminderView(startDateTime=2030-05-01T00:00:00.0000000,endDateTime=2030-05-02)",
        "microsoft.graph.reminderView(startDateTime='2030-05-01',endDateTime='2030-05-02')",
        "reminderView(startDateTime=@s,endDateTime=@e)?@s='2030-05-01'&@e='2030-05-02'",
        f"reminderView?{window(1, 2)}",
        f"reminderView()?{window(1, 2)}",
    ],
)
async def test_reminders_are_viewed_however_the_call_is_written(lene: Owner, path: str) -> None:
    made = await lene.post("events", event(reminderMinutesBeforeStart=30))
    await lene.post("events", event(isReminderOn=False))
    await lene.post("events", event(start=at(9, day=3), end=at(10, day=3)))
    answer = await lene.get(path)
    assert answer["@odata.context"].endswith("#Collection(microsoft.graph.reminder)")
    (reminder,) = answer["value"]
    assert set(reminder) == {
        *("eventId", "changeKey", "eventSubject", "eventStartTime", "eventEndTime"),
        *("eventLocation", "eventWebLink", "reminderFireTime"),
    }
    assert reminder["eventId"] == made["id"]
    assert reminder["reminderFireTime"]["dateTime"] == "2030-05-01T09:30:00.0000000"


async def test_reminders_are_put_off_and_dismissed(lene: Owner) -> None:
    made = await lene.post("events", event())
    path = f"reminderView?{window(1, 2)}"
    later = {"NewReminderTime": at(11, zone=PARIS)}
    await lene.post(f"events/{made['id']}/snoozeReminder", later, status=200)
    (reminder,) = (await lene.get(path, headers=IMMUTABLE))["value"]
    assert reminder["reminderFireTime"]["dateTime"] == "2030-05-01T09:00:00.0000000"
    assert reminder["eventId"] != made["id"]
    await lene.post(f"events/{made['id']}/dismissReminder", status=200)
    assert (await lene.get(path))["value"] == []
    refused = await lene.refused("POST", f"events/{made['id']}/snoozeReminder", {})
    assert refused == (400, "ErrorInvalidRequest")


async def test_reminders_need_a_window(lene: Owner) -> None:
    for path in ("reminderView", "reminderView(startDateTime='soon',endDateTime='later')"):
        assert await lene.refused("GET", path) == (400, "ErrorInvalidParameter")
