"""Groups, their members and their owners (graph-users-api.md, 5)."""

from collections.abc import Iterator, Mapping
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.directory.roles import (
    DIRECTORY_WRITERS,
    GLOBAL_ADMINISTRATOR,
    GROUPS_ADMINISTRATOR,
    USER_ADMINISTRATOR,
)
from heliograph.simulator.graph.answers import NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import bound, read, referenced
from heliograph.simulator.graph.directory.expand import with_relations
from heliograph.simulator.graph.directory.guards import acting_roles
from heliograph.simulator.graph.directory.kinds import GROUP_DELEGATED, GROUPS
from heliograph.simulator.graph.directory.query import Source, collection, counted
from heliograph.simulator.graph.directory.related import listing_of
from heliograph.simulator.graph.directory.relations import objects
from heliograph.simulator.graph.directory.shown import shower
from heliograph.simulator.graph.directory.users import created
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.permissions import held, worth
from heliograph.simulator.refusals import Refused, bad_request, no_access
from heliograph.simulator.store import Row

routes = Routes()

MOST_BOUND = 20

_READ = permissions.directory("Group.ReadBasic.All")
_READ_MEMBERS = permissions.directory("GroupMember.ReadBasic.All")
_READ_OWNERS = permissions.directory("GroupMember.Read.All")
_WRITE = permissions.directory("Group.ReadWrite.All")
_CREATE = permissions.Needs(
    app=("Group.Create", "Group.ReadWrite.All"),
    delegated=("Group.ReadWrite.All",),
    own=("Group.ReadWrite.All",),
)
_MEMBERS = permissions.directory("GroupMember.ReadWrite.All")
_MEMBER_TYPES = ("user", "group", "servicePrincipal", "device", "orgContact")
_ADMINISTRATORS = frozenset(
    (GLOBAL_ADMINISTRATOR, GROUPS_ADMINISTRATOR, DIRECTORY_WRITERS, USER_ADMINISTRATOR)
)


@routes.on("GET", "/groups", needs=_READ)
def list_groups(call: Call) -> Answer:
    """The living groups."""
    show = with_relations(call, GROUPS, shower(call, GROUPS))
    return collection(call, (GROUPS,), _groups(call), context="groups", show=show)


@routes.on("GET", "/groups/$count", needs=_READ)
def count_groups(call: Call) -> Answer:
    """How many groups there are."""
    return counted(call, (GROUPS,), _groups(call))


@routes.on("GET", "/groups/{group}", needs=_READ)
def get_group(call: Call) -> Answer:
    """One group."""
    row = call.world.directory.group(call.params["group"])
    return entity(call, "groups", with_relations(call, GROUPS, shower(call, GROUPS))(row))


@routes.on("POST", "/groups", needs=_CREATE)
def create_group(call: Call) -> Answer:
    """A new group, with the members and owners that the caller binds."""
    body = call.json()
    members, owners = bound(body, "members"), bound(body, "owners")
    if len(members) + len(owners) > MOST_BOUND:
        raise bad_request(f"At most {MOST_BOUND} references can be bound at once.")
    if call.signed_in and not owners:
        owners = [call.signed_in]
    if not owners and "Group.ReadWrite.All" not in worth(held(call.claims)):
        raise no_access(mailbox=False)
    properties = read(call, GROUPS)
    _check_rights(call, properties)
    row = call.world.groups.create(properties, members=members, owners=owners)
    return created(call, "groups", shower(call, GROUPS)(row))


@routes.on("PATCH", "/groups/{group}", needs=_MEMBERS)
def update_group(call: Call) -> Answer:
    """A changed group, or one with more members."""
    group, members = _writable(call), bound(call.json(), "members")
    changes = read(call, GROUPS)
    if changes and "Group.ReadWrite.All" not in worth(held(call.claims)):
        raise no_access(mailbox=False)
    _check_rights(call, changes)
    if members:
        call.world.groups.add_members(group["id"], members)
    if changes:
        call.world.groups.update(group["id"], changes)
    return NOTHING


@routes.on("DELETE", "/groups/{group}", needs=_WRITE)
def delete_group(call: Call) -> Answer:
    """A group in the bin; what is only for security is gone at once, on the real Graph."""
    call.world.directory.delete(_writable(call))
    return NOTHING


