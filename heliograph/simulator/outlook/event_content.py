"""What an event holds: from what its writer gave to the form in which it is stored.

Times lie in UTC, with the zones that they were given in beside them; whole days float.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.outlook.attachments import Attachments, shows_any
from heliograph.simulator.outlook.bodies import preview
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.people import Person, address_of
from heliograph.simulator.outlook.recurrence import checked
from heliograph.simulator.outlook.series import first_times
from heliograph.simulator.outlook.times import (
    NO_TIME,
    in_utc,
    in_zone,
    moment,
    wall,
    written,
    zone_name,
)
from heliograph.simulator.outlook.zones import zone
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

WRITABLE = frozenset(
    (
        *("subject", "body", "start", "end", "isAllDay", "location", "locations", "attendees"),
        *("recurrence", "categories", "importance", "sensitivity", "showAs", "isReminderOn"),
        *("reminderMinutesBeforeStart", "responseRequested", "allowNewTimeProposals"),
        *("hideAttendees", "isOnlineMeeting", "onlineMeetingProvider"),
        *("singleValueExtendedProperties", "multiValueExtendedProperties"),
    )
)
_TIMES = frozenset({"start", "end", "isAllDay", "recurrence"})
NO_ANSWER = {"response": "none", "time": NO_TIME}

_LONGEST = timedelta(days=5 * 365)
_NOWHERE = {"displayName": "", "locationType": "default", "uniqueIdType": "unknown"}
_EMPTY: Mapping[str, Any] = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "isAllDay": False,
    "isCancelled": False,
    "isDraft": False,
    "isOrganizer": True,
    "isReminderOn": True,
    "isOnlineMeeting": False,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "recurrence": None,
    "seriesMasterId": None,
    "onlineMeeting": None,
    "onlineMeetingUrl": None,
    "onlineMeetingProvider": "unknown",
    "location": _NOWHERE,
    "locations": [],
    "attendees": [],
    "responseStatus": {"response": "organizer", "time": NO_TIME},
}


class EventContent:
    """Shapes what is written into calendars."""

    def __init__(self, boxes: Mailboxes, attachments: Attachments) -> None:
        self._boxes = boxes
        self._attachments = attachments

    def new(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A new event, complete but for its ids, its calendar and its organizer."""
        attachments = self._attachments.made(given.get("attachments") or ())
        row = {
            **_EMPTY,
            **given,
            "attachments": attachments,
            "hasAttachments": shows_any(attachments),
        }
        row |= {"bodyPreview": preview(row["body"]), **_times(row, given)}
        return {**row, **self._shaped(row, given, known=())}

    def changed(self, before: Row, changes: Mapping[str, Any]) -> dict[str, Any]:
        """*changes* of the event *before*, with all that follows from them."""
        for name in changes:
            if name not in WRITABLE:
                text = f"Set action is invalid for property '{name}'."
                raise Refused(400, "ErrorInvalidPropertySet", text)
        known = before["attendees"]
        row = {**before, **changes}
        times = _times(row, changes) if _TIMES & set(changes) else {}
        return {**changes, **times, **self._shaped(row, changes, known=known)}

    def _shaped(
        self, row: Mapping[str, Any], given: Mapping[str, Any], *, known: Iterable[Person]
    ) -> dict[str, Any]:
        shaped: dict[str, Any] = {}
        if "body" in given:
            shaped["bodyPreview"] = preview(row["body"])
        if {"location", "locations"} & set(given):
            shaped |= _places(given)
        if "attendees" in given:
            before = {address_of(each): each for each in known}
            shaped["attendees"] = [self._attendee(each, before) for each in given["attendees"]]
        if "isOnlineMeeting" in given:
            shaped |= self._online(row)
        return shaped

    def _attendee(self, given: Person, known: Mapping[str, Person]) -> dict[str, Any]:
        address = address_of(given)
        if "@" not in address:
            raise Refused(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
        entry = dict(given["emailAddress"])
        if not entry.get("name"):
            box = self._boxes.reached_by(address)
            person = None if box is None else self._boxes.person(box)["emailAddress"]
            entry["name"] = person["name"] if person else entry["address"]
        status = (known.get(address) or {}).get("status") or NO_ANSWER
        return {"type": "required", **given, "status": status, "emailAddress": entry}

    def _online(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Where an online meeting is joined. It stays one of its kind."""
        if row["onlineMeeting"]:
            return {"isOnlineMeeting": True}
        if not row["isOnlineMeeting"]:
            return {}
        provider = row["onlineMeetingProvider"]
        thread = f"19%3ameeting_{self._boxes.ids.mark()}%40thread.v2"
        return {
            "onlineMeetingProvider": "teamsForBusiness" if provider == "unknown" else provider,
            "onlineMeeting": {"joinUrl": f"https://teams.microsoft.com/l/meetup-join/{thread}/0"},
        }


def _times(row: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The times of an event in UTC, and of a series the pattern that they follow."""
    start, end = _as_given(row, given, "start"), _as_given(row, given, "end")
    found = _whole_days(start, end) if row["isAllDay"] else _moments(start, end)
    zones = {
        "originalStartTimeZone": zone_name(start),
        "originalEndTimeZone": zone_name(end),
    }
    if row.get("type") in {"occurrence", "exception"}:
        return {**found, **zones}
    if not row["recurrence"]:
        return {**found, **zones, "type": "singleInstance", "recurrence": None}
    recurrence = _recurrence(row, given, start)
    times = first_times({**row, **found, "recurrence": recurrence})
    return {**zones, "type": "seriesMaster", "recurrence": recurrence, **times}


def _as_given(row: Mapping[str, Any], given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The start or the end as it was written: now, or when the event was made."""
    value = given.get(name)
    if value:
        return dict(value)
    if not row.get(name):
        raise Refused(
            400, "ErrorPropertyValidationFailure", "At least one property failed validation."
        )
    place = row[f"original{name.title()}TimeZone"]
    return written(wall(row[name]), place) if row["isAllDay"] else in_zone(moment(row[name]), place)


def _moments(start: Mapping[str, Any], end: Mapping[str, Any]) -> dict[str, Any]:
    length = moment(end) - moment(start)
    if length < timedelta(0):
        raise Refused(
            400,
            "ErrorCalendarEndDateIsEarlierThanStartDate",
            "EndDate is earlier than StartDate.",
        )
    if length > _LONGEST:
        raise Refused(400, "ErrorCalendarDurationIsTooLong", "Duration is too long.")
    return {"start": in_utc(moment(start)), "end": in_utc(moment(end))}


def _recurrence(
    row: Mapping[str, Any], given: Mapping[str, Any], start: Mapping[str, Any]
) -> dict[str, Any]:
    """The pattern of a series: as it is given, or as it is, from another start."""
    pattern, span = row["recurrence"].get("pattern"), dict(row["recurrence"].get("range") or {})
    if "recurrence" not in given:
        span["startDate"] = wall(start).date().isoformat()
    name = span.get("recurrenceTimeZone") or zone_name(start)
    first = moment(start).astimezone(zone(name)).date()
    day = wall(start).date() if row["isAllDay"] else first
    return checked({"pattern": pattern, "range": span}, start=day, zone=name)


def _whole_days(start: Mapping[str, Any], end: Mapping[str, Any]) -> dict[str, Any]:
    first, last = wall(start), wall(end)
    if any(each != datetime.combine(each.date(), datetime.min.time()) for each in (first, last)):
        raise Refused(
            400,
            "ErrorPropertyValidationFailure",
            "The Event.Start and Event.End property for an all-day event needs to be set to"
            " midnight.",
        )
    if last - first < timedelta(days=1) or zone_name(start) != zone_name(end):
        raise Refused(
            400,
            "ErrorPropertyValidationFailure",
            "The duration of an all-day event is expected to be at least 24 hours, in one zone.",
        )
    return {"start": written(first, "UTC"), "end": written(last, "UTC")}


def _places(given: Mapping[str, Any]) -> dict[str, Any]:
    places = given.get("locations") or ([given["location"]] if given.get("location") else [])
    complete = [_place(each) for each in places if each.get("displayName")]
    if not complete:
        return {"location": _NOWHERE, "locations": []}
    if len(complete) == 1:
        return {"location": complete[0], "locations": complete}
    names = "; ".join(each["displayName"] for each in complete)
    return {"location": _place({"displayName": names}), "locations": complete}


def _place(given: Mapping[str, Any]) -> dict[str, Any]:
    fresh = {"locationType": "default", "uniqueId": given["displayName"], "uniqueIdType": "private"}
    return {**fresh, **{name: value for name, value in given.items() if value is not None}}
