"""What happens in mailboxes: mail, meetings and contacts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.activity.properties import person, shaped, zoned
from heliograph.simulator.activity.triggers import Happened, Triggers, Wish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.refusals import Refused, no_mailbox
from heliograph.simulator.store import Row, Table
from heliograph.simulator.world import World

_STRANGER = "someone@fabrikam.example"
_DAY = timedelta(days=1)

triggers = Triggers()


@triggers.on("messages.received")
def received(world: World, wish: Wish) -> Happened:
    """Mail arrives from outside; `from`, `subject` and `body` may be plain texts."""
    box = _box(world, wish)
    given = shaped(world, {"from": _STRANGER, "subject": "Hello", "body": "", **wish.set})
    content = {"sender": given["from"], "toRecipients": [person(world, box.owner)], **given}
    return _item(box, box.messages, world.outlook.mail.receive(box, content))


@triggers.on("messages.sent")
def sent(world: World, wish: Wish) -> Happened:
    """Someone writes to `toRecipients`: addresses or users; without any, to a colleague."""
    box = _box(world, wish)
    to = [_colleague(world, box)]
    content = shaped(world, {"subject": "Hello", "body": "", "toRecipients": to, **wish.set})
    world.outlook.mail.send(box, content)
    return _item(box, box.messages, next(reversed(box.messages.rows)))


@triggers.on("messages.read")
def read(world: World, wish: Wish) -> Happened:
    """A mail is read; with `isRead` false it is marked unread."""
    box, key = _message(world, wish)
    world.outlook.mail.update(box, key, {"isRead": True, **wish.set})
    return _item(box, box.messages, key)


@triggers.on("messages.updated")
def message_updated(world: World, wish: Wish) -> Happened:
    """A mail is flagged, or changed as the properties say."""
    box, key = _message(world, wish)
    world.outlook.mail.update(
        box, key, shaped(world, wish.set or {"flag": {"flagStatus": "flagged"}})
    )
    return _item(box, box.messages, key)


@triggers.on("messages.moved")
def moved(world: World, wish: Wish) -> Happened:
    """A mail is moved to another `folder`: an id or a well-known name."""
    box, key = _message(world, wish)
    world.outlook.mail.move(box, key, str(wish.set.get("folder", "archive")))
    return _item(box, box.messages, key)


@triggers.on("messages.deleted")
def message_deleted(world: World, wish: Wish) -> Happened:
    """A mail is deleted: it moves to Deleted Items, and from there out of sight."""
    box, key = _message(world, wish)
    before = _item(box, box.messages, key)
    world.outlook.mail.delete(box, key)
    return before


@triggers.on("events.created")
def event_created(world: World, wish: Wish) -> Happened:
    """A meeting is made; `attendees` may be a list of addresses or users."""
    box = _box(world, wish)
    content = {"subject": "Meeting", **_tomorrow(world), **shaped(world, wish.set)}
    return _item(box, box.events, world.outlook.calendars.create(box, content))


@triggers.on("events.updated")
def event_updated(world: World, wish: Wish) -> Happened:
    """A meeting is moved, or changed as the properties say."""
    box, key = _event(world, wish)
    changes = shaped(world, wish.set) if wish.set else _a_day_later(box.events.rows[key])
    world.outlook.calendars.update(box, key, changes)
    return _item(box, box.events, key)


@triggers.on("events.deleted")
def event_deleted(world: World, wish: Wish) -> Happened:
    """A meeting is cancelled by its organizer; an attendee takes it out of the calendar."""
    box, key = _event(world, wish)
    before = _item(box, box.events, key)
    world.outlook.calendars.remove(box, key, cancelled=box.events.rows[key]["isOrganizer"])
    return before


@triggers.on("events.accepted")
def accepted(world: World, wish: Wish) -> Happened:
    """Someone accepts an invitation."""
    box, key = _invitation(world, wish)
    world.outlook.calendars.respond(box, key, "accepted")
    return _item(box, box.events, key)


@triggers.on("events.declined")
def declined(world: World, wish: Wish) -> Happened:
    """Someone declines an invitation."""
    box, key = _invitation(world, wish)
    before = _item(box, box.events, key)
    world.outlook.calendars.respond(box, key, "declined")
    return before


@triggers.on("contacts.created")
def contact_created(world: World, wish: Wish) -> Happened:
    """A contact is entered."""
    box = _box(world, wish)
    usual = {
        "givenName": "Nadia",
        "surname": "Costa",
        "companyName": "Fabrikam",
        "emailAddresses": ["nadia.costa@fabrikam.example"],
    }
    content = shaped(world, wish.set or usual)
    return _item(box, box.contacts, world.outlook.contacts.create(box, content))


@triggers.on("contacts.updated")
def contact_updated(world: World, wish: Wish) -> Happened:
    """A contact changes."""
    box, key = _contact(world, wish)
    world.outlook.contacts.update(box, key, shaped(world, wish.set or {"jobTitle": "Buyer"}))
    return _item(box, box.contacts, key)


@triggers.on("contacts.deleted")
def contact_deleted(world: World, wish: Wish) -> Happened:
    """A contact is removed."""
    box, key = _contact(world, wish)
    before = _item(box, box.contacts, key)
    world.outlook.contacts.remove(box, key)
    return before


def _box(world: World, wish: Wish) -> Mailbox:
    """The mailbox of the user that is meant, else the first that there is."""
    if wish.user:
        return world.outlook.boxes.of(wish.user)
    for id_ in world.directory.users.rows:
        try:
            return world.outlook.boxes.of(id_)
        except Refused:
            continue
    raise no_mailbox()


def _message(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The message that is meant, else the newest in the inbox; if need be one arrives."""
    box = _box(world, wish)
    if wish.item:
        return box, box.key_of(box.messages, wish.item)
    inbox = box.well_known["inbox"]
    found = _newest(box.messages, parentFolderId=inbox)
    return box, found or received(world, Wish(user=box.owner))["immutableId"]


