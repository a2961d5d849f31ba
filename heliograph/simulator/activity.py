"""What people in the tenant do by themselves, on command: the script of a working day.

It goes through the same rules as the API, and so through the same store.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from heliograph.simulator.outlook.mail import recipient
from heliograph.simulator.world import World

Wish = Mapping[str, Any]
Doing = Callable[[World, Wish], dict[str, Any]]


def perform(world: World, wish: Wish) -> dict[str, Any]:
    """Do what *wish* names as its `action`; the answer holds the id of what it was done to.

    Raises ValueError for an action that is not known, Refused where Graph's rules forbid it.
    """
    name = str(wish.get("action", ""))
    if name not in ACTIONS:
        raise ValueError(f"action: one of {', '.join(ACTIONS)} is expected, got {name[:50]!r}")
    try:
        return ACTIONS[name](world, wish)
    except KeyError as error:
        raise ValueError(f"{name}: {error} is missing") from error


def _create_user(world: World, wish: Wish) -> dict[str, Any]:
    given = dict(wish.get("properties", {}))
    display = given.get("displayName", "New Hire")
    nick = given.get("mailNickname") or ".".join(display.lower().split())
    row = world.directory.create_user(
        {
            "accountEnabled": True,
            "displayName": display,
            "givenName": display.split()[0],
            "surname": display.split()[-1],
            "mailNickname": nick,
            "userPrincipalName": f"{nick}@{world.tenant.domain}",
            "passwordProfile": {"password": "Simulated-1234"},
            **given,
        }
    )
    return {"id": row["id"], "userPrincipalName": row["userPrincipalName"]}


def _update_user(world: World, wish: Wish) -> dict[str, Any]:
    return {"id": world.directory.update_user(wish["user"], wish["properties"])["id"]}


def _delete_user(world: World, wish: Wish) -> dict[str, Any]:
    id_ = world.directory.user_id(wish["user"])
    world.directory.delete_user(id_)
    return {"id": id_}


def _restore_user(world: World, wish: Wish) -> dict[str, Any]:
    return {"id": world.directory.restore(wish["user"])["id"]}


def _purge_user(world: World, wish: Wish) -> dict[str, Any]:
    world.directory.purge(wish["user"])
    return {"id": wish["user"]}


def _set_manager(world: World, wish: Wish) -> dict[str, Any]:
    world.directory.set_manager(wish["user"], wish.get("manager"))
    return {"id": world.directory.user_id(wish["user"])}


def _create_group(world: World, wish: Wish) -> dict[str, Any]:
    name = str(wish.get("displayName", "New Group"))
    required = {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": "".join(name.lower().split()),
        "securityEnabled": True,
    }
    return {"id": world.directory.create_group({**required, **wish.get("properties", {})})["id"]}


def _update_group(world: World, wish: Wish) -> dict[str, Any]:
    return {"id": world.directory.update_group(wish["group"], wish["properties"])["id"]}


def _add_member(world: World, wish: Wish) -> dict[str, Any]:
    world.directory.add_members(wish["group"], [world.directory.user_id(wish["user"])])
    return {"id": wish["group"]}


def _remove_member(world: World, wish: Wish) -> dict[str, Any]:
    world.directory.remove_member(wish["group"], world.directory.user_id(wish["user"]))
    return {"id": wish["group"]}


def _receive_mail(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    user = world.directory.users.rows[box.owner]
    sender = recipient(wish.get("from", "someone@fabrikam.example"), wish.get("fromName", ""))
    content = {
        "subject": wish.get("subject", "Hello"),
        "body": {"contentType": "text", "content": wish.get("body", "")},
        "from": sender,
        "sender": sender,
        "toRecipients": [recipient(user["mail"], user["displayName"])],
        **wish.get("properties", {}),
    }
    return _item(box.messages.rows, world.mail.receive(box, content))


def _read_mail(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    key = box.key_of(box.messages, wish["message"])
    world.mail.update(box, key, {"isRead": wish.get("isRead", True)})
    return _item(box.messages.rows, key)


def _move_mail(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    key = box.key_of(box.messages, wish["message"])
    world.mail.move(box, key, wish.get("folder", "archive"))
    return _item(box.messages.rows, key)


def _delete_mail(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    world.mail.delete(box, box.key_of(box.messages, wish["message"]))
    return {"id": wish["message"]}


def _create_meeting(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    start = world.clock.now() + timedelta(hours=float(wish.get("inHours", 24)))
    users = [world.directory.user(name) for name in wish.get("attendees", ())]
    content = {
        "subject": wish.get("subject", "Meeting"),
        **_times(start.replace(minute=0, second=0, microsecond=0, tzinfo=None).isoformat()),
        "attendees": [recipient(user["mail"], user["displayName"]) for user in users],
        **wish.get("properties", {}),
    }
    return _item(box.events.rows, world.calendars.create(box, content))


def _move_meeting(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    key = box.key_of(box.events, wish["event"])
    changes = wish.get("properties") or {}
    if not changes:
        start = world.clock.now() + timedelta(hours=float(wish.get("inHours", 48)))
        changes = _times(start.replace(minute=0, second=0, microsecond=0, tzinfo=None).isoformat())
    world.calendars.update(box, key, changes)
    return _item(box.events.rows, key)


def _cancel_meeting(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    world.calendars.remove(box, box.key_of(box.events, wish["event"]), cancelled=True)
    return {"id": wish["event"]}


def _create_contact(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    content = wish.get("properties") or {
        "givenName": "Nadia",
        "surname": "Costa",
        "companyName": "Fabrikam",
        "emailAddresses": [{"name": "Nadia Costa", "address": "nadia.costa@fabrikam.example"}],
    }
    return _item(box.contacts.rows, world.contacts.create(box, content))


def _update_contact(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    key = box.key_of(box.contacts, wish["contact"])
    world.contacts.update(box, key, wish["properties"])
    return _item(box.contacts.rows, key)


def _delete_contact(world: World, wish: Wish) -> dict[str, Any]:
    box = world.boxes.of(wish["user"])
    world.contacts.remove(box, box.key_of(box.contacts, wish["contact"]))
    return {"id": wish["contact"]}


ACTIONS: Mapping[str, Doing] = {
    "user.create": _create_user,
    "user.update": _update_user,
    "user.delete": _delete_user,
    "user.restore": _restore_user,
    "user.purge": _purge_user,
    "manager.set": _set_manager,
    "group.create": _create_group,
    "group.update": _update_group,
    "group.add_member": _add_member,
    "group.remove_member": _remove_member,
    "mail.receive": _receive_mail,
    "mail.read": _read_mail,
    "mail.move": _move_mail,
    "mail.delete": _delete_mail,
    "meeting.create": _create_meeting,
    "meeting.move": _move_meeting,
    "meeting.cancel": _cancel_meeting,
    "contact.create": _create_contact,
    "contact.update": _update_contact,
    "contact.delete": _delete_contact,
}


def _item(rows: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {"id": rows[key]["id"], "immutableId": key}


def _times(start: str) -> dict[str, Any]:
    hour, rest = int(start[11:13]), start[13:]
    end = f"{start[:11]}{min(hour + 1, 23):02d}{rest if hour < 23 else ':59:00'}"
    return {
        "start": {"dateTime": start, "timeZone": "UTC"},
        "end": {"dateTime": end, "timeZone": "UTC"},
    }
