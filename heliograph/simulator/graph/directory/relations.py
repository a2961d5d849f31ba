"""Managers, reports, and what users and groups are members and owners of (U10, U11, U16 to U19)."""

from collections.abc import Iterable, Iterator
from itertools import chain

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import referenced
from heliograph.simulator.graph.directory.guards import WRITERS, require_role
from heliograph.simulator.graph.directory.query import Source
from heliograph.simulator.graph.directory.related import listing_of
from heliograph.simulator.graph.directory.shown import mixed
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import no_object
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.directory("User.Read.All")
_READ_OWN = permissions.directory("User.Read.All", own=("User.Read",))
_WRITE = permissions.directory("User.ReadWrite.All")
_MEMBERSHIPS = permissions.directory(
    "Directory.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", own=("User.Read",)
)
_TRANSITIVE = permissions.directory("User.Read.All", "Group.ReadBasic.All", own=("User.Read",))


@routes.on("GET", "/users/{user}/manager", needs=_READ)
def get_manager(call: Call) -> Answer:
    """The manager, else 404."""
    return entity(call, "directoryObjects", mixed(call, one=True)(_manager(call)))


@routes.on("GET", "/users/{user}/manager/$ref", needs=_READ)
def get_manager_reference(call: Call) -> Answer:
    """Where the manager is."""
    link = call.link(f"/users/{_manager(call)['id']}", {})
    return Answer(body={"@odata.context": call.metadata("$ref"), "@odata.id": link})


@routes.on("PUT", "/users/{user}/manager/$ref", needs=_WRITE)
def set_manager(call: Call) -> Answer:
    """Another manager."""
    if call.signed_in:
        require_role(call, WRITERS)
    call.world.accounts.set_manager(call.params["user"], referenced(call.json()))
    return NOTHING


@routes.on("DELETE", "/users/{user}/manager/$ref", needs=_WRITE)
def remove_manager(call: Call) -> Answer:
    """No manager any more."""
    if call.signed_in:
        require_role(call, WRITERS)
    call.world.accounts.set_manager(call.params["user"], None)
    return NOTHING


@listing_of(routes, "/users/{user}/directReports", needs=_READ_OWN, casts=("user", "orgContact"))
def reports(call: Call) -> Source:
    """Whose manager the user is."""
    directory = call.world.directory
    return objects(call, directory.reporting.reports(directory.user_id(call.params["user"])))


@listing_of(
    routes,
    "/users/{user}/memberOf",
    needs=_MEMBERSHIPS,
    casts=("group", "directoryRole", "administrativeUnit"),
)
def memberships(call: Call) -> Source:
    """The groups and roles that the user is a direct member of."""
    return objects(call, _direct(call, call.world.directory.user_id(call.params["user"])))


@listing_of(
    routes,
    "/users/{user}/transitiveMemberOf",
    needs=_TRANSITIVE,
    casts=("group", "directoryRole", "administrativeUnit"),
)
def all_memberships(call: Call) -> Source:
    """The groups and roles that the user is a member of, also through groups in groups."""
    return objects(call, all_of(call, call.world.directory.user_id(call.params["user"])))


@listing_of(routes, "/users/{user}/ownedObjects", needs=_MEMBERSHIPS, casts=("group",))
def owned(call: Call) -> Source:
    """The groups that the user owns."""
    directory = call.world.directory
    return objects(call, directory.owners.groups(directory.user_id(call.params["user"])))


def objects(call: Call, keys: Iterable[str]) -> Source:
    """The living objects under *keys*."""
    found = (call.world.directory.find(key) for key in keys)
    return Source.of([row for row in found if row is not None])


def all_of(call: Call, id_: str) -> Iterator[str]:
    """The ids of the groups that an object is in, however deep, and of its roles."""
    directory = call.world.directory
    groups = directory.memberships.all_groups(id_)
    roles = chain.from_iterable(directory.roles_held(key) for key in (id_, *groups))
    yield from dict.fromkeys((*groups, *(role["id"] for role in roles)))


def _direct(call: Call, id_: str) -> Iterator[str]:
    directory = call.world.directory
    yield from directory.memberships.groups(id_)
    yield from (role["id"] for role in directory.roles_held(id_))


def _manager(call: Call) -> Row:
    directory = call.world.directory
    key = directory.reporting.manager(directory.user_id(call.params["user"]))
    row = None if key is None else directory.find(key)
    if row is None:
        raise no_object("manager")
    return row
