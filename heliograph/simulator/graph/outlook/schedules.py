"""Free and busy times, times to meet, reminders (graph-users-api.md, 7, K17 to K19)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import preferred
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import mailbox, parameters
from heliograph.simulator.graph.outlook.views import web_link, zoned
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.schedules import Busy, Candidate, Question
from heliograph.simulator.outlook.times import duration, in_utc, in_zone, moment, query_time
from heliograph.simulator.outlook.zones import zone
from heliograph.simulator.permissions import held, worth
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

routes = Routes()

_READ_BASIC = permissions.mailbox("Calendars.ReadBasic.All")
_READ = permissions.mailbox("Calendars.Read")
_READ_SHARED = permissions.Needs(
    own=("Calendars.Read.Shared",), delegated=("Calendars.Read.Shared",), of_mailbox=True
)

_MOST_SCHEDULES = 20
_LONGEST_SCHEDULE = timedelta(days=62)
_INTERVALS = range(5, 1_441)
_DEFAULT_SPAN = timedelta(days=7)
_DEFAULT_CANDIDATES = 20
_REASON = "Suggested because it is one of the nearest times when all attendees are available."

OUTLOOK.words("activityDomain", "unknown work personal unrestricted")
OUTLOOK.kind("attendeeBase", "type: attendeeType\n emailAddress: emailAddress")
OUTLOOK.kind("timeConstraint", "activityDomain: activityDomain\n timeSlots: timeSlot[]")
_SCHEDULE = OUTLOOK.kind(
    "getSchedule",
    """
    schedules: String[]
    startTime endTime: dateTimeTimeZone
    availabilityViewInterval: Int32
    """,
)
_MEETING = OUTLOOK.kind(
    "findMeetingTimes",
    """
    attendees: attendeeBase[]
    locationConstraint: Any
    timeConstraint: timeConstraint
    meetingDuration: Duration
    maxCandidates: Int32
    isOrganizerOptional returnSuggestionReasons: Boolean
    minimumAttendeePercentage: Double
    """,
)


@routes.on(
    "POST",
    "/users/{user}/calendar/getSchedule",
    "/users/{user}/calendars/{calendar}/getSchedule",
    needs=_READ_BASIC,
)
def get_schedule(call: Call) -> Answer:
    """When each of some people is busy. Who is not known is told in his own entry."""
    mailbox(call)
    asked = OUTLOOK.read(_SCHEDULE, parameters(call))
    start, end, step = _schedule_window(asked)
    addresses = asked.get("schedules") or []
    if not addresses or len(addresses) > _MOST_SCHEDULES:
        text = f"1 to {_MOST_SCHEDULES} schedules are expected, got {len(addresses)}."
        raise Refused(400, "ErrorInvalidRequest", text)
    name = _zone_name(call)
    value = [_schedule(call, address, (start, end, step), name) for address in addresses]
    context = call.metadata("Collection(microsoft.graph.scheduleInformation)")
    return _answer(call, {"@odata.context": context, "value": value})


@routes.on("POST", "/users/{user}/findMeetingTimes", needs=_READ_SHARED)
def find_meeting_times(call: Call) -> Answer:
    """The times at which the caller and others could meet, the likeliest first."""
    asked = OUTLOOK.read(_MEETING, parameters(call))
    found, reason = call.world.outlook.schedules.meeting_times(
        mailbox(call), _question(call, asked)
    )
    suggestions = [_suggestion(call, asked, at, one) for at, one in enumerate(found, start=1)]
    context = call.metadata("microsoft.graph.meetingTimeSuggestionsResult")
    body = {
        "@odata.context": context,
        "emptySuggestionsReason": reason,
        "meetingTimeSuggestions": suggestions,
    }
    return _answer(call, body)


@routes.on("GET", "/users/{user}/reminderView()", needs=_READ)
def view_reminders(call: Call) -> Answer:
    """The reminders of what happens in a window of time."""
    box = mailbox(call)
    start, end = _reminder_window(call)
    events = call.world.outlook.events
    found = [
        entry
        for calendar in box.calendars.rows
        for entry in events.between(box, start, end, calendar=calendar)
    ]
    rows = [
        (key, row)
        for key, row in found
        if row["isReminderOn"] and not row.get("reminderDismissed") and not row["isCancelled"]
    ]
    rows.sort(key=lambda entry: str(entry[1]["start"]["dateTime"]))
    context = call.metadata("Collection(microsoft.graph.reminder)")
    value = [_reminder(call, key, row) for key, row in rows]
    return _answer(call, {"@odata.context": context, "value": value})


def _schedule_window(asked: Mapping[str, Any]) -> tuple[datetime, datetime, timedelta]:
    if not asked.get("startTime") or not asked.get("endTime"):
        raise Refused(400, "ErrorInvalidRequest", "A startTime and an endTime are expected.")
    start, end = moment(asked["startTime"]), moment(asked["endTime"])
    if end <= start:
        raise Refused(
            400, "ErrorInvalidTimeInterval", "The end time is expected to be after the start time."
        )
    if end - start > _LONGEST_SCHEDULE:
        raise Refused(
            400,
            "ErrorTimeIntervalTooBig",
            f"The requested time window is expected to be {_LONGEST_SCHEDULE.days} days at most.",
        )
    interval = asked.get("availabilityViewInterval") or 30
    if interval not in _INTERVALS:
        raise Refused(
            400,
            "ErrorInvalidMergedFreeBusyInterval",
            "The interval is expected to be between 5 and 1440 minutes.",
        )
    return start, end, timedelta(minutes=interval)


def _schedule(
    call: Call, address: str, window: tuple[datetime, datetime, timedelta], name: str
) -> dict[str, Any]:
    box, (start, end, step) = call.world.outlook.boxes.reached_by(address), window
    if box is None:
        message = f"Unable to resolve e-mail address {address} to an Active Directory object."
        error = {"message": message, "responseCode": "ErrorMailRecipientNotFound"}
        return {"scheduleId": address, "scheduleItems": [], "error": error}
    schedules = call.world.outlook.schedules
    busy = schedules.busy(box, start, end)
    shows_all = "Calendars.Read" in worth(held(call.claims))
    return {
        "scheduleId": address,
        "availabilityView": schedules.view(busy, start, end, step),
        "scheduleItems": [_item(each, name, shows_all=shows_all) for each in busy],
        "workingHours": call.world.outlook.settings.get(box)["workingHours"],
    }


def _item(busy: Busy, name: str, *, shows_all: bool) -> dict[str, Any]:
    row = busy.row
    shown: dict[str, Any] = {
        "isPrivate": row["sensitivity"] in {"private", "confidential"},
        "status": busy.status,
        "start": zoned(row["start"], name, is_all_day=row["isAllDay"]),
        "end": zoned(row["end"], name, is_all_day=row["isAllDay"]),
    }
    if shows_all:
        shown |= {"subject": row["subject"], "location": row["location"]["displayName"]}
    return shown


def _question(call: Call, asked: Mapping[str, Any]) -> Question:
    constraint = asked.get("timeConstraint") or {}
    slots = constraint.get("timeSlots") or ()
    spans = [(moment(slot["start"]), moment(slot["end"])) for slot in slots if _is_whole(slot)]
    people = asked.get("attendees") or ()
    addresses = [str((one.get("emailAddress") or {}).get("address") or "") for one in people]
    domain = constraint.get("activityDomain")
    least = asked.get("minimumAttendeePercentage")
    return Question(
        attendees=list(dict.fromkeys(filter(None, addresses))),
        spans=spans or [_next_days(call)],
        long=max(duration(asked.get("meetingDuration") or "PT30M"), timedelta(minutes=1)),
        domain=domain if domain in {"personal", "unrestricted"} else "work",
        least=50.0 if least is None else least,
        most=asked.get("maxCandidates") or _DEFAULT_CANDIDATES,
        needs_organizer=not asked.get("isOrganizerOptional"),
    )


def _is_whole(slot: Mapping[str, Any]) -> bool:
    if not slot.get("start") or not slot.get("end"):
        raise Refused(400, "ErrorInvalidRequest", "A time slot has a start and an end.")
    return True


def _next_days(call: Call) -> tuple[datetime, datetime]:
    now = call.world.clock.now()
    first = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return first, first + _DEFAULT_SPAN


def _suggestion(call: Call, asked: Mapping[str, Any], at: int, one: Candidate) -> dict[str, Any]:
    name = _zone_name(call)
    kinds = {
        str((who.get("emailAddress") or {}).get("address")): who.get("type") or "required"
        for who in asked.get("attendees") or ()
    }
    return {
        "confidence": one.confidence,
        "order": at,
        "organizerAvailability": one.organizer,
        "suggestionReason": _REASON if asked.get("returnSuggestionReasons") else "",
        "meetingTimeSlot": {"start": in_zone(one.start, name), "end": in_zone(one.end, name)},
        "attendeeAvailability": [
            {
                "availability": status,
                "attendee": {"type": kinds[address], "emailAddress": {"address": address}},
            }
            for address, status in one.attendees.items()
        ],
        "locations": _locations(asked),
    }


def _locations(asked: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    given = asked.get("locationConstraint")
    known = (
        {name.lower(): value for name, value in given.items()} if isinstance(given, dict) else {}
    )
    return [
        {
            "displayName": place.get("displayName"),
            "locationEmailAddress": place.get("locationEmailAddress"),
        }
        for place in known.get("locations") or ()
    ]


def _reminder_window(call: Call) -> tuple[datetime, datetime]:
    start, end = call.argument("startDateTime"), call.argument("endDateTime")
    try:
        return query_time(start or ""), query_time(end or "")
    except ValueError as error:
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "reminderView is expected to have a startDateTime and an endDateTime in ISO 8601.",
        ) from error


def _reminder(call: Call, key: str, row: Row) -> dict[str, Any]:
    name, early = _zone_name(call), timedelta(minutes=row["reminderMinutesBeforeStart"])
    fires = row.get("remindAt") or in_utc(moment(row["start"]) - early)
    return {
        "eventId": key if call.immutable_ids else row["id"],
        "changeKey": row["changeKey"],
        "eventSubject": row["subject"],
        "eventStartTime": zoned(row["start"], name, is_all_day=row["isAllDay"]),
        "eventEndTime": zoned(row["end"], name, is_all_day=row["isAllDay"]),
        "eventLocation": row["location"],
        "eventWebLink": web_link(row),
        "reminderFireTime": zoned(fires, name),
    }


def _zone_name(call: Call) -> str:
    name = call.preference("outlook.timezone") or "UTC"
    zone(name)
    return name


def _answer(call: Call, body: Mapping[str, Any]) -> Answer:
    name = call.preference("outlook.timezone")
    return preferred(Answer(body=body), f'outlook.timezone="{name}"' if name else "")
