"""The bin of the directory: deleted users and groups (U6 to U9)."""

from heliograph.simulator import permissions
from heliograph.simulator.directory.service import kind_of
from heliograph.simulator.graph.answers import NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.guards import check_deletion
from heliograph.simulator.graph.directory.kinds import GROUPS, USERS, Family
from heliograph.simulator.graph.directory.query import Source, collection, counted
from heliograph.simulator.graph.directory.shown import mixed, shower
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.permissions import Needs
from heliograph.simulator.refusals import bad_request
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.directory("User.Read.All", "Group.Read.All")
_READ_USERS = permissions.directory("User.Read.All")
_READ_GROUPS = permissions.directory("Group.Read.All")
_RESTORE = permissions.directory(
    "User.DeleteRestore.All", "User.ReadWrite.All", "Group.ReadWrite.All"
)
_PURGE = permissions.directory("User.DeleteRestore.All", "Group.ReadWrite.All")
_PATH = "/directory/deletedItems"


def _collection_of(family: Family, needs: Needs) -> None:
    path = f"{_PATH}/graph.{family.kind.name}"

    @routes.on("GET", path, needs=needs)
    def list_deleted(call: Call) -> Answer:
        show = shower(call, family)
        return collection(
            call, (family,), _deleted(call, family), context=family.context, show=show
        )

    @routes.on("GET", f"{path}/$count", needs=needs)
    def count_deleted(call: Call) -> Answer:
        return counted(call, (family,), _deleted(call, family))


_collection_of(USERS, _READ_USERS)
_collection_of(GROUPS, _READ_GROUPS)


@routes.on("GET", _PATH, needs=_READ)
def list_untyped(_: Call) -> Answer:
    """Refused: the type must be named."""
    raise bad_request("The type cast of deletedItems is required, e.g. microsoft.graph.user.")


@routes.on("GET", f"{_PATH}/{{object}}", needs=_READ)
def get_deleted(call: Call) -> Answer:
    """One object in the bin."""
    row = call.world.directory.binned(call.params["object"])
    return entity(call, "directoryObjects", mixed(call, one=True)(row))


@routes.on("POST", f"{_PATH}/{{object}}/restore", needs=_RESTORE)
def restore(call: Call) -> Answer:
    """The object, alive again."""
    _check(call)
    row = call.world.directory.restore(call.params["object"])
    return entity(call, "directoryObjects", mixed(call, one=True)(row))


@routes.on("DELETE", f"{_PATH}/{{object}}", needs=_PURGE)
def purge(call: Call) -> Answer:
    """The object, gone for good."""
    _check(call)
    call.world.directory.purge(call.params["object"])
    return NOTHING


def _check(call: Call) -> None:
    """What is sensitive of a user needs more for one who is an administrator."""
    row: Row = call.world.directory.binned(call.params["object"])
    if kind_of(row) == "user":
        check_deletion(call, row)


def _deleted(call: Call, family: Family) -> Source:
    rows = call.world.directory.bin.values()
    return Source.of([row for row in rows if kind_of(row) == family.kind.name])
