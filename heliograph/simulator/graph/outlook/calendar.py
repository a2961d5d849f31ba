"""Events of the default calendar (graph-users-api.md, 7). Recurrence is kept, not expanded."""

from dataclasses import replace
from datetime import UTC, datetime

from heliograph.simulator import permissions
from heliograph.simulator.clock import parse
from heliograph.simulator.graph.answers import ACCEPTED, NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.items import (
    check_match,
    items,
    key_of,
    mailbox,
    owner,
    preferred,
    shown,
)
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Calendars.ReadBasic.All")
_WRITE = permissions.mailbox("Calendars.ReadWrite")
_ALL = ("/users/{user}/events", "/users/{user}/calendar/events")
_ONE = tuple(f"{path}/{{event}}" for path in _ALL)
_RESPONSES = {
    "accept": "accepted",
    "tentativelyaccept": "tentativelyAccepted",
    "decline": "declined",
}


@routes.on("GET", *_ALL, needs=_READ)
def list_events(call: Call) -> Answer:
    """The events, latest start first."""
    rows = mailbox(call).events.rows.items()
    return items(call, f"{owner(call)}/events", rows, newest="start/dateTime")


@routes.on("GET", "/users/{user}/calendarView", "/users/{user}/calendar/calendarView", needs=_READ)
def view(call: Call) -> Answer:
    """The events of a window of time, earliest first."""
    start, end = window(call)
    rows = [
        (key, row) for key, row in mailbox(call).events.rows.items() if overlaps(row, start, end)
    ]
    earliest = {"$orderby": "start/dateTime", **call.query}
    return items(replace(call, query=earliest), f"{owner(call)}/calendarView", rows, newest="")


@routes.on("GET", *_ONE, needs=_READ)
def get_event(call: Call) -> Answer:
    """One event."""
    return _answer(call, key_of(call, mailbox(call).events, "event"))


@routes.on("POST", *_ALL, needs=_WRITE)
def create_event(call: Call) -> Answer:
    """A new event; attendees are invited at once."""
    box, body = mailbox(call), call.json()
    mark = body.get("transactionId")
    if mark and any(row.get("transactionId") == mark for row in box.events.rows.values()):
        raise Refused(
            409, "ErrorDuplicateTransactionId", "An event with this transactionId exists already."
        )
    return _answer(call, call.world.calendars.create(box, body), 201)


@routes.on("PATCH", *_ONE, needs=_WRITE)
def update_event(call: Call) -> Answer:
    """A changed event."""
    box = mailbox(call)
    key = key_of(call, box.events, "event")
    check_match(call, box.events.rows[key])
    call.world.calendars.update(box, key, call.json())
    return _answer(call, key)


@routes.on("DELETE", *_ONE, needs=_WRITE)
def delete_event(call: Call) -> Answer:
    """An event gone; the organizer's attendees are told."""
    box = mailbox(call)
    call.world.calendars.remove(box, key_of(call, box.events, "event"))
    return NOTHING


@routes.on("POST", *(f"{path}/cancel" for path in _ONE), needs=_WRITE)
def cancel_event(call: Call) -> Answer:
    """A meeting cancelled by its organizer."""
    box = mailbox(call)
    call.world.calendars.remove(box, key_of(call, box.events, "event"), cancelled=True)
    return ACCEPTED


@routes.on("POST", *(f"{path}/{answer}" for path in _ONE for answer in _RESPONSES), needs=_WRITE)
def respond(call: Call) -> Answer:
    """An invitation answered."""
    box = mailbox(call)
    key = key_of(call, box.events, "event")
    call.world.calendars.respond(box, key, _RESPONSES[call.segments[-1].lower()])
    return ACCEPTED


def window(call: Call) -> tuple[datetime, datetime]:
    """The times between which the caller looks."""
    try:
        return _time(call.query["startDateTime"]), _time(call.query["endDateTime"])
    except (KeyError, ValueError) as error:
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters"
            " StartDateTime and EndDateTime.",
        ) from error


def overlaps(row: Row, start: datetime, end: datetime) -> bool:
    """Whether the event touches the window. Its own zone counts as UTC."""
    begins, ends = _time(row["start"]["dateTime"]), _time(row["end"]["dateTime"])
    return begins < end and ends > start


def _time(text: str) -> datetime:
    bare = text.replace(" ", "+")
    try:
        return parse(bare)
    except ValueError:
        return parse(bare + "Z").astimezone(UTC)


def _answer(call: Call, key: str, status: int = 200) -> Answer:
    row = shown(call, key, mailbox(call).events.rows[key])
    return preferred(call, entity(call, f"{owner(call)}/events", row, status=status))