@listing_of(routes, "/groups/{group}/members", needs=_READ_MEMBERS, casts=_MEMBER_TYPES)
def members(call: Call) -> Source:
    """The direct members."""
    return _roster(call, call.world.directory.group(call.params["group"])["id"])


@listing_of(routes, "/groups/{group}/transitiveMembers", needs=_READ_MEMBERS, casts=_MEMBER_TYPES)
def all_members(call: Call) -> Source:
    """The members, also those of groups in the group."""
    directory = call.world.directory
    return objects(
        call, directory.memberships.all_members(directory.group(call.params["group"])["id"])
    )


@listing_of(routes, "/groups/{group}/memberOf", needs=_READ, casts=("group",))
def groups_above(call: Call) -> Source:
    """The groups that the group is a direct member of."""
    directory = call.world.directory
    return objects(call, directory.memberships.groups(directory.group(call.params["group"])["id"]))


@listing_of(routes, "/groups/{group}/transitiveMemberOf", needs=_READ, casts=("group",))
def all_groups_above(call: Call) -> Source:
    """The groups that the group is a member of, also through others."""
    directory = call.world.directory
    group = directory.group(call.params["group"])["id"]
    return objects(call, directory.memberships.all_groups(group))


@listing_of(routes, "/groups/{group}/owners", needs=_READ_OWNERS, casts=("user",))
def owners(call: Call) -> Source:
    """The owners."""
    directory = call.world.directory
    return objects(call, directory.owners.members(directory.group(call.params["group"])["id"]))


@routes.on("POST", "/groups/{group}/members/$ref", needs=_MEMBERS)
def add_member(call: Call) -> Answer:
    """One more member."""
    call.world.groups.add_members(_writable(call)["id"], [referenced(call.json())])
    return NOTHING


@routes.on("DELETE", "/groups/{group}/members/{member}/$ref", needs=_MEMBERS)
def remove_member(call: Call) -> Answer:
    """One member less."""
    call.world.groups.remove_member(_writable(call)["id"], call.params["member"])
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


@routes.on("POST", "/groups/{group}/owners/$ref", needs=_WRITE)
def add_owner(call: Call) -> Answer:
    """One more owner."""
    call.world.groups.add_owner(_writable(call)["id"], referenced(call.json()))
    return NOTHING


@routes.on("DELETE", "/groups/{group}/owners/{owner}/$ref", needs=_WRITE)
def remove_owner(call: Call) -> Answer:
    """One owner less."""
    call.world.groups.remove_owner(_writable(call)["id"], call.params["owner"])
    return NOTHING


def _writable(call: Call) -> Row:
    """The group of the path, which the caller may change: by a role, or as its owner."""
    group = call.world.directory.group(call.params["group"])
    if group.get("isAssignableToRole"):
        _check_role_permission(call)
    if call.signed_in:
        is_owner = call.signed_in in call.world.directory.owners.members(group["id"])
        if not is_owner and _ADMINISTRATORS.isdisjoint(acting_roles(call)):
            raise no_access(mailbox=False)
    return group


def _check_rights(call: Call, properties: Mapping[str, Any]) -> None:
    """Refuse properties that need more, or a signed-in user."""
    if properties.get("isAssignableToRole"):
        _check_role_permission(call)
    if GROUP_DELEGATED & set(properties) and not call.signed_in:
        raise no_access(mailbox=False)


def _check_role_permission(call: Call) -> None:
    if "RoleManagement.ReadWrite.Directory" not in worth(held(call.claims)):
        raise no_access(mailbox=False)


def _groups(call: Call) -> Source:
    directory = call.world.directory

    def find(name: str) -> Row | None:
        row = directory.groups.rows.get(name.lower())
        return row if row is not None and directory.is_seen(row["id"]) else None

    return Source(
        walk=lambda at: (
            (place, row) for place, key, row in directory.groups.walk(at) if directory.is_seen(key)
        ),
        total=lambda: len(directory.groups.rows),
        find=find,
    )


def _roster(call: Call, group: str) -> Source:
    """The members of a group, looked up as they are asked for: there may be very many."""
    directory = call.world.directory
    roster = directory.memberships.members(group)

    def walk(at: int) -> Iterator[tuple[int, Row]]:
        for place, key in roster.walk(at):
            row = directory.find(key)
            if row is not None:
                yield place, row

    return Source(walk=walk)
