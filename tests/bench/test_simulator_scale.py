"""The simulator at its full size, in a process of its own: memory, time to start, delta pages."""

import asyncio
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from heliograph.simulator import Options, Running, running
from heliograph.simulator.notify.checks import wish
from heliograph.simulator.notify.registry import Subscription
from tests.bench.report import Row, report

USERS, MAILBOXES, SUBSCRIPTIONS, PAGES = 1_000_000, 5_000, 100_000, 200

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]


def test_simulator_scale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.test_simulator_scale"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    rows = (
        ("simulator with 1,000,000 users, made in", "s", 60),
        ("simulator with 1,000,000 users, memory", "MB", 2_000),
        ("a delta page of 200 users, p50", "ms", 5),
        ("a delta page of 200 users, p99", "ms", 5),
        ("a page of 999 users, p50", "ms", 50),
        ("5,000 mailboxes made in", "s", 60),
        ("100,000 subscriptions made in", "s", 60),
        ("memory with all of it", "MB", 2_000),
    )
    report(
        *(
            Row(name=name, value=value, unit=unit, target=f"under {most} {unit}", ok=value < most)
            for (name, unit, most), value in zip(rows, found, strict=True)
        )
    )


async def measure() -> list[float]:
    """The figures in the order of the rows."""
    began = time.perf_counter()
    async with running(Options(users=USERS, tls=False)) as simulator:
        made, memory = time.perf_counter() - began, _memory()
        async with _client(simulator) as client:
            delta = sorted(await _pages(client, "/users/delta?$select=displayName,mail"))
            plain = sorted(await _pages(client, "/users?$top=999"))
        boxes = _timed(lambda: _mailboxes(simulator))
        subscriptions = _timed(lambda: _subscriptions(simulator))
        return [
            *(made, memory, delta[PAGES // 2], delta[int(PAGES * 0.99)], plain[PAGES // 2]),
            *(boxes, subscriptions, _memory()),
        ]


def _client(simulator: Running) -> httpx.AsyncClient:
    ready = simulator.ready
    return httpx.AsyncClient(
        base_url=f"{ready['graph']}/v1.0",
        headers={"authorization": f"Bearer {ready['token']}"},
        trust_env=False,
    )


async def _pages(client: httpx.AsyncClient, link: str) -> list[float]:
    """How long each of the first pages takes, in milliseconds."""
    found = []
    for _ in range(PAGES):
        began = time.perf_counter()
        answer = await client.get(link)
        found.append((time.perf_counter() - began) * 1000)
        link = answer.json()["@odata.nextLink"]
    return found


def _mailboxes(simulator: Running) -> None:
    world, made = simulator.world, 0
    for _, key, _ in world.directory.users.walk():
        if world.directory.has_mailbox(key):
            world.outlook.boxes.of(key)
            made += 1
        if made == MAILBOXES:
            return


def _subscriptions(simulator: Running) -> None:
    world = simulator.world
    owners = [row["id"] for row in world.directory.some_users(MAILBOXES)]
    pattern = _pattern(simulator, owners[0])
    for number in range(SUBSCRIPTIONS):
        owner = owners[number % MAILBOXES]
        world.registry.add(
            replace(
                pattern,
                id=str(UUID(int=number)),
                owner=owner,
                resource=f"users/{owner}/messages?$filter=isRead eq false and {number} eq {number}",
            )
        )
    assert len(world.registry) == SUBSCRIPTIONS


def _pattern(simulator: Running, owner: str) -> Subscription:
    world = simulator.world
    now = world.clock.now()
    asked = wish(
        {
            "changeType": "created,updated",
            "notificationUrl": "https://localhost/notify",
            "resource": f"users/{owner}/messages",
            "expirationDateTime": (now + timedelta(days=1)).isoformat(),
            "clientState": "state",
        },
        now=now,
        allow_http=False,
        refuse_created=False,
    )
    claims = world.tenant.access_claims(world.clock, roles=(), lifetime=60)
    return world.subscriptions._subscription(asked, claims, immutable_ids=True)


def _timed(act: object) -> float:
    began = time.perf_counter()
    act()  # type: ignore[operator]  # a function
    return time.perf_counter() - began


def _memory() -> float:
    """The most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
