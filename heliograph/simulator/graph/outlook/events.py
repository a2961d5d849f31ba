"""Events: listed, read, made, changed, answered, called off (graph-users-api.md, 7, K7 to K16)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import ACCEPTED, NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook import calendars, paths
from heliograph.simulator.graph.outlook.attachments import expand_attachments
from heliograph.simulator.graph.outlook.calendar_kinds import EVENT, RESPONSE
from heliograph.simulator.graph.outlook.calendars import calendar_id
from heliograph.simulator.graph.outlook.extended import extended
from heliograph.simulator.graph.outlook.kinds import EXTENDED_NAMES, OUTLOOK
from heliograph.simulator.graph.outlook.lists import (
    Listing,
    collection,
    count,
    mailbox,
    owner,
    parameters,
)
from heliograph.simulator.graph.outlook.views import Lens, View, answered, check_match
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.event_content import WRITABLE
from heliograph.simulator.outlook.mailbox import missing
from heliograph.simulator.outlook.times import query_time
from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Calendars.ReadBasic.All")
_READ_WHOLE = permissions.mailbox("Calendars.Read")
_READ_MAIL = permissions.mailbox("Mail.Read")
_WRITE = permissions.mailbox("Calendars.ReadWrite")
_CREATABLE = WRITABLE | {"transactionId", "attachments"}
_RESPONSES = {
    "accept": "accepted",
    "tentativelyaccept": "tentativelyAccepted",
    "decline": "declined",
}
_LONGEST_VIEW = timedelta(days=1_825)
_NOT_IN_VIEWS = ("createddatetime", "lastmodifieddatetime")


def _expand_calendar(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    del key
    lens = Lens(replace(call, query=options), calendars.VIEW)
    found = mailbox(call).calendars.rows[row["calendarId"]]
    return lens.show(found["id"], found)


def _expand_exceptions(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    del row
    lens = Lens(replace(call, query=options), VIEW)
    found = call.world.outlook.events.exceptions(mailbox(call), key)
    return [lens.show(each, seen(call, other)) for each, other in found]


_EXTENDED = EXTENDED_NAMES.split()
VIEW = View(
    kind=EVENT,
    expands={
        "attachments": expand_attachments,
        "calendar": _expand_calendar,
        "exceptionoccurrences": _expand_exceptions,
        **{name.lower(): extended(name) for name in _EXTENDED},
    },
    whole=frozenset({"body", "bodyPreview", "attachments", *_EXTENDED}),
    needs="Calendars.Read",
)
_LISTING = Listing(view=VIEW, order="start/dateTime desc")
_WINDOW = Listing(view=VIEW, order="start/dateTime")


def expand_event(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    """The event that a message is about; None where it is gone."""
    del key
    box, events = mailbox(call), call.world.outlook.events
    found = events.existing(box, row.get("eventKey") or "")
    if found is None:
        return None
    lens = Lens(replace(call, query=options), VIEW)
    return lens.show(found, seen(call, events.row(box, found)))


@routes.on("GET", *paths.EVENTS, needs=_READ)
def list_events(call: Call) -> Answer:
    """The single events and the masters of series, latest start first."""
    return collection(call, _LISTING, _context(call, "events"), _rows(call))


@routes.on("GET", *paths.below(paths.EVENTS, "$count"), needs=_READ)
def count_events(call: Call) -> Answer:
    """How many there are."""
    return count(call, _LISTING, _rows(call))


@routes.on("GET", *paths.VIEWS, needs=_READ)
def view(call: Call) -> Answer:
    """What happens in a window of time, earliest first: occurrences stand for their series."""
    box, (start, end) = mailbox(call), window(call)
    found = call.world.outlook.events.between(box, start, end, calendar=calendar_id(call))
    rows = [(key, seen(call, row)) for key, row in found]
    names = call.query.get("$select", "").split(",")
    kept = ",".join(name for name in names if name.strip().lower() not in _NOT_IN_VIEWS)
    asked = replace(call, query={**call.query, "$select": kept}) if kept else call
    return collection(asked, _WINDOW, _context(call, "calendarView"), rows)


@routes.on("GET", *paths.below(paths.EVENT, "instances"), needs=_READ)
def list_instances(call: Call) -> Answer:
    """The occurrences of a series in a window of time."""
    box, key = mailbox(call), found(call)
    start, end = window(call)
    events = call.world.outlook.events
    if events.row(box, key)["type"] != "seriesMaster":
        raise Refused(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. The event must be a recurring series master.",
        )
    rows = [(each, seen(call, row)) for each, row in events.instances(box, key, start, end)]
    context = f"{owner(call)}/events('{call.params['event']}')/instances"
    return collection(call, _WINDOW, context, rows)


@routes.on("GET", *paths.EVENT, needs=_READ)
def get_event(call: Call) -> Answer:
    """One event or occurrence."""
    return _answer(call, found(call))


@routes.on("GET", *paths.below(paths.EVENT, "calendar"), needs=_READ)
def get_calendar_of_event(call: Call) -> Answer:
    """The calendar that an event stands in."""
    row = call.world.outlook.events.row(mailbox(call), found(call))
    calendar = mailbox(call).calendars.rows[row["calendarId"]]
    context = f"{owner(call)}/calendars"
    return answered(call, calendars.VIEW, context, calendar["id"], calendar)


@routes.on("GET", *paths.below(paths.MESSAGE, "event", "eventMessage/event"), needs=_READ_MAIL)
def get_event_of_message(call: Call) -> Answer:
    """The event that a message is about."""
    box = mailbox(call)
    row = box.messages.rows[box.key_of(box.messages, call.params["message"])]
    key = call.world.outlook.events.existing(box, row.get("eventKey") or "")
    if key is None:
        raise no_item()
    return _answer(call, key)


@routes.on("POST", *paths.EVENTS, needs=_WRITE)
def create_event(call: Call) -> Answer:
    """A new event; attendees are invited at once."""
    given = OUTLOOK.read(EVENT, call.json())
    content = {name: value for name, value in given.items() if name in _CREATABLE}
    calendar = calendar_id(call)
    made = call.world.outlook.calendars.create(mailbox(call), content, calendar=calendar)
    return _answer(call, made, status=201)


@routes.on("PATCH", *paths.EVENT, needs=_WRITE)
def update_event(call: Call) -> Answer:
    """A changed event; an occurrence becomes an exception of its series."""
    box, key = mailbox(call), found(call)
    check_match(call, call.world.outlook.events.row(box, key))
    changes = OUTLOOK.read(EVENT, call.json())
    call.world.outlook.calendars.update(box, key, changes)
    return _answer(call, key)


@routes.on("DELETE", *paths.EVENT, needs=_WRITE)
@routes.on("POST", *paths.below(paths.EVENT, "permanentDelete"), needs=_WRITE)
def delete_event(call: Call) -> Answer:
    """An event gone; the organizer's attendees are told."""
    call.world.outlook.calendars.remove(mailbox(call), found(call))
    return NOTHING


