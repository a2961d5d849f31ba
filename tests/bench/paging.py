"""All users of a directory, by our client: `python -m tests.bench.paging ORIGIN` prints users/s."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import jwt

from heliograph.graph import GraphClient
from heliograph.graph.budget import LocalBudget
from heliograph.graph.retrying import Retrying
from heliograph.graph.signing import Authorized
from heliograph.graph.transport import HttpTransport
from tests.heliograph.graph.conftest import a_tenant


class Token:
    """One token for all calls, of the size and shape of Entra's."""

    def __init__(self) -> None:
        claims = {"roles": ["User.Read.All"], "wids": [], "padding": "x" * 1_000}
        self._text = jwt.encode(claims, "k" * 32)

    async def token(self, *, refused: str = "") -> str:
        return self._text


@asynccontextmanager
async def client(origin: str) -> AsyncIterator[GraphClient]:
    """The whole client but for its way to Entra."""
    tenant = a_tenant(graph=origin)
    network = HttpTransport(origin)
    try:
        signed = Authorized(network, Token(), tenant=tenant)
        yield GraphClient(Retrying(signed, LocalBudget(tenant)), tenant=tenant)
    finally:
        await network.close()


async def count(origin: str) -> int:
    """How many users there are, each as a typed value."""
    users = 0
    async with client(origin) as graph:
        async for _ in graph.users.list():
            users += 1
    return users


def main() -> None:
    started = time.perf_counter()
    users = asyncio.run(count(sys.argv[1]))
    print(users / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
