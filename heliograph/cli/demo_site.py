"""Where the demo takes place: simulator, Redis, listener, keeper and worker, set up and settled."""

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

import heliograph
from heliograph.cli.demo_day import Cast
from heliograph.cli.processes import Child, Children, Listen
from heliograph.cli.stack import (
    Place,
    Simulated,
    applications,
    embedded_redis,
    free_port,
    issue_certificate,
    new_root_secret,
    start_listener,
    start_simulator,
    start_worker,
    until_both_ready,
    write_private,
)
from heliograph.errors import HeliographError
from heliograph.graph.client import GraphClient, open_client
from heliograph.queue.connection import connect
from heliograph.redis_server import RedisServer
from heliograph.registrations import Registrations
from heliograph.settings import FILE_NAME, ClientSecret, Secret, Tenant

SETTLE_WITHIN = timedelta(seconds=15)
MAILBOXES = 3

SETTINGS = """\
[tenants.contoso]
tenant_id = "{tenant_id}"
client_id = "{client_id}"
client_secret = {{ file = "secrets/client" }}
graph = "{graph}"
authority = "{authority}"
ca_file = "{ca_file}"

[listener]
port = {port}
public_url = "https://localhost:{port}"
tls_certificate = "{certificate}"
tls_key = "{key}"

[workers]
health_port = {health_port}

[redis]
url = {{ file = "secrets/redis" }}

[[subscriptions]]
resource = "users"

[[subscriptions]]
resource = "groups"

[[subscriptions]]
resource = "users/{{id}}/mailFolders('inbox')/messages"
for_each = {mailboxes}
rich = true
select = ["subject", "from", "isRead", "isDraft", "receivedDateTime"]

[[subscriptions]]
resource = "users/{{id}}/events"
for_each = {mailboxes}

[[subscriptions]]
resource = "users/{{id}}/contacts"
for_each = {mailboxes}

[handlers.audit]

[handlers.onboarding]
settings = {{ sender = "{sender}" }}
"""


class NotSettled(HeliographError):
    """The keeper did not get its subscriptions in time."""


class Site:
    """What runs. *control* reaches the simulator's own API, *graph* its Graph."""

    def __init__(
        self, folder: Path, simulated: Simulated, graph: GraphClient, control: httpx.AsyncClient
    ) -> None:
        self.folder = folder
        self.simulated = simulated
        self.graph = graph
        self.cast = Cast(boss="", colleague="", group="")
        self.processes: Processes
        self._control = control

    @property
    def audit_url(self) -> str:
        return f"sqlite:///{self.folder / 'audit.db'}"

    async def act(self, activity: dict[str, Any]) -> dict[str, Any]:
        """Makes something happen in the tenant, as a person in it would."""
        return await self._answer("POST", "/_simulator/activity", json=activity)

    async def state(self) -> dict[str, Any]:
        """What the simulator says of itself."""
        return await self._answer("GET", "/_simulator/state")

    async def deliveries(self) -> list[dict[str, Any]]:
        """Every notification that the simulator made, and what became of it."""
        answer = await self._answer("GET", "/_simulator/deliveries?limit=100000")
        return list(answer["value"])

    async def _answer(self, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (handed on to httpx)
        answer = await self._control.request(method, path, **more)
        decoded: dict[str, Any] = answer.json()
        if answer.is_error:
            raise HeliographError(f"the simulator refused {path}: {decoded.get('error')}")
        return decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """What can be stopped, killed and started again, while the site goes on."""

    redis: RedisServer
    listener: Child
    workers: tuple[Child, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ports:
    listener: int
    worker: int


@asynccontextmanager
async def open_site(
    listen: Listen,
    *,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
    simulator: Sequence[str] = (),
) -> AsyncIterator[Site]:
    """All processes, ready, with every subscription made by real handshakes.

    *environment* overrides settings of listener and workers, *simulator* are options of its own.
    """
    async with AsyncExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="heliograph-demo-")
        folder = Path(stack.enter_context(temporary))
        home = applications(Path(heliograph.__file__).parent.parent)
        redis = await stack.enter_async_context(embedded_redis(folder / "redis"))
        children = await stack.enter_async_context(Children(listen))
        simulated = await start_simulator(children, folder / "tls", *simulator, directory=home)
        graph = await stack.enter_async_context(open_client(_tenant(simulated)))
        trust = ssl.create_default_context(cafile=simulated.ca_file)
        control = await stack.enter_async_context(
            httpx.AsyncClient(base_url=simulated.graph, verify=trust, trust_env=False)
        )
        site = Site(folder, simulated, graph, control)
        ports = _Ports(listener=free_port(), worker=free_port())
        mailboxes = await _choose(site)
        config = _write_settings(site, mailboxes, ports, redis.url)
        place = Place(config=config, applications=home, environment=environment or {})
        listener = await start_listener(children, place)
        started = [await start_worker(children, place)]
        spare = place.with_free_health_port()
        started += [await start_worker(children, spare) for _ in range(workers - 1)]
        site.processes = Processes(redis=redis, listener=listener, workers=tuple(started))
        await until_both_ready(
            listener,
            started[0],
            listener_url=f"https://localhost:{ports.listener}",
            worker_url=f"http://127.0.0.1:{ports.worker}",
            ca_file=simulated.ca_file,
        )
        await _until_settled(redis.url, children)
        yield site


async def _choose(site: Site) -> Sequence[str]:
    """The mailboxes to watch, and among them the cast of the day."""
    select = ("id", "mail", "userType")
    users = [user.id async for user in site.graph.users.list(select=select) if user.mail]
    groups = [group.id async for group in site.graph.groups.list()]
    mailboxes = users[:MAILBOXES]
    site.cast = Cast(boss=mailboxes[0], colleague=mailboxes[1], group=groups[0])
    return mailboxes


def _write_settings(site: Site, mailboxes: Sequence[str], ports: _Ports, redis_url: Secret) -> Path:
    simulated = site.simulated
    certificate = issue_certificate(site.folder / "tls")
    folder = site.folder / "secrets"
    write_private(folder / "client", simulated.client_secret.encode())
    write_private(folder / "redis", redis_url.reveal().encode())
    write_private(folder / "root", new_root_secret())
    text = SETTINGS.format(
        tenant_id=simulated.tenant_id,
        client_id=simulated.client_id,
        graph=simulated.graph,
        authority=simulated.authority,
        ca_file=simulated.ca_file,
        port=ports.listener,
        health_port=ports.worker,
        certificate=certificate.chain,
        key=certificate.key,
        mailboxes=list(mailboxes),
        sender=mailboxes[-1],
    )
    config = site.folder / FILE_NAME
    config.write_text(text, "utf-8")
    return config


def _tenant(simulated: Simulated) -> Tenant:
    return Tenant(
        name="contoso",
        tenant_id=simulated.tenant_id,
        client_id=simulated.client_id,
        credential=ClientSecret(secret=Secret(simulated.client_secret)),
        graph=simulated.graph,
        authority=simulated.authority,
        ca_file=simulated.ca_file,
    )


async def _until_settled(redis_url: Secret, children: Children) -> None:
    redis = connect(redis_url.reveal())
    registrations = Registrations(redis)
    try:
        async with asyncio.timeout(SETTLE_WITHIN.total_seconds()):
            while await registrations.settled() is None:
                children.check()
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise NotSettled("expected the keeper to register its subscriptions in time") from error
    finally:
        await redis.aclose()