@routes.on("POST", *paths.below(paths.EVENT, "cancel"), needs=_WRITE)
def cancel_event(call: Call) -> Answer:
    """A meeting cancelled by its organizer."""
    comment = str(_asked(call).get("comment") or "")
    calendars_ = call.world.outlook.calendars
    calendars_.remove(mailbox(call), found(call), cancelled=True, comment=comment)
    return ACCEPTED


@routes.on("POST", *paths.below(paths.EVENT, *_RESPONSES), needs=_WRITE)
def respond(call: Call) -> Answer:
    """An invitation answered."""
    asked = _asked(call)
    word = _RESPONSES[call.segments[-1].rpartition(".")[2].lower()]
    proposed = asked.get("proposedNewTime")
    if proposed and word == "accepted":
        raise Refused(
            400, "ErrorInvalidRequest", "A new time cannot be proposed with an acceptance."
        )
    call.world.outlook.calendars.respond(
        mailbox(call),
        found(call),
        word,
        comment=str(asked.get("comment") or ""),
        is_told=asked.get("sendResponse") is not False,
        proposed=proposed,
    )
    return ACCEPTED


@routes.on("POST", *paths.below(paths.EVENT, "forward"), needs=_READ_WHOLE)
def forward(call: Call) -> Answer:
    """A meeting handed on to others, who are invited."""
    people = _asked(call).get("toRecipients") or []
    if not people:
        raise Refused(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    call.world.outlook.calendars.forward(mailbox(call), found(call), people)
    return ACCEPTED


@routes.on("POST", *paths.below(paths.EVENT, "dismissReminder"), needs=_WRITE)
def dismiss_reminder(call: Call) -> Answer:
    """No more reminder of an event."""
    call.world.outlook.calendars.dismiss_reminder(mailbox(call), found(call))
    return Answer(status=200)


@routes.on("POST", *paths.below(paths.EVENT, "snoozeReminder"), needs=_WRITE)
def snooze_reminder(call: Call) -> Answer:
    """The reminder of an event put off."""
    until = _asked(call).get("newReminderTime")
    if not until:
        raise Refused(400, "ErrorInvalidRequest", "The newReminderTime is missing.")
    call.world.outlook.calendars.snooze_reminder(mailbox(call), found(call), until)
    return Answer(status=200)


def found(call: Call) -> str:
    """The key of the event that the path names, which stands in the calendar that it names."""
    box, events = mailbox(call), call.world.outlook.events
    key = events.find(box, call.params["event"])
    if _names_calendar(call) and events.row(box, key)["calendarId"] != calendar_id(call):
        raise missing(call.params["event"])
    return key


def window(call: Call) -> tuple[datetime, datetime]:
    """The times between which the caller looks."""
    try:
        start, end = query_time(call.query["startDateTime"]), query_time(call.query["endDateTime"])
    except (KeyError, ValueError) as error:
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters"
            " StartDateTime and EndDateTime.",
        ) from error
    if end < start:
        raise Refused(
            400, "ErrorInvalidParameter", "The endDateTime is expected not to be before the start."
        )
    if end - start > _LONGEST_VIEW:
        raise Refused(
            400,
            "ErrorCalendarViewRangeTooBig",
            f"The specified view range exceeds the maximum range of {_LONGEST_VIEW.days} days.",
        )
    return start, end


