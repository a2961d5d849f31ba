"""The web application: Graph under `/v1.0`, the control API, and Entra under everything else."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from heliograph.simulator.console import Console
from heliograph.simulator.control import Control
from heliograph.simulator.entra.endpoints import Entra
from heliograph.simulator.graph.outlook.uploads import UploadEndpoint
from heliograph.simulator.graph.service import Service
from heliograph.simulator.tenancy import Tenancy
from heliograph.simulator.world import World

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def application(worlds: Sequence[World], *, origin: str) -> ASGIApp:
    """What answers at *origin*."""
    apps = [(world, of_tenant(world, origin=origin)) for world in worlds]
    return apps[0][1] if len(apps) == 1 else Tenancy(apps)


def of_tenant(world: World, *, origin: str) -> Starlette:
    """What answers for one tenant."""
    service, control = Service(world, origin=origin), Control(world)

    async def graph(request: Request) -> Response:
        return await service(request)

    return Starlette(
        routes=[
            Route("/v1.0/{path:path}", graph, methods=_METHODS),
            *UploadEndpoint(world).routes(),
            *Console(world, control).routes(),
            *control.routes(),
            *Entra(world, origin=origin).routes(),
        ],
        exception_handlers={404: _missing, 405: _missing},
    )


async def _missing(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    text = "The simulator serves /v1.0, /_simulator and the endpoints of Entra."
    return JSONResponse({"error": {"code": "NotFound", "message": text}}, status_code=status)
