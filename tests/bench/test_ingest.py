"""Ingest: POSTs that are stored before they are answered, beside servers that do less."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from heliograph.redis_server import RedisServer
from heliograph.registrations import KEY as REGISTRATIONS
from tests.bench.report import Row, report
from tests.listener.builders import a_registration, an_item
from tests.listener.process import ROOT, Process, running
from tests.listener.wired import STATES, listening

ROUNDS = 3
SECONDS = 3.0
CONNECTIONS = 64
BARE = (sys.executable, "-m", "tests.bench.bare_server")

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]


class Site:
    """A Redis, the listener on it, and the servers that it is compared with."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.redis = stack.enter_context(RedisServer())
        self.url = self.redis.url.reveal()
        self.client: redis.Redis = stack.enter_context(redis.Redis.from_url(self.url))
        record = b"\x01" + msgspec.msgpack.encode(a_registration())
        self.client.hset(REGISTRATIONS, "r1", record)
        self.listener = stack.enter_context(listening(folder, self.url, "--no-keeper"))
        self.bare = stack.enter_context(running((*BARE, "bare")))
        self.arq = stack.enter_context(running((*BARE, "arq", self.url)))

    @property
    def used_memory(self) -> int:
        memory: Any = self.client.info("memory")
        return int(memory["used_memory"])

    def empty(self) -> None:
        """Redis without what an earlier round stored."""
        registrations = self.client.hgetall(REGISTRATIONS)
        self.client.execute_command("FLUSHDB", "SYNC")  # else memory is freed later, and counted
        self.client.hset(REGISTRATIONS, mapping=registrations)  # type: ignore[arg-type]  # bytes are taken

    def post(self, server: Process, *, items: int) -> dict[str, Any]:
        """One round of load on *server*."""
        self.empty()
        item = json.dumps(an_item(clientState=STATES.make("r1")), separators=(",", ":"))
        words = [str(server.port), str(CONNECTIONS), str(SECONDS), str(items)]
        command = [sys.executable, "-m", "tests.bench.load", *words]
        done = subprocess.run(
            command, cwd=ROOT, input=item, capture_output=True, text=True, check=True
        )
        result: dict[str, Any] = json.loads(done.stdout)
        assert result["refused"] == 0, result
        return result


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(tmp_path_factory.mktemp("ingest"), stack)


def test_posts_accepted(site: Site) -> None:
    """Stored with AOF everysec, one listener process, beside a bare 202 that reads the body."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(site.post(site.bare, items=1)["accepted"] / SECONDS)
        result = site.post(site.listener, items=1)
        assert site.client.zcard("arq:queue:{p0}:looks") == result["accepted"]
        ours.append(result["accepted"] / SECONDS)
    value, baseline = statistics.median(ours), statistics.median(bare)
    ratio = value / baseline
    report(
        Row(
            name="POST accepted, 1 notification",
            value=value,
            unit="/s",
            baseline=baseline,
            ratio=ratio,
            target="0.5 of a bare 202",
            ok=ratio >= 0.5,
        )
    )


def test_notifications_stored(site: Site) -> None:
    """Ten a POST, beside one `enqueue_job` for each."""
    ours, plain = [], []
    for _ in range(ROUNDS):
        plain.append(site.post(site.arq, items=10)["accepted"] * 10 / SECONDS)
        ours.append(site.post(site.listener, items=10)["accepted"] * 10 / SECONDS)
    value, baseline = statistics.median(ours), statistics.median(plain)
    ratio = value / baseline
    report(
        Row(
            name="notifications stored, 10 a POST",
            value=value,
            unit="/s",
            baseline=baseline,
            ratio=ratio,
            target="10 times enqueue_job",
            ok=ratio >= 10,
        )
    )


def test_memory_of_what_waits(site: Site) -> None:
    """In Redis, for each basic notification about a resource of its own."""
    site.empty()
    before = site.used_memory
    stored = site.post(site.listener, items=10)["accepted"] * 10
    value = (site.used_memory - before) / stored
    report(
        Row(
            name="memory of a waiting notification",
            value=value,
            unit="bytes",
            target="under 1024",
            ok=value < 1024,
        )
    )
