"""Loss modes that need processes which die: real listeners, workers and servers (chaos)."""

import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from heliograph.lanes import Lane
from heliograph.queue.keys import Keys
from heliograph.redis_server import RedisServer
from tests.chaos.fleet import fill, fleet
from tests.chaos.proxy import FaultProxy
from tests.heliograph.entra import TENANT
from tests.listener.builders import USER, a_body, a_registration, an_item
from tests.listener.process import Process, a_request, running
from tests.listener.test_app import put
from tests.listener.wired import STATES, configured

KEYS = Keys()
RUNS = KEYS.queue("runs")

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


def body_about(message: str) -> bytes:
    return a_body(
        an_item(
            clientState=STATES.make("r1"),
            resource=f"Users/{USER}/Messages/{message}",
            resourceData={"id": message},
        )
    )


def job_of(message: str) -> str:
    lane = Lane(tenant=TENANT, kind="messages", id=message, owner=USER)
    return KEYS.look_job(lane)


class Graph(threading.Thread):
    """Posts one notification after the other to whichever listener answers, and keeps score."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.process: Process | None = None
        self.acknowledged: list[str] = []
        self.answers: Counter[int] = Counter()
        self._over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            message = f"m{number}"
            status = self._post(body_about(message))
            self.answers[status] += 1
            if status == 202:
                self.acknowledged.append(message)

    def _post(self, body: bytes) -> int:
        process = self.process
        if process is not None:
            with suppress(OSError, IndexError, ValueError):
                answer = process.exchange(a_request(body, head=b"connection: close\r\n"))
                return int(answer.split()[1])
        time.sleep(0.02)
        return 0

    def end(self) -> None:
        self._over.set()
        self.join(15)


def until_ready(process: Process) -> None:
    while True:
        with suppress(OSError, IndexError, ValueError):
            if process.get("/readyz")[0] == 200:
                return
        time.sleep(0.05)


def lost(client: redis.Redis, acknowledged: list[str]) -> list[str]:
    present = {member.decode() for member in _members(client)}
    return [message for message in acknowledged if job_of(message) not in present]


def _members(client: redis.Redis) -> list[bytes]:
    members: Any = client.zrange(KEYS.queue("looks"), 0, -1)
    return list(members)


def test_l01_killed_listener_loses_nothing_that_it_accepted(tmp_path: Path) -> None:
    with RedisServer() as server, redis.Redis.from_url(server.url.reveal()) as client:
        put(client, a_registration())
        config = configured(tmp_path, server.url.reveal())
        command = [sys.executable, "-m", "listener", "--config", str(config), "--no-keeper"]
        graph = Graph()
        graph.start()
        for _ in range(5):
            process = Process(command).until_started()
            until_ready(process)
            graph.process = process
            time.sleep(random.uniform(0.2, 0.6))  # noqa: S311 (a moment as good as any)
            graph.process = None
            process.child.kill()
            process.end()
        graph.end()
        assert len(graph.acknowledged) > 50
        assert lost(client, graph.acknowledged) == []


def test_l32_rolling_restarts_of_listeners_lose_nothing(tmp_path: Path) -> None:
    """Readiness goes off first, what is in flight ends: no answer is cut off."""
    with RedisServer() as server, redis.Redis.from_url(server.url.reveal()) as client:
        put(client, a_registration())
        config = configured(tmp_path, server.url.reveal())
        command = [sys.executable, "-m", "listener", "--config", str(config), "--no-keeper"]
        graph = Graph()
        graph.start()
        old = Process(command).until_started()
        until_ready(old)
        for _ in range(4):
            new = Process(command).until_started()
            until_ready(new)
            graph.process = old
            time.sleep(0.5)
            old.child.send_signal(signal.SIGTERM)
            while old.get("/readyz")[0] == 200:
                pass
            graph.process = new  # as whoever stands in front sends on, once it is not ready
            assert old.end() == 0
            old = new
        graph.process = None
        graph.end()
        old.end()
        assert set(graph.answers) <= {202, 0}
        assert len(graph.acknowledged) > 50
        assert lost(client, graph.acknowledged) == []


def test_l07_failover_loses_nothing_that_was_accepted_in_replicated_mode(tmp_path: Path) -> None:
    """The link goes black, the primary dies, the replica is promoted."""
    with RedisServer() as primary, FaultProxy(primary.port) as link:
        password = primary.url.reveal().split(":")[2].split("@")[0]
        options = {"replicaof": f"127.0.0.1 {link.port}", "masterauth": password}
        with (
            RedisServer(options=options) as replica,
            redis.Redis.from_url(primary.url.reveal()) as client,
            redis.Redis.from_url(replica.url.reveal()) as follower,
        ):
            put(client, a_registration())
            while int(client.wait(1, 1_000)) < 1:
                pass
            config = configured(tmp_path, primary.url.reveal(), more='durability = "replicated"')
            command = [sys.executable, "-m", "listener", "--config", str(config), "--no-keeper"]
            with running(command) as process:
                until_ready(process)
                graph = Graph()
                graph.process = process
                graph.start()
                time.sleep(2)
                link.faults.swallows_requests = link.faults.swallows_answers = True
                time.sleep(2)
                primary.kill()
                time.sleep(1)
                graph.end()
            follower.execute_command("REPLICAOF", "NO", "ONE")
            assert len(graph.acknowledged) > 20
            assert graph.answers[503] > 0, "without its replica nothing was accepted"
            assert lost(follower, graph.acknowledged) == []


def test_l13_killed_workers_work_goes_on_elsewhere_and_no_effect_is_doubled(
    tmp_path: Path,
) -> None:
    users = [f"u{number}" for number in range(300)]
    with (
        RedisServer() as server,
        fleet(tmp_path, server.url.reveal(), workers=2, takes=0.01) as ours,
    ):
        fill(server.url.reveal(), users)
        kills = 0
        with redis.Redis.from_url(server.url.reveal()) as client:
            while client.zcard(RUNS):
                if kills < 4 and len(ours.lines("start")) > 40 * (kills + 1):
                    ours.processes[0].send_signal(signal.SIGKILL)
                    ours.processes[0].wait()
                    kills += 1
                ours.supervise()
                time.sleep(0.05)
            assert client.hlen(KEYS.dead) == 0
        effects = Counter(name for (name,) in ours.lines("effect"))
        assert kills == 4
        assert set(effects) == set(users)
        # Between an effect and its record a kill may double it: at most one for each kill.
        assert sum(effects.values()) <= len(users) + kills


def test_l14_rolling_restarts_count_nothing_against_anybody(tmp_path: Path) -> None:
    users = [f"u{number}" for number in range(200)]
    with (
        RedisServer() as server,
        fleet(tmp_path, server.url.reveal(), workers=2, takes=0.02) as ours,
    ):
        fill(server.url.reveal(), users)
        statuses: list[int] = []
        with redis.Redis.from_url(server.url.reveal()) as client:
            while client.zcard(RUNS):
                if len(statuses) < 4 and len(ours.lines("start")) > 30 * (len(statuses) + 1):
                    ours.processes[0].send_signal(signal.SIGTERM)
                    statuses.append(ours.processes[0].wait(30))
                ours.supervise()
                time.sleep(0.05)
            assert list(client.scan_iter("arq:retry:*")) == []
            assert list(client.scan_iter("arq:in-progress:*")) == []
        assert statuses == [0] * len(statuses)
        assert len(statuses) >= 1
        effects = Counter(name for (name,) in ours.lines("effect"))
        assert effects == Counter(users)


def test_l25_poison_is_quarantined_and_all_others_are_done(tmp_path: Path) -> None:
    users = [*(f"u{number}" for number in range(100)), "poison", *(f"v{n}" for n in range(100))]
    with (
        RedisServer() as server,
        fleet(tmp_path, server.url.reveal(), workers=2, takes=0.005) as ours,
    ):
        fill(server.url.reveal(), users)
        deaths = 0
        with redis.Redis.from_url(server.url.reveal()) as client:
            while client.zcard(RUNS):
                deaths += ours.supervise()
                time.sleep(0.05)
            assert client.hkeys(KEYS.dead) == [b"run-poison"]
        effects = {name for (name,) in ours.lines("effect")}
        assert effects == set(users) - {"poison"}
        assert deaths == 3, "quarantined after three, one of them alone"


SKEWED = """
import time
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + {skew}
time.time_ns = lambda: _time_ns() + {skew} * 1_000_000_000
"""


@pytest.mark.parametrize("skew", [-300, 300])
def test_l21_clocks_that_differ_neither_delay_nor_hurry_work(tmp_path: Path, skew: int) -> None:
    """Plain arq starts work late by as much as the clocks differ."""
    (tmp_path / "skewed").mkdir()
    (tmp_path / "skewed" / "sitecustomize.py").write_text(SKEWED.format(skew=skew), "utf-8")
    environment = {
        "PYTHONPATH": str(tmp_path / "skewed"),
        "HELIOGRAPH_REDIS__ACCEPT": "clock",
    }
    with (
        RedisServer() as server,
        fleet(tmp_path, server.url.reveal(), workers=1, environment=environment) as ours,
    ):
        fill(server.url.reveal(), ["first"])
        while not ours.lines("effect"):
            time.sleep(0.01)
        filled_at = time.time()
        fill(server.url.reveal(), ["second"])
        while len(ours.lines("effect")) < 2:
            time.sleep(0.005)
        assert time.time() - filled_at < 1.0
        (*_, started) = ours.lines("start")[-1]
        assert abs(float(started) - skew - time.time()) < 5, "its clock was indeed wrong"


def test_s26_flood_with_a_valid_client_state_keeps_memory_flat_and_answers_quick(
    tmp_path: Path,
) -> None:
    with RedisServer() as server, redis.Redis.from_url(server.url.reveal()) as client:
        put(client, a_registration())
        config = configured(
            tmp_path,
            server.url.reveal(),
            more="[back_pressure]\ndepth = 300\nlooks_per_second = 50\nlooks_burst = 50",
        )
        command = [sys.executable, "-m", "listener", "--config", str(config), "--no-keeper"]
        with running(command) as process:
            until_ready(process)
            graph = Graph()
            graph.process = process
            before = process.resident_kilobytes
            graph.start()
            time.sleep(8)
            took = []
            for number in range(50):
                began = time.perf_counter()
                process.exchange(a_request(body_about(f"x{number}"), head=b"connection: close\r\n"))
                took.append(time.perf_counter() - began)
            graph.end()
            grown = process.resident_kilobytes - before
        assert graph.answers[503] > 0, "the gate of depth was shut"
        assert lost(client, graph.acknowledged) == []
        assert sorted(took)[48] < 0.3
        assert grown < 20_000, f"{grown} KB more"
