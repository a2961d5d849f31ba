"""`python -m listener`, wired from a configuration, on a real Redis."""

import base64
import json
import os
import pickle
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from heliograph.redis_server import RedisServer
from heliograph.registrations import KEY as REGISTRATIONS
from heliograph.subscriptions import Registration
from tests.heliograph.entra import token
from tests.listener.builders import CONTENT, a_body, a_registration, an_item
from tests.listener.process import ROOT, Process, a_request
from tests.listener.wired import STATES, listening


@pytest.fixture(scope="module")
def own_redis() -> Iterator[RedisServer]:
    """One that these tests may freeze."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def process(own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with listening(
        tmp_path_factory.mktemp("listener"), own_redis.url.reveal(), "--no-keeper"
    ) as process:
        yield process


@pytest.fixture
def store(own_redis: RedisServer) -> Iterator[redis.Redis]:
    """The Redis of *process*, with one registration in it and nothing else."""
    with redis.Redis.from_url(own_redis.url.reveal()) as client:
        client.flushall()
        put(client, a_registration())
        yield client


def put(client: redis.Redis, registration: Registration) -> None:
    record = b"\x01" + msgspec.msgpack.encode(registration)
    client.execute_command("HSET", REGISTRATIONS, registration.id, record)


def an_own_item(registration: str = "r1", **fields: Any) -> dict[str, Any]:
    return an_item(**{"clientState": STATES.make(registration), **fields})


def posted(process: Process, body: bytes, path: str = "/graph/notifications") -> int:
    request = a_request(body, path=path, head=b"connection: close\r\n")
    return int(process.exchange(request).split()[1])


def everything(client: redis.Redis) -> bytes:
    """All that lies in Redis."""
    return b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())


def test_genuine_post_is_in_redis_when_it_is_accepted(process: Process, store: redis.Redis) -> None:
    assert posted(process, a_body(an_own_item())) == 202
    assert store.zcard("arq:queue:{p0}:looks") == 1
    lifecycle = an_own_item(changeType=..., lifecycleEvent="missed")
    assert posted(process, a_body(lifecycle), "/hooks/graph/lifecycle") == 202
    assert store.zcard("arq:queue:{p0}:lifecycle") == 1


def test_s01_forged_post_is_only_counted(process: Process, store: redis.Redis) -> None:
    store.flushall()
    items = [an_own_item(clientState="x"), an_own_item("r9"), an_item()]
    assert posted(process, a_body(*items)) == 202
    assert store.hgetall("heliograph:{p0}:counts") == {
        b"refused:client_state": b"2",
        b"refused:unknown_subscription": b"1",
    }
    lanes = [bytes(store.execute_command("GET", key)) for key in store.scan_iter("arq:job:*")]
    assert all(b"heliograph/counts" in record for record in lanes), "their sum is told"


def test_registration_of_a_moment_ago_is_known(process: Process, store: redis.Redis) -> None:
    """Unknown is what Redis does not know, not what this process has not heard of."""
    put(store, a_registration("r2"))
    posted(process, a_body(an_own_item("r2")))
    assert store.zcard("arq:queue:{p0}:looks") == 1


def test_s02_s16_neither_client_state_nor_content_lies_in_redis(
    process: Process, store: redis.Redis
) -> None:
    item = an_own_item(resourceData={"id": "x", "@odata.etag": "canary-etag"})
    posted(process, a_body(item, an_own_item(clientState="canary-client-state")))
    lying = everything(store)
    assert b"canary" not in lying
    assert str(item["clientState"]).split(".")[1].encode() not in lying
    assert "canary" not in "".join(process.lines)


def test_rich_news_waits_for_a_worker_where_no_key_is_known(
    process: Process, store: redis.Redis
) -> None:
    """The authority cannot be reached: the answer does not wait for it."""
    body = a_body(an_own_item(encryptedContent=CONTENT), validationTokens=[token()])
    started = time.monotonic()
    assert posted(process, body) == 202
    assert time.monotonic() - started < 1
    assert store.zcard("arq:queue:{p0}:looks") == 1
    assert CONTENT["data"].encode() not in everything(store)


def test_s17_pickle_in_redis_is_data_of_no_kind(
    process: Process, store: redis.Redis, tmp_path: Path
) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(tmp_path / "ran"),))

    store.execute_command("HSET", REGISTRATIONS, "r3", pickle.dumps(Evil()))
    assert posted(process, a_body(an_own_item("r3"))) == 503
    assert not (tmp_path / "ran").exists()


def test_frozen_redis_is_503_in_time_and_at_once_while_the_breaker_is_open(
    process: Process, store: redis.Redis, own_redis: RedisServer
) -> None:
    """Loss mode L2: Graph counts an answer after 3 s as late."""
    assert posted(process, a_body(an_own_item())) == 202
    assert own_redis.pid is not None
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert posted(process, a_body(an_own_item())) == 503
        assert time.monotonic() - started < 1.5
        started = time.monotonic()
        assert posted(process, a_body(an_own_item())) == 503
        assert time.monotonic() - started < 0.3
        assert process.get("/readyz")[0] == 503
        assert process.get("/healthz")[0] == 200
        handshakes_are_answered(process)
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    until_stored(process)


def handshakes_are_answered(process: Process) -> None:
    """Loss mode L30: from memory, though 200 POSTs wait for Redis."""
    body = a_body(an_own_item("r4"))
    threads = [threading.Thread(target=posted, args=(process, body)) for _ in range(200)]
    for thread in threads:
        thread.start()
    took = []
    for path in ("/graph/notifications", "/graph/lifecycle") * 25:
        started = time.monotonic()
        assert posted(process, b"", f"{path}?validationToken=a+b") == 200
        took.append(time.monotonic() - started)
    for thread in threads:
        thread.join()
    assert statistics.median(took) < 0.2


def until_stored(process: Process) -> None:
    deadline = time.monotonic() + 5
    while posted(process, a_body(an_own_item())) != 202:
        assert time.monotonic() < deadline, "expected the listener to heal by itself"
        threading.Event().wait(0.05)


def test_s19_no_secret_of_the_configuration_is_said(tmp_path: Path) -> None:
    """Redis refuses the password, if there is any Redis at all."""
    url = "redis://user:canary-password@127.0.0.1:1/0"
    with listening(tmp_path, url, "--no-keeper", secret=b"canary-root-secret-of-32-bytes!!") as one:
        assert posted(one, a_body(an_own_item())) in {202, 503}
        assert one.get("/readyz")[0] == 503
    said = "".join(one.lines)
    root = base64.b64encode(b"canary-root-secret-of-32-bytes!!").decode()
    assert "canary" not in said
    assert root not in said


def test_configuration_that_cannot_be_used_is_told_in_a_line(tmp_path: Path) -> None:
    missing = tmp_path / "heliograph.toml"
    command = [sys.executable, "-m", "listener", "--config", str(missing)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert re.fullmatch(r"heliograph\.toml: expected a file, got none.*\n", ended.stderr)


def children(pid: int) -> list[int]:
    return [
        int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    ] + [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
        for child in (task / "children").read_text("ascii").split()
    ]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_keeper_is_a_child_that_ends_with_the_listener(
    tmp_path: Path, redis_url: str, signum: signal.Signals
) -> None:
    with listening(tmp_path, redis_url) as one:
        (keeper,) = children(one.child.pid)
        command = Path(f"/proc/{keeper}/cmdline").read_bytes().split(b"\0")
        assert b"--keeper-only" in command
        os.kill(keeper, signal.SIGKILL)
        again = until_another_child(one.child.pid, keeper)
        one.child.send_signal(signum)
        one.child.wait(10)
        until_gone(again)
    (line,) = [event for event in one.events if event["event_name"] == "keeper.ended"]
    assert line["exit_status"] == -signal.SIGKILL


def until_another_child(pid: int, but: int) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        others = [child for child in children(pid) if child != but]
        if others:
            return others[0]
        threading.Event().wait(0.05)
    raise AssertionError("expected the keeper to be started again")


def until_gone(pid: int) -> None:
    deadline = time.monotonic() + 15
    while Path(f"/proc/{pid}").exists() and "Z" not in state_of(pid):
        assert time.monotonic() < deadline, "expected the keeper to end with the listener"
        threading.Event().wait(0.05)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_lines_of_the_log_are_json(process: Process) -> None:
    assert all(json.loads(line)["service.name"] == "heliograph-listener" for line in process.lines)
