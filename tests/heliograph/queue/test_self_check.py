"""The self-check: a Redis that would lose data is refused, a line for each finding."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from heliograph.errors import QueueUnavailable, RedisUnsafe
from heliograph.queue.connection import Connector
from heliograph.queue.self_check import Facts, check, findings, require_safe
from heliograph.redis_server import RedisServer
from heliograph.settings import RedisSettings, Secret
from tests.listener.process import ROOT
from tests.listener.wired import configured

LEASE = timedelta(seconds=15)
SAFE = Facts(
    version=(7, 2),
    role="master",
    appendonly="yes",
    appendfsync="everysec",
    eviction="noeviction",
    replicas=0,
    clock_offset=timedelta(seconds=1),
)


def found(mode: str = "standard", lease: timedelta = LEASE, **facts: Any) -> dict[str, str]:
    return findings(replace(SAFE, **facts), RedisSettings(durability=mode), lease=lease)


def test_safe_redis_has_no_findings() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("name", "facts", "line"),
    [
        ("version", {"version": (7, 0)}, "expected 7.2 or newer, got 7.0"),
        ("primary", {"role": "slave"}, "expected master, got slave"),
        ("appendonly", {"appendonly": "no"}, "expected yes, got no"),
        ("appendfsync", {"appendfsync": "no"}, "expected everysec or always, got no"),
        (
            "appendfsync",
            {"appendfsync": None},
            "expected everysec or always, got no answer: it is hidden",
        ),
        ("eviction", {"eviction": "volatile-lru"}, "expected noeviction, got volatile-lru"),
        ("appendfsync", {"mode": "strict"}, "expected always, got everysec"),
        ("replicas", {"mode": "replicated"}, "expected 1 connected replicas or more, got 0"),
        (
            "clock",
            {"clock_offset": timedelta(minutes=-5)},
            "expected at most 1m between its clock and ours, got 5m",
        ),
        (
            "lease",
            {"lease": timedelta(seconds=1)},
            (
                "expected a lease (workers.lease) of at least 2s, "
                "twice what an answer of Redis may take, got 1s"
            ),
        ),
    ],
)
def test_each_danger_is_one_finding(name: str, facts: dict[str, Any], line: str) -> None:
    assert found(**facts) == {name: line}


@contextmanager
def a_redis(**options: str) -> Iterator[RedisServer]:
    named = {name.replace("_", "-"): value for name, value in options.items()}
    with RedisServer(options=named) as server:
        yield server


async def test_l05_l08_real_redis_that_would_lose_data_is_refused_line_by_line() -> None:
    with a_redis(appendonly="no", maxmemory_policy="volatile-lru") as server:
        client = Connector(url=server.url).client()
        with pytest.raises(RedisUnsafe) as refused:
            await require_safe(client, RedisSettings(), lease=LEASE)
        assert refused.value.faults == (
            (
                'redis: appendonly: expected yes, got no (redis.accept = ["appendonly"] '
                "where you know better)"
            ),
            (
                "redis: eviction: expected noeviction, got volatile-lru "
                '(redis.accept = ["eviction"] where you know better)'
            ),
        )
        accepting = RedisSettings(accept=("eviction",))
        assert list(await check(client, accepting, lease=LEASE)) == ["appendonly"]
        await client.aclose()


async def test_hidden_settings_are_findings_that_can_be_accepted() -> None:
    """As managed services have it: CONFIG is not for their users."""
    with a_redis() as server:
        admin = Connector(url=server.url).client()
        await admin.execute_command(
            "ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-@admin", "+info"
        )
        url = Secret(f"redis://app:pw@127.0.0.1:{server.port}/0")
        client = Connector(url=url).client()
        hidden = await check(client, RedisSettings(), lease=LEASE)
        assert list(hidden) == ["appendfsync"], "whether there is a file at all, INFO tells"
        assert await check(client, RedisSettings(accept=("appendfsync",)), lease=LEASE) == {}
        await client.aclose()
        await admin.aclose()


async def test_redis_that_is_away_is_no_finding() -> None:
    client = Connector(url=Secret("redis://127.0.0.1:1/0")).client()
    with pytest.raises(QueueUnavailable):
        await check(client, RedisSettings(), lease=LEASE)


@pytest.mark.parametrize("application", ["listener", "workers"])
def test_processes_refuse_to_start_on_it_with_status_1(application: str, tmp_path: Path) -> None:
    with a_redis(maxmemory_policy="allkeys-lru") as server:
        config = configured(tmp_path, server.url.reveal())
        ended = subprocess.run(
            [sys.executable, "-m", application, "--config", str(config)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        "redis: eviction: expected noeviction, got allkeys-lru "
        '(redis.accept = ["eviction"] where you know better)'
    )
