"""Paging 1,000,000 users as typed values, beside bare httpx with `json.loads` on the same server."""

import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.bench.paging import client, count
from tests.bench.report import Row, report
from tests.listener.process import running

USERS = 1_000_000
ROUNDS = 3
FLAT_MEGABYTES = 10

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]


@pytest.fixture
def origin() -> Iterator[str]:
    with running((sys.executable, "-m", "tests.bench.page_server", str(USERS))) as server:
        yield f"http://127.0.0.1:{server.port}"


async def test_paging_is_as_fast_as_bare_httpx(origin: str) -> None:
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(await _rate(_bare, origin))
        ours.append(await _rate(count, origin))
    value, baseline = statistics.median(ours), statistics.median(bare)
    ratio = value / baseline
    report(
        Row(
            name="users paged as typed values",
            value=value,
            unit="/s",
            baseline=baseline,
            ratio=ratio,
            target="1.0 of bare httpx with json.loads",
            ok=ratio >= 1,
        )
    )


async def test_memory_stays_flat_while_paging(origin: str) -> None:
    """What the process has grown by between the first 50,000 users and its highest."""
    seen, lowest, highest = 0, 0.0, 0.0
    async with client(origin) as graph:
        async for _ in graph.users.list():
            seen += 1
            if seen % 50_000 == 0:
                lowest = lowest or _megabytes()
                highest = max(highest, _megabytes())
    assert seen == USERS
    report(
        Row(
            name="memory grown while paging 1,000,000 users",
            value=highest - lowest,
            unit="MB",
            target=f"under {FLAT_MEGABYTES} MB",
            ok=highest - lowest < FLAT_MEGABYTES,
        )
    )


async def _bare(origin: str) -> int:
    users, link = 0, f"{origin}/v1.0/users"
    headers = {"authorization": f"Bearer {'x' * 1_500}"}
    async with httpx.AsyncClient(http2=True, trust_env=False) as connection:
        while link:
            answer = await connection.get(link, headers=headers)
            page = json.loads(answer.content)
            for _ in page["value"]:
                users += 1
            link = page.get("@odata.nextLink")
    return users


async def _rate(page: Callable[[str], Awaitable[int]], origin: str) -> float:
    started = time.perf_counter()
    assert await page(origin) == USERS
    return USERS / (time.perf_counter() - started)


def _megabytes() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
