"""Users, their managers and reports, and what they are members of (graph-users-api.md, 4)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING, entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.odata import (
    directory_filter,
    next_page,
    ordered,
    position,
    searched,
    selected,
    token_page,
    top,
    wants_count,
)
from heliograph.simulator.graph.properties import (
    USER_COLLECTIONS,
    USER_DEFAULTS,
    USER_PROPERTIES,
    USER_WRITABLE,
)
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import Refused, bad_request, no_object

routes = Routes()

_LIST = permissions.directory("User.ReadBasic.All")
_READ = permissions.directory("User.ReadBasic.All", own=("User.Read",))
_WRITE = permissions.directory("User.ReadWrite.All", own=("User.ReadWrite",))
_DELETE = permissions.directory("User.DeleteRestore.All", "User.ReadWrite.All")
_REVOKE = permissions.directory("User.RevokeSessions.All")
_MEMBERSHIPS = permissions.directory(
    "User.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", own=("User.Read",)
)

Row = Mapping[str, Any]


@routes.on("GET", "/users", needs=_READ)
def list_users(call: Call) -> Answer:
    """The living users, page by page."""
    size, wanted, shown = top(call, default=100, most=999), _wanted(call), shaper(call)
    rows = call.world.directory.users.rows
    if "$orderby" in call.query or "$search" in call.query:
        found = ordered(call, (row for row in rows.values() if wanted(row)))
        part, link = token_page(call, found, size=size)
    else:
        part, link = _next_users(call, wanted, size)
    count = None
    if wants_count(call) and call.is_eventual:
        count = sum(1 for row in rows.values() if wanted(row))
    return listing(call, "users", [shown(row) for row in part], next_link=link, count=count)


def _next_users(call: Call, wanted: Callable[[Row], bool], size: int) -> tuple[Sequence[Row], str]:
    """A page in the order of arrival. It costs what it holds, however many users there are."""
    table, at = call.world.directory.users, position(call)
    found: list[Row] = []
    while at < len(table.order) and len(found) < size:
        row = table.rows.get(table.order[at])
        at += 1
        if row is not None and wanted(row):
            found.append(row)
    return found, next_page(call, at) if at < len(table.order) else ""


def _wanted(call: Call) -> Callable[[Row], bool]:
    claim, found = directory_filter(call), searched(call)
    return lambda row: (claim is None or claim.holds(row)) and found(row)


@routes.on("GET", "/users/$count", needs=_READ)
def count_users(call: Call) -> Answer:
    """How many users live."""
    if not call.is_eventual:
        raise bad_request("$count is not currently supported.")
    wanted = _wanted(call)
    return Answer(
        body=str(sum(1 for row in call.world.directory.users.rows.values() if wanted(row)))
    )


@routes.on("GET", "/users/{user}", needs=_READ)
def get_user(call: Call) -> Answer:
    """One user."""
    row = call.world.directory.user(call.params["user"])
    return entity(call, "users", expanded(call, row))


@routes.on("POST", "/users", needs=_WRITE)
def create_user(call: Call) -> Answer:
    """A new user; only the default properties come back."""
    properties = call.json()
    _check_properties(properties)
    row = call.world.directory.create_user(properties)
    answer = entity(call, "users", _defaults(row), status=201)
    return Answer(
        status=201, body=answer.body, headers={"location": call.link(f"/users/{row['id']}", {})}
    )


@routes.on("PATCH", "/users/{user}", needs=_WRITE)
def update_user(call: Call) -> Answer:
    """A changed user."""
    changes = call.json()
    _check_properties(changes)
    for name in ("displayName", "mail", "userPrincipalName"):
        if name in changes and not changes[name]:
            raise bad_request(f"Invalid value specified for property '{name}' of resource 'User'.")
    call.world.directory.update_user(call.params["user"], changes)
    return NOTHING


@routes.on("DELETE", "/users/{user}", needs=_DELETE)
def delete_user(call: Call) -> Answer:
    """A user in the bin."""
    call.world.directory.delete_user(call.params["user"])
    return NOTHING


@routes.on("GET", "/users/{user}/manager", needs=_READ)
def get_manager(call: Call) -> Answer:
    """The manager, else 404."""
    directory = call.world.directory
    manager = directory.managers.get(directory.user_id(call.params["user"]))
    if manager is None or manager not in directory.users.rows:
        raise no_object("manager")
    return entity(call, "directoryObjects", typed(call, directory.users.rows[manager]))


@routes.on("PUT", "/users/{user}/manager/$ref", needs=_WRITE)
def set_manager(call: Call) -> Answer:
    """Another manager."""
    call.world.directory.set_manager(call.params["user"], referenced(call.json()))
    return NOTHING


@routes.on("DELETE", "/users/{user}/manager/$ref", needs=_WRITE)
def remove_manager(call: Call) -> Answer:
    """No manager any more."""
    call.world.directory.set_manager(call.params["user"], None)
    return NOTHING


@routes.on("GET", "/users/{user}/directReports", needs=_READ)
def list_reports(call: Call) -> Answer:
    """Whose manager the user is."""
    directory = call.world.directory
    keys = directory.reports.get(directory.user_id(call.params["user"]), {})
    return related(call, keys)


@routes.on(
    "GET",
    "/users/{user}/memberOf",
    "/users/{user}/memberOf/graph.group",
    "/users/{user}/transitiveMemberOf",
    needs=_MEMBERSHIPS,
)
def list_memberships(call: Call) -> Answer:
    """The groups of the user."""
    directory = call.world.directory
    keys = directory.memberships.get(directory.user_id(call.params["user"]), {})
    return related(call, keys)


@routes.on("POST", "/users/{user}/checkMemberGroups", needs=_MEMBERSHIPS)
def check_memberships(call: Call) -> Answer:
    """Which of the groups named the user is in."""
    directory = call.world.directory
    wanted = call.json().get("groupIds")
    if not isinstance(wanted, list) or len(wanted) > 20:
        raise bad_request("Expected at most 20 groupIds.")
    present = directory.memberships.get(directory.user_id(call.params["user"]), {})
    context = f"{call.origin}/v1.0/$metadata#Collection(Edm.String)"
    value = [group for group in wanted if str(group).lower() in present]
    return Answer(body={"@odata.context": context, "value": value})


@routes.on("POST", "/users/{user}/revokeSignInSessions", needs=_REVOKE)
def revoke_sessions(call: Call) -> Answer:
    """All sessions of the user ended."""
    call.world.directory.revoke_sessions(call.params["user"])
    return Answer(
        body={"@odata.context": f"{call.origin}/v1.0/$metadata#Edm.Boolean", "value": True}
    )


def related(call: Call, keys: Mapping[str, object]) -> Answer:
    """The living objects under *keys*, of mixed types, page by page."""
    directory = call.world.directory
    found = [directory.users.rows.get(key) or directory.groups.rows.get(key) for key in keys]
    rows = [row for row in found if row is not None]
    part, link = token_page(call, rows, size=top(call, default=100, most=999))
    return listing(call, "directoryObjects", [typed(call, row) for row in part], next_link=link)


def typed(call: Call, row: Row) -> Row:
    """A user or group as a directory object: with its type."""
    is_user = "userPrincipalName" in row
    kind = "user" if is_user else "group"
    shown = shaper(call)(row) if is_user else selection(call, row)
    return {"@odata.type": f"#microsoft.graph.{kind}", **shown}


def selection(call: Call, row: Row) -> Row:
    """The selected properties of *row*, all where none are named."""
    names = selected(call)
    return {name: row.get(name) for name in dict.fromkeys(("id", *names))} if names else row


def shaper(call: Call) -> Callable[[Row], Row]:
    """What turns a user into the properties that the caller gets."""
    names = selected(call)
    if not names:
        return _defaults
    for name in names:
        if name not in USER_PROPERTIES:
            raise bad_request(
                f"Could not find a property named '{name}' on type 'microsoft.graph.user'."
            )
    return lambda row: {name: _value(row, name) for name in names}


def expanded(call: Call, row: Row) -> Row:
    """A user with the manager inside, where the caller asks for that."""
    shown = shaper(call)(row)
    if not call.query.get("$expand", "").lower().startswith("manager"):
        return shown
    directory = call.world.directory
    chief = directory.users.rows.get(directory.managers.get(row["id"], ""))
    if chief is None:
        return shown
    return {**shown, "manager": {"@odata.type": "#microsoft.graph.user", **_defaults(chief)}}


def referenced(body: Mapping[str, Any]) -> str:
    """The id in the `@odata.id` of a `$ref` body."""
    link = body.get("@odata.id")
    if not isinstance(link, str) or "/" not in link:
        raise Refused(400, "Request_BadRequest", "The @odata.id of the reference is missing.")
    return link.rstrip("/").rpartition("/")[2].removesuffix("')").rpartition("('")[2]


def _defaults(row: Row) -> Row:
    return {name: _value(row, name) for name in USER_DEFAULTS}


def _value(row: Row, name: str) -> object:
    return row.get(name, [] if name in USER_COLLECTIONS else None)


def _check_properties(properties: Mapping[str, Any]) -> None:
    for name in properties:
        if "@odata" not in name and name not in USER_WRITABLE:
            known = name in USER_PROPERTIES
            raise bad_request(
                f"Property '{name}' is read-only and cannot be set."
                if known
                else f"Invalid property '{name}'."
            )
