"""Runs per second of one worker process, from a filled queue, beside plain arq on the same Redis."""

import asyncio
import base64
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from arq import create_pool
from arq.connections import RedisSettings

from heliograph.changes import Change
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.calls import Calls
from heliograph.queue.connection import connect
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import RunRecord
from heliograph.redis_server import RedisServer
from heliograph.sealing import Sealer
from tests.bench.report import Row, report
from tests.listener.process import ROOT

ROUNDS = 3
OURS, DEFAULT, TUNED = 20_000, 1_000, 5_000
AT_ONCE = 500
ROOT_SECRET = b"r" * 32
HANDLER = '''
from heliograph import Change, Context, Router

router = Router()


@router.on("users", "updated")
async def nothing(change: Change, ctx: Context) -> None:
    """Does nothing."""
'''
CONFIG = """
[secrets]
root = {{ file = "root" }}
[tenants.contoso]
tenant_id = "{tenant}"
client_id = "{tenant}"
client_secret = {{ file = "root" }}
authority = "https://127.0.0.1:1"
graph = "https://127.0.0.1:1"
[redis]
url = {{ file = "redis" }}
[workers]
health_port = 0
[handlers.empty]
module = "empty_handler"
[log]
level = "warning"
"""
TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
QUEUE = "arq:queue:{p0}:runs"

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]


def test_runs_per_second(tmp_path: Path) -> None:
    """Empty handler; arq with its defaults, and tuned (100 jobs at once, polls each 10 ms)."""
    with RedisServer() as server:
        url = server.url.reveal()
        folder = _configured(tmp_path, url)
        rates: dict[str, list[float]] = {"ours": [], "default": [], "tuned": []}
        for _ in range(ROUNDS):
            asyncio.run(_fill_ours(url))
            command = ["-m", "workers", "--config", str(folder / "heliograph.toml")]
            rates["ours"].append(_drained(url, command, queue=QUEUE, count=OURS))
            for kind, count in (("default", DEFAULT), ("tuned", TUNED)):
                asyncio.run(_fill_plain(url, count))
                command = ["-m", "tests.bench.plain_worker", url, kind]
                rates[kind].append(_drained(url, command, queue="arq:queue", count=count))
    ours, default, tuned = (statistics.median(rates[name]) for name in rates)
    report(
        _row("runs, beside plain arq", ours, default, 10),
        _row("runs, beside tuned arq", ours, tuned, 5),
    )


def _row(name: str, value: float, baseline: float, times: int) -> Row:
    ratio = value / baseline
    return Row(
        name=name,
        value=value,
        unit="/s",
        baseline=baseline,
        ratio=ratio,
        target=f"{times} times",
        ok=ratio >= times,
    )


def _configured(folder: Path, url: str) -> Path:
    (folder / "root").write_text(base64.b64encode(ROOT_SECRET).decode(), "ascii")
    (folder / "redis").write_text(url, "ascii")
    (folder / "empty_handler.py").write_text(HANDLER, "utf-8")
    (folder / "heliograph.toml").write_text(CONFIG.format(tenant=TENANT), "utf-8")
    return folder


async def _fill_ours(url: str) -> None:
    """As a look that tells very much: pieces of 500 runs, each about a resource of its own."""
    client = connect(url)
    await client.flushdb()
    partition = Partition(Calls(client), Sealer([ROOT_SECRET]))
    news = News(registration="r", subscription_id="s", received_at=1)
    intake = Intake([partition])
    await intake.store([Arrival(lane=Lane(tenant=TENANT, kind="users", id="u"), news=news)])
    reservation = await partition.reserve({"looks": 1})
    (claim,) = await partition.take(reservation, token="w", lease=timedelta(minutes=5))
    for start in range(0, OURS, AT_ONCE):
        runs = [_run(number) for number in range(start, start + AT_ONCE)]
        piece = None if start + AT_ONCE == OURS else start
        await partition.end_look(claim, LookEnd(runs=runs, piece=piece))
    await intake.close()
    await client.aclose()


def _run(number: int) -> RunRecord:
    change = Change(
        change_id=f"c{number}",
        tenant=TENANT,
        kind="users",
        id=f"u{number}",
        what="updated",
        observed_at=1,
        after={"department": "Sales"},
        changed={"department": ("Legal", "Sales")},
    )
    return RunRecord(run_id=f"run{number}", handler="empty.nothing", change=change, queued_at=1)


async def _fill_plain(url: str, count: int) -> None:
    pool = await create_pool(RedisSettings.from_dsn(url))
    await pool.flushdb()
    for number in range(count):
        await pool.enqueue_job("empty", f"u{number}")
    await pool.aclose()


def _drained(url: str, command: Sequence[str], *, queue: str, count: int) -> float:
    """Jobs per second of one worker, without its start and its last few."""
    high, low = int(count * 0.95), int(count * 0.05)
    with (
        redis.Redis.from_url(url) as client,
        subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as worker,
    ):
        try:
            first = _until_below(client, queue, high)
            last = _until_below(client, queue, low)
        finally:
            worker.terminate()
    return (first[1] - last[1]) / (last[0] - first[0])


def _until_below(client: redis.Redis, queue: str, most: int) -> tuple[float, int]:
    while True:
        waiting = client.zcard(queue)
        assert isinstance(waiting, int)
        if waiting <= most:
            return time.perf_counter(), waiting
        time.sleep(0.01)
