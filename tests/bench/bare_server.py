"""What the listener is compared with, on the same server: `python -m tests.bench.bare_server KIND [REDIS]`.

`bare` reads the body and answers 202; `arq` decodes it and calls arq's `enqueue_job` for each item.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from heliograph import telemetry
from heliograph.settings import ListenerSettings
from listener.endpoints import Readiness
from listener.server import serve

PATH = "/graph/notifications"


async def bare(request: Request) -> Response:
    await request.body()
    return Response(status_code=202)


def bare_app() -> Starlette:
    return Starlette(routes=[Route(PATH, bare, methods=["POST"])])


def arq_app(url: str) -> Starlette:
    pools: list[ArqRedis] = []

    async def enqueue(request: Request) -> Response:
        for item in msgspec.json.decode(await request.body())["value"]:
            await pools[0].enqueue_job("observe", item["resource"])
        return Response(status_code=202)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        pools.append(await create_pool(RedisSettings.from_dsn(url)))
        yield
        await pools[0].aclose()

    return Starlette(routes=[Route(PATH, enqueue, methods=["POST"])], lifespan=lifespan)


def main() -> None:
    telemetry.configure("heliograph-listener")
    app = bare_app() if sys.argv[1] == "bare" else arq_app(sys.argv[2])
    serve(app, ListenerSettings(port=0), Readiness())


if __name__ == "__main__":
    main()
