"""Users: list, get, create, change, delete (graph-users-api.md, 4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import parameters, read
from heliograph.simulator.graph.directory.expand import with_relations
from heliograph.simulator.graph.directory.guards import (
    check_deletion,
    check_user_changes,
    check_user_creation,
)
from heliograph.simulator.graph.directory.kinds import USERS
from heliograph.simulator.graph.directory.query import Source, collection, counted
from heliograph.simulator.graph.directory.shown import check_alone, shower
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import bad_request
from heliograph.simulator.store import Row

routes = Routes()

_LIST = permissions.directory("User.ReadBasic.All")
_READ = permissions.directory("User.ReadBasic.All", own=("User.Read",))
_CREATE = permissions.directory("User.ReadWrite.All", "User.Create")
_WRITE = permissions.directory(
    *("User.ReadWrite.All", "User.ReadUpdate.All", "User.EnableDisableAccount.All"),
    *("User-Phone.ReadWrite.All", "User-Mail.ReadWrite.All", "User.ManageIdentities.All"),
    *("User-PasswordProfile.ReadWrite.All", "User-LifeCycleInfo.ReadWrite.All"),
    "CustomSecAttributeAssignment.ReadWrite.All",
    own=("User.ReadWrite",),
)
_DELETE = permissions.directory("User.DeleteRestore.All", "User.ReadWrite.All")
_CHANGE_PASSWORD = permissions.Needs(
    own=("User-PasswordProfile.ReadWrite.All", "Directory.AccessAsUser.All", "User.ReadWrite")
)
_REVOKE = permissions.directory("User.RevokeSessions.All")


@routes.on("GET", "/users", needs=_LIST)
def list_users(call: Call) -> Answer:
    """The living users, page by page."""
    check_alone(call, USERS)
    show = with_relations(call, USERS, shower(call, USERS))
    return collection(call, (USERS,), _users(call), context="users", show=show)


@routes.on("GET", "/users/$count", needs=_LIST)
def count_users(call: Call) -> Answer:
    """How many users live."""
    return counted(call, (USERS,), _users(call))


@routes.on("GET", "/users/{user}", needs=_READ)
def get_user(call: Call) -> Answer:
    """One user."""
    row = call.world.directory.user(call.params["user"])
    return entity(call, "users", with_relations(call, USERS, shower(call, USERS))(row))


@routes.on("POST", "/users", needs=_CREATE)
def create_user(call: Call) -> Answer:
    """A new user; only the default properties come back."""
    properties = read(call, USERS)
    check_user_creation(properties)
    row = call.world.accounts.create(properties)
    plain = replace(call, query={})
    return created(plain, "users", shower(plain, USERS)(row))


@routes.on("PATCH", "/users/{user}", needs=_WRITE)
def update_user(call: Call) -> Answer:
    """A changed user."""
    changes = read(call, USERS)
    row = call.world.directory.user(call.params["user"])
    check_user_changes(call, row, changes)
    call.world.accounts.update(row["id"], changes)
    return NOTHING


@routes.on("DELETE", "/users/{user}", needs=_DELETE)
def delete_user(call: Call) -> Answer:
    """A user in the bin."""
    row = call.world.directory.user(call.params["user"])
    check_deletion(call, row)
    call.world.directory.delete(row)
    return NOTHING


@routes.on(
    "POST",
    "/users/{user}/revokeSignInSessions",
    "/users/{user}/invalidateAllRefreshTokens",
    needs=_REVOKE,
)
def revoke_sessions(call: Call) -> Answer:
    """All sessions of the user ended."""
    call.world.accounts.revoke_sessions(call.params["user"])
    return Answer(body={"@odata.context": call.metadata("Edm.Boolean"), "value": True})


@routes.on("POST", "/users/{user}/changePassword", needs=_CHANGE_PASSWORD)
def change_password(call: Call) -> Answer:
    """Another password for the signed-in user, who knows the old one."""
    words = parameters(call, "currentPassword", "newPassword")
    accounts, user = call.world.accounts, call.world.directory.user_id(call.params["user"])
    if words["currentPassword"] != accounts.password(user):
        raise bad_request("The specified password is not the current one of the user.")
    accounts.update(user, {"passwordProfile": {"password": words["newPassword"]}})
    return NOTHING


def created(call: Call, context: str, shown: Mapping[str, Any]) -> Answer:
    """The answer to a creation: the object, and where it is."""
    answer = entity(call, context, shown, status=201)
    link = call.link(f"/{context}/{shown['id']}", {})
    return replace(answer, headers={"location": link})


def _users(call: Call) -> Source:
    directory = call.world.directory

    def find(name: str) -> Row | None:
        id_ = directory.names.addressee(name) or name.lower()
        row = directory.users.rows.get(id_)
        return row if row is not None and directory.is_seen(id_) else None

    return Source(
        walk=lambda at: (
            (place, row) for place, key, row in directory.users.walk(at) if directory.is_seen(key)
        ),
        total=lambda: len(directory.users.rows),
        find=find,
        parts=directory.users.parts,
    )
