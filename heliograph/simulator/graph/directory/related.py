"""Collections of directory objects: whole, counted, narrowed to a type by a cast in the path."""

from collections.abc import Callable

from heliograph.simulator.directory.service import kind_of
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.expand import with_relations
from heliograph.simulator.graph.directory.kinds import OBJECTS
from heliograph.simulator.graph.directory.query import Source, collection, counted
from heliograph.simulator.graph.directory.shown import mixed
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.permissions import Needs

Find = Callable[[Call], Source]


def listing_of(
    routes: Routes, path: str, *, needs: Needs, casts: tuple[str, ...]
) -> Callable[[Find], Find]:
    """Declare that the function below finds what is listed, and counted, at *path*.

    The path may end in one of *casts*; a type that the simulator does not know has no objects.
    """

    def declare(find: Find) -> Find:
        routes.on("GET", path, needs=needs)(lambda call: _listed(call, find(call), ""))
        routes.on("GET", f"{path}/$count", needs=needs)(lambda call: _counted(call, find(call), ""))
        for cast in casts:
            narrowed = f"{path}/graph.{cast}"
            routes.on("GET", narrowed, needs=needs)(
                lambda call, cast=cast: _listed(call, find(call), cast)
            )
            routes.on("GET", f"{narrowed}/$count", needs=needs)(
                lambda call, cast=cast: _counted(call, find(call), cast)
            )
        return find

    return declare


def _listed(call: Call, source: Source, cast: str) -> Answer:
    families = (OBJECTS[cast],) if cast in OBJECTS else tuple(OBJECTS.values())
    context = OBJECTS[cast].context if cast in OBJECTS else "directoryObjects"
    show = mixed(call)
    if cast in OBJECTS:
        show = with_relations(call, OBJECTS[cast], show)
    return collection(call, families, _narrowed(source, cast), context=context, show=show)


def _counted(call: Call, source: Source, cast: str) -> Answer:
    families = (OBJECTS[cast],) if cast in OBJECTS else tuple(OBJECTS.values())
    return counted(call, families, _narrowed(source, cast))


def _narrowed(source: Source, cast: str) -> Source:
    """Those of *source* that are of the type *cast*."""
    if not cast:
        return source
    return Source(
        walk=lambda at: ((place, row) for place, row in source.walk(at) if kind_of(row) == cast)
    )
