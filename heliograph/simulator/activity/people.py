"""What happens in the directory: people and groups."""

import re
from itertools import count
from typing import Any
from unicodedata import normalize

from heliograph.simulator.activity.triggers import Happened, Triggers, Wish
from heliograph.simulator.refusals import no_object
from heliograph.simulator.store import Row, Table
from heliograph.simulator.world import World

_FOREIGN = re.compile(r"[^a-z0-9-]")

triggers = Triggers()


@triggers.on("users.created")
def user_created(world: World, wish: Wish) -> Happened:
    """Someone is hired."""
    display = str(wish.set.get("displayName", "New Hire"))
    names = display.split() or [display]
    nick = str(wish.set.get("mailNickname") or _free_name(world, _plain(names)))
    row = world.accounts.create(
        {
            "accountEnabled": True,
            "displayName": display,
            "givenName": names[0],
            "surname": names[-1],
            "mailNickname": nick,
            "userPrincipalName": f"{nick}@{world.tenant.domain}",
            "passwordProfile": {"password": "Simulated-1234"},
            **wish.set,
        },
        is_licensed=True,
    )
    return _user(row)


@triggers.on("users.updated")
def user_updated(world: World, wish: Wish) -> Happened:
    """Someone's properties change; `manager` (an id, or null) among them."""
    row = _someone(world, wish)
    changes = dict(wish.set)
    if "manager" in changes:
        world.accounts.set_manager(row["id"], changes.pop("manager"))
    elif not changes:
        changes["department"] = "Sales" if row.get("department") == "Legal" else "Legal"
    return _user(world.accounts.update(row["id"], changes) if changes else row)


@triggers.on("users.deleted")
def user_deleted(world: World, wish: Wish) -> Happened:
    """Someone's account goes to the bin, for 30 days."""
    row = _someone(world, wish)
    world.directory.delete(row)
    return _user(row)


@triggers.on("users.restored")
def user_restored(world: World, wish: Wish) -> Happened:
    """Someone comes back from the bin."""
    return _user(world.directory.restore(_binned_user(world, wish)))


@triggers.on("users.purged")
def user_purged(world: World, wish: Wish) -> Happened:
    """Someone in the bin is removed for good."""
    row = world.directory.binned(_binned_user(world, wish))
    world.directory.purge(row["id"])
    return _user(row)


@triggers.on("groups.created")
def group_created(world: World, wish: Wish) -> Happened:
    """A group is made."""
    name = str(wish.set.get("displayName", "New Group"))
    required = {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": "".join(name.lower().split()),
        "securityEnabled": True,
    }
    return _group(world.groups.create({**required, **wish.set}))


@triggers.on("groups.updated")
def group_updated(world: World, wish: Wish) -> Happened:
    """A group's properties change."""
    row = _some_group(world, wish)
    changes = wish.set or {"description": f"Edited after change {world.store.sequence}"}
    return _group(world.groups.update(row["id"], changes))


@triggers.on("groups.deleted")
def group_deleted(world: World, wish: Wish) -> Happened:
    """A group goes to the bin, for 30 days."""
    row = _some_group(world, wish)
    world.directory.delete(row)
    return _group(row)


@triggers.on("groups.restored")
def group_restored(world: World, wish: Wish) -> Happened:
    """A group comes back from the bin."""
    return _group(world.directory.restore(_binned_group(world, wish)))


@triggers.on("groups.purged")
def group_purged(world: World, wish: Wish) -> Happened:
    """A group in the bin is removed for good."""
    row = world.directory.binned(_binned_group(world, wish))
    world.directory.purge(row["id"])
    return _group(row)


@triggers.on("groups.member_added")
def member_added(world: World, wish: Wish) -> Happened:
    """Someone joins a group."""
    group = _some_group(world, wish)
    members = world.directory.memberships.members(group["id"])
    if wish.user:
        user = world.directory.user_id(wish.user)
    else:
        others = (id_ for id_ in reversed(world.directory.users.rows) if id_ not in members)
        user = next(others, "") or user_created(world, Wish())["id"]
    world.groups.add_members(group["id"], [user])
    return {**_group(group), "user": user}


@triggers.on("groups.member_removed")
def member_removed(world: World, wish: Wish) -> Happened:
    """Someone leaves a group."""
    group = _some_group(world, wish)
    members = world.directory.memberships.members(group["id"])
    if wish.user:
        user = world.directory.user_id(wish.user)
    else:
        user = next(reversed(members), "") or member_added(world, wish)["user"]
    world.groups.remove_member(group["id"], user)
    return {**_group(group), "user": user}


def _someone(world: World, wish: Wish) -> Row:
    """The user that is meant, else the newest."""
    if wish.user:
        return world.directory.user(wish.user)
    return _newest(world.directory.users) or world.directory.user(user_created(world, Wish())["id"])


def _some_group(world: World, wish: Wish) -> Row:
    """The group that is meant by its id or display name, else the newest."""
    if not wish.group:
        return _newest(world.directory.groups) or world.directory.group(
            group_created(world, Wish())["id"]
        )
    rows = world.directory.groups.rows
    name = wish.group.lower()
    if name in rows:
        return rows[name]
    found = next((row for row in rows.values() if row["displayName"].lower() == name), None)
    if found is None:
        raise no_object(wish.group)
    return found


def _binned_user(world: World, wish: Wish) -> str:
    """The id of the user in the bin that is meant, else the last; if need be one is put there."""
    found = wish.user or _last_binned(world, world.directory.users)
    return found or str(user_deleted(world, wish)["id"])


def _binned_group(world: World, wish: Wish) -> str:
    """The id of the group in the bin that is meant, else the last; if need be one is put there."""
    found = wish.group or _last_binned(world, world.directory.groups)
    return found or str(group_deleted(world, wish)["id"])


def _last_binned(world: World, table: Table) -> str:
    rows = reversed(world.directory.bin.values())
    return next((str(row["id"]) for row in rows if world.directory.table_of(row) is table), "")


def _newest(table: Table) -> Row | None:
    return next((row for _, row in table.backwards()), None)


def _plain(names: list[str]) -> str:
    """*names* in the letters that an address may have: what is beyond them goes, accents too."""
    parts = (normalize("NFKD", name).encode("ascii", "ignore").decode().lower() for name in names)
    return ".".join(filter(None, (_FOREIGN.sub("", part) for part in parts))) or "new.hire"


def _free_name(world: World, nick: str) -> str:
    """*nick*, or *nick* with the first number under which nobody is known."""
    for number in count(1):
        name = nick if number == 1 else f"{nick}{number}"
        if world.directory.by_address(f"{name}@{world.tenant.domain}") is None:
            return name
    raise AssertionError("counting has no end")


def _user(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "userPrincipalName": row["userPrincipalName"]}


def _group(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "displayName": row["displayName"]}
