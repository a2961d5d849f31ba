"""What orchestrators ask a worker, on a port of its own: alive, able to claim, and its metrics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from heliograph.errors import QueueUnavailable
from heliograph.telemetry import render


class _Server(uvicorn.Server):
    """A server inside a process that has its own mind about signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def build(ready: Callable[[], Awaitable[object]]) -> Starlette:
    """The application; *ready* raises QueueUnavailable where no work could be claimed."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("alive")

    async def readyz(_: Request) -> Response:
        try:
            await ready()
        except QueueUnavailable as error:
            return JSONResponse({"ready": False, "redis": str(error)}, status_code=503)
        return JSONResponse({"ready": True})

    async def metrics(_: Request) -> Response:
        return Response(render(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )


@asynccontextmanager
async def serving(app: Starlette, *, host: str, port: int) -> AsyncIterator[None]:
    """Serves *app* while the context lasts."""
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False)
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
