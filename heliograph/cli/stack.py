"""All of Heliograph on this machine, against the simulator: as child processes, over real TLS.

`heliograph up --simulator` and the demo run it, and so do the system tests.
"""

import asyncio
import os
import secrets
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from heliograph.cli.processes import Child, Children, until_ready
from heliograph.errors import HeliographError
from heliograph.queue.connection import connect
from heliograph.queue.deployment import Deployment, open_deployment
from heliograph.redis_server import RedisServer, running
from heliograph.settings import FILE_NAME, Secret, Settings
from heliograph.simulator.certificates import Authority

START_WITHIN = timedelta(seconds=30)

STATE = ".heliograph"
"""The folder beside the settings that holds what we run ourselves."""


class ApplicationsMissing(HeliographError):
    """The folder holds no applications to start."""


def applications(directory: Path) -> Path:
    """*directory*, if listener and workers are there to be started. Raises ApplicationsMissing."""
    missing = [name for name in ("listener", "workers") if not (directory / name).is_dir()]
    if missing:
        raise ApplicationsMissing(
            f"expected the applications beside {FILE_NAME}, found no {' and no '.join(missing)} "
            f"in {directory}: run in a checkout of Heliograph"
        )
    return directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulator that runs: what it printed when it was ready, and its certificate authority."""

    graph: str
    authority: str
    tenant_id: str
    client_id: str
    client_secret: str
    token: str
    ca_file: Path


async def start_simulator(
    children: Children, folder: Path, *arguments: str, directory: Path
) -> Simulated:
    """Starts `heliograph simulate` with an authority of our own, kept in *folder*."""
    authority = Authority.create()
    certificate, key = folder / "ca.pem", folder / "ca.key"
    write_private(certificate, authority.certificate_pem)
    write_private(key, authority.key_pem)
    paths = ["--ca-certificate", str(certificate), "--ca-key", str(key)]
    command = ["-m", "heliograph", "simulate", *paths, *arguments]
    child = await children.start("simulator", command, directory=directory)
    ready = await _ready_line(child)
    return Simulated(**{**ready, "ca_file": Path(ready["ca_file"])})


async def _ready_line(child: Child) -> Mapping[str, Any]:
    async with asyncio.timeout(START_WITHIN.total_seconds()):
        while True:
            child.check()
            line = child.first_line
            if line is not None and "graph" in line:
                return line
            await asyncio.sleep(0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A listener's certificate and key, as files."""

    chain: Path
    key: Path


def issue_certificate(folder: Path) -> Certificate:
    """A certificate for the listener by the authority in *folder* (see `start_simulator`)."""
    authority = Authority(
        certificate_pem=(folder / "ca.pem").read_bytes(), key_pem=(folder / "ca.key").read_bytes()
    )
    chain, key = authority.issue()
    certificate = Certificate(chain=folder / "listener.pem", key=folder / "listener.key")
    write_private(certificate.chain, chain)
    write_private(certificate.key, key)
    return certificate


def write_private(path: Path, content: bytes) -> None:
    """Writes *content* for the owner's eyes only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def new_root_secret() -> bytes:
    """A root secret as `secrets/root` holds it: 32 random bytes in base64."""
    return b64encode(secrets.token_bytes(32)) + b"\n"


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a deployment lies: its settings, its applications, and what overrides its settings."""

    config: Path
    applications: Path
    environment: Mapping[str, str]

    def with_free_health_port(self) -> "Place":
        """For further workers on the same machine."""
        environment = {**self.environment, "HELIOGRAPH_WORKERS__HEALTH_PORT": "0"}
        return replace(self, environment=environment)


@asynccontextmanager
async def embedded_redis(folder: Path) -> AsyncIterator[RedisServer]:
    """A Redis of our own in *folder*; what was stored there before is there again."""
    server = RedisServer(folder)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


def load_settings(config: Path) -> Settings:
    """The settings in *config*, as this process's environment overrides them."""
    return Settings.load(config, os.environ)


@asynccontextmanager
async def deployed_url(settings: Settings) -> AsyncIterator[Secret]:
    """Where the Redis of a deployment answers, for a command that looks or changes something there.

    The configured one; where there is none, the one that `heliograph up` runs beside the settings,
    or that one again for as long as the command lasts.
    """
    if settings.redis.url:
        yield settings.redis.url
        return
    folder = settings.directory / STATE / "redis"
    running_url = await asyncio.to_thread(running, folder)
    if running_url is not None:
        yield running_url
        return
    async with embedded_redis(folder) as server:
        yield server.url


@asynccontextmanager
async def deployed_redis(settings: Settings) -> AsyncIterator[Redis]:
    """A client of the Redis of a deployment, while the context lasts."""
    async with deployed_url(settings) as url:
        redis = connect(url.reveal())
        try:
            yield redis
        finally:
            await redis.aclose()


@asynccontextmanager
async def deployed_queue(settings: Settings) -> AsyncIterator[Deployment]:
    """The queue of a deployment, while the context lasts."""
    async with deployed_url(settings) as url:
        redis = replace(settings.redis, url=url)
        async with open_deployment(replace(settings, redis=redis)) as deployment:
            yield deployment


async def start_listener(children: Children, place: Place, *arguments: str) -> Child:
    """Starts `python -m listener`."""
    command = ["-m", "listener", "--config", str(place.config), *arguments]
    return await children.start(
        "listener", command, directory=place.applications, environment=place.environment
    )


async def start_worker(children: Children, place: Place) -> Child:
    """Starts `python -m workers`."""
    command = ["-m", "workers", "--config", str(place.config)]
    return await children.start(
        "worker", command, directory=place.applications, environment=place.environment
    )


async def until_both_ready(
    listener: Child, worker: Child, *, listener_url: str, worker_url: str, ca_file: Path | None
) -> None:
    """Waits until the listener can store and the worker can claim."""
    await asyncio.gather(
        until_ready(listener, f"{listener_url}/readyz", within=START_WITHIN, ca_file=ca_file),
        until_ready(worker, f"{worker_url}/readyz", within=START_WITHIN),
    )