def _event(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The event that is meant, else the newest of the user's own; if need be one is made."""
    box = _box(world, wish)
    if wish.item:
        return box, box.key_of(box.events, wish.item)
    found = _newest(box.events, isOrganizer=True)
    return box, found or event_created(world, Wish(user=box.owner))["immutableId"]


def _invitation(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The invitation that is meant, else the newest; if need be a colleague sends one."""
    box = _box(world, wish)
    if wish.item:
        return box, box.key_of(box.events, wish.item)
    found = _newest(box.events, isOrganizer=False)
    if not found:
        asking = Wish(user=_colleague(world, box), set={"attendees": [box.owner]})
        event_created(world, asking)
        found = _newest(box.events, isOrganizer=False)
    return box, found


def _contact(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The contact that is meant, else the newest; if need be one is made."""
    box = _box(world, wish)
    if wish.item:
        return box, box.key_of(box.contacts, wish.item)
    found = _newest(box.contacts)
    return box, found or contact_created(world, Wish(user=box.owner))["immutableId"]


def _colleague(world: World, box: Mailbox) -> str:
    """The first other user who has a mailbox."""
    for id_ in world.directory.users.rows:
        if id_ != box.owner:
            try:
                return world.outlook.boxes.of(id_).owner
            except Refused:
                continue
    raise no_mailbox()


def _newest(table: Table, **wanted: object) -> str:
    """The key of the newest row that has the *wanted* properties; empty without one."""
    for key, row in reversed(table.rows.items()):
        if all(row.get(name) == value for name, value in wanted.items()):
            return key
    return ""


def _tomorrow(world: World) -> Mapping[str, Any]:
    """An hour of the coming day, as an event's start and end."""
    start = (world.clock.now() + _DAY).replace(minute=0, second=0)
    return {"start": zoned(start), "end": zoned(start + timedelta(hours=1))}


def _a_day_later(row: Row) -> Mapping[str, Any]:
    return {name: _later(row[name]) for name in ("start", "end")}


def _later(time: Mapping[str, str]) -> Mapping[str, str]:
    moved = datetime.fromisoformat(time["dateTime"][:19]) + _DAY
    return {**time, "dateTime": moved.isoformat()}


def _item(box: Mailbox, table: Table, key: str) -> Happened:
    row: Row = table.rows[key]
    return {"id": row["id"], "immutableId": key, "user": box.owner}
