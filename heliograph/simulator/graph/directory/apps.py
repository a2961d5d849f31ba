"""The app's own service principal, and objects of any type by their ids."""

from heliograph.simulator import permissions
from heliograph.simulator.directory.service import kind_of
from heliograph.simulator.graph.answers import entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import ids, parameter
from heliograph.simulator.graph.directory.kinds import APPS
from heliograph.simulator.graph.directory.query import Source, collection
from heliograph.simulator.graph.directory.shown import mixed, shower
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import no_object
from heliograph.simulator.store import Row

routes = Routes()

MOST_IDS = 1_000

_APPS = permissions.directory("Application.Read.All", "Directory.Read.All")
_OBJECTS = permissions.directory("Directory.Read.All", "User.Read.All", "Group.Read.All")


@routes.on("GET", "/servicePrincipals", needs=_APPS)
def list_apps(call: Call) -> Answer:
    """The apps in the tenant."""
    rows = list(call.world.directory.apps.values())
    show = shower(call, APPS)
    return collection(call, (APPS,), Source.of(rows), context="servicePrincipals", show=show)


@routes.on("GET", "/servicePrincipals/{app}", needs=_APPS)
def get_app(call: Call) -> Answer:
    """One app, by the id of its service principal or as `appId=...`."""
    return entity(call, "servicePrincipals", shower(call, APPS)(_app(call)))


@routes.on("GET", "/directoryObjects/{object}", needs=_OBJECTS)
def get_object(call: Call) -> Answer:
    """An object of any type."""
    row = call.world.directory.object(call.params["object"])
    return entity(call, "directoryObjects", mixed(call, one=True)(row))


@routes.on("POST", "/directoryObjects/getByIds", needs=_OBJECTS)
def get_by_ids(call: Call) -> Answer:
    """The objects with these ids, of the types that are named."""
    types = {str(name).lower() for name in parameter(call, "types") or ()}
    found = [call.world.directory.find(id_.lower()) for id_ in ids(call, "ids", most=MOST_IDS)]
    show = mixed(call, one=True)
    value = [
        show(row)
        for row in found
        if row is not None and (not types or kind_of(row).lower() in types)
    ]
    return listing(call, "directoryObjects", value)


def _app(call: Call) -> Row:
    name = call.params["app"].lower().removeprefix("appid=").strip("'")
    for row in call.world.directory.apps.values():
        if name in {row["id"], row["appId"]}:
            return row
    raise no_object(call.params["app"])
