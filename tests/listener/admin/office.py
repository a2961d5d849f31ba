"""The admin API in a test: on a real Redis and a Graph of a few lines, asked as over HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import httpx
from starlette.applications import Starlette

from heliograph.keeping.records import Records
from heliograph.queue.calls import Calls
from heliograph.queue.intake import Intake
from heliograph.queue.partition import Partition
from heliograph.sealing import Sealer
from heliograph.settings import AdminKey
from heliograph.subscriptions import Registration, milliseconds
from listener.admin.access import Access
from listener.admin.acts import Acts
from listener.admin.app import build
from listener.admin.serving import Server, config_of
from listener.admin.telling import Telling
from tests.listener.house import AGraph, House, a_tenant, a_wish

READ = {"authorization": "Bearer reader's"}
WRITE = {"authorization": "Bearer writer's"}

KEYS = (
    AdminKey(name="ro", sha256=sha256(b"reader's").hexdigest(), role="read"),
    AdminKey(name="rw", sha256=sha256(b"writer's").hexdigest(), role="write"),
)


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[int]:
    """The port at which *app* is served, as it is beside a keeper, while the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = Server(config_of(app))
        task = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started:  # noqa: ASYNC110 (uvicorn sets no event)
            await asyncio.sleep(0.01)
        yield bound.getsockname()[1]
        server.should_exit = True
        await task


@dataclass
class Office:
    """The API over a house, for one tenant that wishes for its users."""

    house: House
    graph: AGraph = field(default_factory=AGraph)
    access: Access = field(default_factory=lambda: Access(KEYS))

    @property
    def partition(self) -> Partition:
        return Partition(Calls(self.house.redis), Sealer([b"r" * 32]))

    def app(self) -> Starlette:
        house, records = self.house, Records(self.house.registrations)
        kept = (a_tenant(), self.graph, [a_wish()])
        acts = Acts(
            tenants=[house.tenancy(kept, records)],
            records=records,
            clock=lambda: house.now,
            registrations=house.registrations,
            orders=house.orders,
            telling=Telling(Intake([self.partition])),
        )
        return build(acts, self.access)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
            yield client

    def registered(self, id_: str, *, expires: datetime | None = None) -> Registration:
        return Registration(
            id=id_,
            tenant_id="t-contoso",
            client_id="c",
            resource="users",
            kind="users",
            change_types=("deleted", "updated"),
            subscription_id=f"s-{id_}" if expires else None,
            expires_at=milliseconds(expires) if expires else None,
            created_at=milliseconds(self.house.now),
        )

    async def orders(self) -> list[tuple[str, str, str]]:
        given = [one.order for one in await self.house.orders.given()]
        return sorted((one.what, one.registration or one.tenant, one.reason) for one in given)