def seen(call: Call, row: Row) -> Row:
    """An event whose link to its series is of the form of ids that the caller wants."""
    more: dict[str, Any] = {}
    if call.immutable_ids and row.get("seriesMasterKey"):
        more["seriesMasterId"] = row["seriesMasterKey"]
    return {**row, **more} if more else row


def _rows(call: Call) -> list[tuple[str, Row]]:
    """The events of the calendar that the path names, of all where it names none."""
    calendar = calendar_id(call) if _names_calendar(call) else None
    rows = mailbox(call).events.backwards()
    return [
        (key, row)
        for key, row in rows
        if row["type"] != "exception" and calendar in {None, row["calendarId"]}
    ]


def _names_calendar(call: Call) -> bool:
    return call.segments[2].lower() in {"calendar", "calendars", "calendargroups"}


def _asked(call: Call) -> dict[str, Any]:
    return OUTLOOK.read(RESPONSE, parameters(call))


def _context(call: Call, name: str) -> str:
    place = f"/calendars('{call.params['calendar']}')" if "calendar" in call.params else ""
    if not place and name == "calendarView":
        place = "/calendar"
    return f"{owner(call)}{place}/{name}"


def _answer(call: Call, key: str, *, status: int = 200) -> Answer:
    row = seen(call, call.world.outlook.events.row(mailbox(call), key))
    if "exceptionoccurrences" in call.query.get("$select", "").lower():
        row = {**row, "exceptionOccurrences": _expand_exceptions(call, key, row, {})}
    return answered(call, VIEW, f"{owner(call)}/events", key, row, status=status)
