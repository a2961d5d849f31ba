"""Clients: one on a transport that remembers what it was sent, one on the simulator."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from heliograph.graph import GraphClient, Request, Response, open_client
from heliograph.graph.auth import Prompt, SignIn, sign_in
from heliograph.graph.values.objects import User
from heliograph.queue.connection import connect
from heliograph.sealing import Sealer
from heliograph.settings import ClientSecret, Secret, Tenant
from heliograph.sign_ins import SignIns
from heliograph.simulator import Options, Running, running
from tests.heliograph.graph.edge import Certificate, Entra, a_certificate, serving


class Recorder:
    """Answers with what was laid ready, in that order, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._ready: list[Response | Exception] = []

    def answer(
        self,
        status: int = 200,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Recorder":
        content = b"" if body is None else msgspec.json.encode(body)
        self._ready.append(Response(status=status, headers=headers or {}, content=content))
        return self

    def refuse(self, status: int, code: str, message: str = "") -> "Recorder":
        return self.answer(status, {"error": {"code": code, "message": message}})

    def fail(self, error: Exception) -> "Recorder":
        self._ready.append(error)
        return self

    @property
    def last(self) -> Request:
        return self.requests[-1]

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]

    def is_outlook(self, mailbox: str) -> bool:
        """Does every call ask for immutable ids, and count for *mailbox*?"""
        return all(
            request.headers["prefer"] == 'IdType="ImmutableId"' and request.mailbox == mailbox
            for request in self.requests
        )

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        ready = self._ready.pop(0)
        if isinstance(ready, Exception):
            raise ready
        return ready


def a_tenant(
    *, cloud: str = "global", graph: str = "", authority: str = "", ca_file: Path | None = None
) -> Tenant:
    return Tenant(
        name="contoso",
        tenant_id="7a0c3f6e-52a9-4d5e-9d1b-5b8a6f1c2d3e",
        client_id="5c1f6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10",
        credential=ClientSecret(secret=Secret("correct horse")),
        cloud=cloud,
        graph=graph,
        authority=authority,
        ca_file=ca_file,
    )


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def graph(recorder: Recorder, tenant: Tenant) -> GraphClient:
    return GraphClient(recorder, tenant=tenant)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return a_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def entra() -> Entra:
    return Entra()


@pytest.fixture
async def authority(entra: Entra, certificate: Certificate) -> AsyncIterator[str]:
    async with serving(entra.app(), certificate) as origin:
        yield origin


def tenant_of(simulator: Running, *, secret: str | None = None) -> Tenant:
    ready = {name: value or "" for name, value in simulator.ready.items()}
    return Tenant(
        name="simulated",
        tenant_id=ready["tenant_id"],
        client_id=ready["client_id"],
        credential=ClientSecret(secret=Secret(secret or ready["client_secret"])),
        graph=ready["graph"],
        authority=ready["authority"],
        ca_file=Path(ready["ca_file"]),
    )


@pytest.fixture
async def simulator() -> AsyncIterator[Running]:
    async with running(Options(seed=7, users=12)) as simulator:
        yield simulator


@pytest.fixture
async def live(simulator: Running) -> AsyncIterator[GraphClient]:
    async with open_client(tenant_of(simulator)) as graph:
        yield graph


@pytest.fixture
async def people(live: GraphClient) -> list[User]:
    return [user async for user in live.users.list(top=5)]


async def a_hire(live: GraphClient) -> User:
    name = f"new.hire.{uuid4().hex[:8]}"
    domain = (await anyone(live)).user_principal_name
    assert domain is not None
    return await live.users.create(
        {
            "accountEnabled": True,
            "displayName": "New Hire",
            "mailNickname": name,
            "userPrincipalName": f"{name}@{domain.partition('@')[2]}",
            "passwordProfile": {"password": f"Xy1!{uuid4().hex}"},
        }
    )


async def anyone(live: GraphClient) -> User:
    return await anext(live.users.list())


async def at_once(seconds: float) -> None:
    """The simulator lets a device in at its second look."""


async def signed_in(tenant: Tenant) -> SignIn:
    prompts: list[Prompt] = []
    done = await sign_in(tenant, prompts.append, now=lambda: datetime.now(UTC), sleep=at_once)
    assert prompts[0].code
    assert prompts[0].address.startswith("https://")
    return done


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def sign_ins(redis: Redis) -> SignIns:
    return SignIns(redis, Sealer([b"r" * 32]))
