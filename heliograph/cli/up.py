"""`heliograph up`: listener, keeper and workers together, with what else they need."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec

from heliograph.cli.processes import Children
from heliograph.cli.stack import (
    STATE,
    Place,
    Simulated,
    applications,
    embedded_redis,
    issue_certificate,
    start_listener,
    start_simulator,
    start_worker,
)
from heliograph.settings import Settings


async def run_until_stopped(config: Path, *, simulated: bool, workers: int) -> int:
    """Runs all of it until SIGINT or SIGTERM; the exit status."""
    stop = _stop_by_signal()
    home = applications(config.parent)
    state = config.parent / STATE
    async with AsyncExitStack() as stack:
        environment: dict[str, str] = {}
        if simulated:
            tenants = await stack.enter_async_context(Children(_print))
            simulator = await start_simulator(tenants, state / "tls", directory=home)
            tenant = next(iter(_tenant_names(config)), "main")
            environment |= _against(simulator, tenant, state)
        settings = Settings.load(config, {**os.environ, **environment})
        if not settings.redis.url:
            redis = await stack.enter_async_context(embedded_redis(state / "redis"))
            environment["HELIOGRAPH_REDIS__URL"] = redis.url.reveal()
        # Last in, first out: whoever uses Redis ends before it.
        children = await stack.enter_async_context(Children(_print))
        place = Place(config=config, applications=home, environment=environment)
        await start_listener(children, place)
        for number in range(workers):
            await start_worker(children, place if number == 0 else place.with_free_health_port())
        while not stop.is_set():
            children.check()
            await _pause(stop)
        print("heliograph: stopping", file=sys.stderr)
    return 0


def _tenant_names(config: Path) -> list[str]:
    """The names of the tenants, before the rest of the settings can be sound."""
    table = msgspec.toml.decode(config.read_bytes(), type=dict[str, Any])
    tenants = table.get("tenants")
    return list(tenants) if isinstance(tenants, Mapping) else []


def _against(simulated: Simulated, tenant: str, state: Path) -> dict[str, str]:
    """What overrides the settings so that *tenant* is the simulated one."""
    certificate = issue_certificate(state / "tls")
    section = f"HELIOGRAPH_TENANTS__{tenant.upper()}__"
    return {
        f"{section}TENANT_ID": simulated.tenant_id,
        f"{section}CLIENT_ID": simulated.client_id,
        f"{section}CLIENT_SECRET": simulated.client_secret,
        f"{section}GRAPH": simulated.graph,
        f"{section}AUTHORITY": simulated.authority,
        f"{section}CA_FILE": str(simulated.ca_file),
        "HELIOGRAPH_LISTENER__PUBLIC_URL": "https://localhost:8080",
        "HELIOGRAPH_LISTENER__PORT": "8080",
        "HELIOGRAPH_LISTENER__TLS_CERTIFICATE": str(certificate.chain),
        "HELIOGRAPH_LISTENER__TLS_KEY": str(certificate.key),
    }


def _print(name: str, event: Mapping[str, Any]) -> None:
    text = event.get("text")
    line = text if isinstance(text, str) else msgspec.json.encode(event).decode()
    print(f"{name:9} | {line}", flush=True)


def _stop_by_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    return stop


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(0.2):
            await stop.wait()
    except TimeoutError:
        return
