"""Groups and their members, and the bin of the directory (graph-users-api.md, 4.1 and 5)."""

from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING, entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.odata import (
    directory_filter,
    ordered,
    searched,
    token_page,
    top,
    wants_count,
)
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.graph.users import referenced, related, selection, shaper, typed
from heliograph.simulator.refusals import Refused, bad_request, no_object
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.directory("Group.ReadBasic.All")
_READ_MEMBERS = permissions.directory("GroupMember.ReadBasic.All")
_WRITE = permissions.directory("Group.ReadWrite.All")
_CREATE = permissions.directory("Group.Create")
_MEMBERS = permissions.directory("GroupMember.ReadWrite.All")
_BIN_READ = permissions.directory("User.Read.All")
_BIN_WRITE = permissions.directory("User.DeleteRestore.All", "User.ReadWrite.All")


@routes.on("GET", "/groups", needs=_READ)
def list_groups(call: Call) -> Answer:
    """The living groups."""
    claim, found = directory_filter(call), searched(call)
    rows = [
        row
        for row in call.world.directory.groups.rows.values()
        if (claim is None or claim.holds(row)) and found(row)
    ]
    part, link = token_page(call, ordered(call, rows), size=top(call, default=100, most=999))
    count = len(rows) if wants_count(call) and call.is_eventual else None
    seen = [selection(call, row) for row in part]
    return listing(call, "groups", seen, next_link=link, count=count)


@routes.on("GET", "/groups/{group}", needs=_READ)
def get_group(call: Call) -> Answer:
    """One group."""
    return entity(call, "groups", selection(call, call.world.directory.group(call.params["group"])))


@routes.on("POST", "/groups", needs=_CREATE)
def create_group(call: Call) -> Answer:
    """A new group, with the members that the caller bound."""
    body = call.json()
    members = _bound(body)
    row = call.world.directory.create_group(body)
    if members:
        call.world.directory.add_members(row["id"], members)
    return entity(call, "groups", row, status=201)


@routes.on("PATCH", "/groups/{group}", needs=_MEMBERS)
def update_group(call: Call) -> Answer:
    """A changed group, or one with more members."""
    body = call.json()
    group, members = call.params["group"], _bound(body)
    call.world.directory.group(group)
    if members:
        call.world.directory.add_members(group, members)
    changes = {name: value for name, value in body.items() if "@odata" not in name}
    if changes:
        call.world.directory.update_group(group, changes)
    return NOTHING


@routes.on("DELETE", "/groups/{group}", needs=_WRITE)
def delete_group(call: Call) -> Answer:
    """A group in the bin."""
    call.world.directory.delete_group(call.params["group"])
    return NOTHING


@routes.on(
    "GET",
    "/groups/{group}/members",
    "/groups/{group}/members/graph.user",
    "/groups/{group}/transitiveMembers",
    needs=_READ,
)
def list_members(call: Call) -> Answer:
    """The direct members."""
    directory = call.world.directory
    key = directory.group(call.params["group"])["id"]
    return related(call, directory.members.get(key, {}))


@routes.on("POST", "/groups/{group}/members/$ref", needs=_MEMBERS)
def add_member(call: Call) -> Answer:
    """One more member."""
    call.world.directory.add_members(call.params["group"], [referenced(call.json())])
    return NOTHING


@routes.on("DELETE", "/groups/{group}/members/{member}/$ref", needs=_MEMBERS)
def remove_member(call: Call) -> Answer:
    """One member less."""
    call.world.directory.remove_member(call.params["group"], call.params["member"])
    return NOTHING


@routes.on("DELETE", "/groups/{group}/members/{member}", needs=_MEMBERS)
def delete_through_group(call: Call) -> Answer:
    """Refused loudly: on the real Graph this deletes the member itself."""
    raise Refused(
        400,
        "Request_BadRequest",
        f"Without /$ref this call deletes the object {call.params['member']} itself."
        " Add /$ref to end the membership.",
    )


@routes.on(
    "GET",
    "/directory/deletedItems/microsoft.graph.user",
    "/directory/deletedItems/graph.user",
    needs=_BIN_READ,
)
def list_deleted_users(call: Call) -> Answer:
    """The users in the bin."""
    rows = [row for row in call.world.directory.bin.values() if "userPrincipalName" in row]
    return _deleted(call, "users", [shaper(call)(row) for row in _wanted(call, rows)])


@routes.on(
    "GET",
    "/directory/deletedItems/microsoft.graph.group",
    "/directory/deletedItems/graph.group",
    needs=_READ,
)
def list_deleted_groups(call: Call) -> Answer:
    """The groups in the bin."""
    rows = [row for row in call.world.directory.bin.values() if "userPrincipalName" not in row]
    return _deleted(call, "groups", [selection(call, row) for row in _wanted(call, rows)])


@routes.on("GET", "/directory/deletedItems", needs=_BIN_READ)
def list_deleted(_: Call) -> Answer:
    """Refused: the type must be named."""
    raise bad_request("The type cast of deletedItems is required, e.g. microsoft.graph.user.")


@routes.on("GET", "/directory/deletedItems/{id}", needs=_BIN_READ)
def get_deleted(call: Call) -> Answer:
    """One object in the bin."""
    row = call.world.directory.binned(call.params["id"])
    return entity(call, "directoryObjects", typed(call, row))


@routes.on("POST", "/directory/deletedItems/{id}/restore", needs=_BIN_WRITE)
def restore(call: Call) -> Answer:
    """The object, alive again."""
    row = call.world.directory.restore(call.params["id"])
    return entity(call, "directoryObjects", typed(call, row))


@routes.on("DELETE", "/directory/deletedItems/{id}", needs=_BIN_WRITE)
def purge(call: Call) -> Answer:
    """The object, gone for good."""
    call.world.directory.purge(call.params["id"])
    return NOTHING


@routes.on("GET", "/directoryObjects/{id}", needs=_BIN_READ)
def get_object(call: Call) -> Answer:
    """A user or a group."""
    row = call.world.directory.object(call.params["id"])
    return entity(call, "directoryObjects", typed(call, row))


def _wanted(call: Call, rows: list[Row]) -> list[Row]:
    claim = directory_filter(call)
    return ordered(call, (row for row in rows if claim is None or claim.holds(row)))


def _deleted(call: Call, context: str, rows: list[Row]) -> Answer:
    part, link = token_page(call, rows, size=top(call, default=100, most=999))
    return listing(call, context, part, next_link=link)


def _bound(body: dict[str, Any]) -> list[str]:
    links = body.get("members@odata.bind") or []
    if not isinstance(links, list) or len(links) > 20:
        raise bad_request("Expected at most 20 members.")
    ids = [referenced({"@odata.id": link}) for link in links]
    if any(not id_ for id_ in ids):
        raise no_object("")
    return ids
