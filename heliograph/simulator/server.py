"""Starts a simulator and ends it: as a process with `run`, inside a test with `running`."""

import asyncio
import json
import os
import signal
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
import uvloop

from heliograph.simulator.activity import TRIGGERS, Wish
from heliograph.simulator.announcement import announced, folder
from heliograph.simulator.app import application
from heliograph.simulator.certificates import LOCAL, Authority
from heliograph.simulator.entra.endpoints import Entra
from heliograph.simulator.faults import Fault
from heliograph.simulator.grounds import Grounds
from heliograph.simulator.options import Options
from heliograph.simulator.seeds import plant
from heliograph.simulator.switches import Switches
from heliograph.simulator.world import World

__all__ = ["Options", "Running", "run", "running"]

KEEP_ALIVE_SECONDS = 60
GRACE_SECONDS = 1.0
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A simulator that answers. *ready* is what `run` prints."""

    ready: dict[str, str | None]
    world: World
    authority: Authority

    def trigger(self, event: str, **wish: Any) -> Mapping[str, Any]:  # noqa: ANN401 (checked as it comes)
        """Have *event* happen, as `POST /_simulator/activity` does; what it was done to."""
        return TRIGGERS.pull(self.world, msgspec.convert({"event": event, **wish}, Wish))


def run(
    options: Options, *, switches: Switches | None = None, faults: Iterable[Fault] = ()
) -> None:
    """Serve until SIGTERM or SIGINT. One JSON line on standard output says when it is ready."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(options, switches=switches, faults=faults))


async def _run(options: Options, *, switches: Switches | None, faults: Iterable[Fault]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with running(options, switches=switches) as simulator:
        for fault in faults:
            simulator.world.faults.add(fault)
        with announced(simulator.ready, folder(os.environ)):
            print(json.dumps(simulator.ready), flush=True)
            await ended.wait()


@asynccontextmanager
async def running(
    options: Options | None = None, *, switches: Switches | None = None
) -> AsyncIterator[Running]:
    """A simulator that answers inside the block. Raises ValueError for options without sense."""
    chosen = options or Options()
    chosen.check()
    authority = _authority(chosen)
    async with AsyncExitStack() as stack:
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="simulator-")))
        client = await stack.enter_async_context(_client(authority))
        grounds = Grounds.create(chosen, client, switches=switches or Switches())
        stack.push_async_callback(grounds.post_office.close)
        grounds.post_office.spawn(grounds.lifecycle.watch())
        worlds = [World.create(grounds) for _ in range(chosen.tenants)]
        for world in worlds:
            grounds.post_office.spawn(world.agenda.keep())
            plant(world)
        world = worlds[0]
        listening = stack.enter_context(_bound(chosen))
        port = listening.getsockname()[1]
        origin = f"{'https' if chosen.tls else 'http'}://{_shown_host(chosen.host)}:{port}"
        config = _config(chosen, authority, folder=files)
        config.app = application(worlds, origin=origin)
        await stack.enter_async_context(_served(config, listening))
        token = Entra(world, origin=origin).issue(DAY_SECONDS)
        yield Running(
            ready=_ready(world, origin, token=token, ca_file=files / "ca.pem"),
            world=world,
            authority=authority,
        )


def _ready(world: World, origin: str, *, token: str, ca_file: Path) -> dict[str, str | None]:
    tenant = world.tenant
    return {
        "graph": origin,
        "authority": origin,
        "tenant_id": tenant.tenant_id,
        "client_id": tenant.client_id,
        "client_secret": tenant.client_secret,
        "token": token,
        "ca_file": str(ca_file) if world.options.tls else None,
    }


def _authority(options: Options) -> Authority:
    if options.ca_certificate is None or options.ca_key is None:
        return Authority.create()
    return Authority(
        certificate_pem=options.ca_certificate.read_bytes(), key_pem=options.ca_key.read_bytes()
    )


def _client(authority: Authority) -> httpx.AsyncClient:
    """What reaches receivers. It trusts its own authority, and those in SSL_CERT_FILE."""
    context = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    if more := os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(cafile=more)
    return httpx.AsyncClient(
        verify=context,
        trust_env=False,
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        headers={"user-agent": ""},
    )


def _config(options: Options, authority: Authority, *, folder: Path) -> uvicorn.Config:
    certificate, key = folder / "server.pem", folder / "server.key"
    if options.tls:
        pem, key_pem = authority.issue({*LOCAL, options.host} - {"0.0.0.0", "::"})  # noqa: S104 (left out)
        certificate.write_bytes(pem)
        key.touch(mode=0o600)
        key.write_bytes(key_pem)
        (folder / "ca.pem").write_bytes(authority.certificate_pem)
    return uvicorn.Config(
        app="",
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ssl_certfile=certificate if options.tls else None,
        ssl_keyfile=key if options.tls else None,
    )


@contextmanager
def _bound(options: Options) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # Without the protocol asyncio leaves Nagle's algorithm on, and each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((options.host, options.port))
        except OSError as error:
            place = f"{options.host}, port {options.port}"
            raise OSError(f"expected a free address, got {place}: {error.strerror}") from error
        yield listening


def _shown_host(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host  # noqa: S104 (only shown)


@asynccontextmanager
async def _served(config: uvicorn.Config, listening: socket.socket) -> AsyncIterator[None]:
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await server.ready.wait()
        yield
    finally:
        server.end()
        await task


class _Server(uvicorn.Server):
    """A server that leaves signals alone and says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Shut down at once, without waiting for the next tick."""
        self._ended.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        ticking = asyncio.create_task(super().main_loop())
        await self._ended.wait()
        self.should_exit = True
        ticking.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is open, and give answers on their way a second. uvicorn's own waits more."""
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        latest = loop.time() + GRACE_SECONDS
        while self.server_state.connections and loop.time() < latest:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
