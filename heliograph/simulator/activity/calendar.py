"""What happens in calendars."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.activity.choosing import colleague, mailbox, newest, told
from heliograph.simulator.activity.properties import shaped, zoned
from heliograph.simulator.activity.triggers import Happened, Triggers, Wish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.store import Row
from heliograph.simulator.world import World

_DAY = timedelta(days=1)

triggers = Triggers()


@triggers.on("events.created")
def event_created(world: World, wish: Wish) -> Happened:
    """A meeting is made; `attendees` may be a list of addresses or users."""
    box = mailbox(world, wish)
    content = {"subject": "Meeting", **_tomorrow(world), **shaped(world, wish.set)}
    return told(box, box.events, world.outlook.calendars.create(box, content))


@triggers.on("events.updated")
def event_updated(world: World, wish: Wish) -> Happened:
    """A meeting is moved, or changed as the properties say."""
    box, key = _event(world, wish)
    changes = shaped(world, wish.set) if wish.set else _a_day_later(box.events.rows[key])
    world.outlook.calendars.update(box, key, changes)
    return told(box, box.events, key)


@triggers.on("events.deleted")
def event_deleted(world: World, wish: Wish) -> Happened:
    """A meeting is cancelled by its organizer; an attendee takes it out of the calendar."""
    box, key = _event(world, wish)
    before = told(box, box.events, key)
    world.outlook.calendars.remove(box, key, cancelled=box.events.rows[key]["isOrganizer"])
    return before


@triggers.on("events.accepted")
def accepted(world: World, wish: Wish) -> Happened:
    """Someone accepts an invitation."""
    box, key = _invitation(world, wish)
    world.outlook.calendars.respond(box, key, "accepted")
    return told(box, box.events, key)


@triggers.on("events.declined")
def declined(world: World, wish: Wish) -> Happened:
    """Someone declines an invitation."""
    box, key = _invitation(world, wish)
    before = told(box, box.events, key)
    world.outlook.calendars.respond(box, key, "declined")
    return before


def _event(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The event that is meant, else the newest of the user's own; if need be one is made."""
    box = mailbox(world, wish)
    if wish.item:
        return box, box.key_of(box.events, wish.item)
    found = newest(box.events, isOrganizer=True)
    return box, found or event_created(world, Wish(user=box.owner))["immutableId"]


def _invitation(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The invitation that is meant, else the newest; if need be a colleague sends one."""
    box = mailbox(world, wish)
    if wish.item:
        return box, box.key_of(box.events, wish.item)
    found = newest(box.events, isOrganizer=False)
    if not found:
        asking = Wish(user=colleague(world, box), set={"attendees": [box.owner]})
        event_created(world, asking)
        found = newest(box.events, isOrganizer=False)
    return box, found


def _tomorrow(world: World) -> Mapping[str, Any]:
    """An hour of the coming day, as an event's start and end."""
    start = (world.clock.now() + _DAY).replace(minute=0, second=0)
    return {"start": zoned(start), "end": zoned(start + timedelta(hours=1))}


def _a_day_later(row: Row) -> Mapping[str, Any]:
    return {name: _later(row[name]) for name in ("start", "end")}


def _later(time: Mapping[str, str]) -> Mapping[str, str]:
    moved = datetime.fromisoformat(time["dateTime"][:19]) + _DAY
    return {**time, "dateTime": moved.isoformat()}
