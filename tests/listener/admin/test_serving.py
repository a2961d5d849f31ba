"""The API in the keeper's process, as an administrator finds it."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx

from tests.listener.process import Process
from tests.listener.wired import configured

KEY = "hga_key"
HASH = sha256(KEY.encode()).hexdigest()
HEADERS = {"authorization": f"Bearer {KEY}"}


def admitting(port: int = 0) -> str:
    return f'[admin]\nport = {port}\n[admin.keys.ci]\nsha256 = "{HASH}"\nrole = "write"'


@contextmanager
def keeping(folder: Path, redis_url: str, more: str) -> Iterator[Process]:
    config = configured(folder, redis_url, more=more)
    process = Process([sys.executable, "-m", "listener", "--keeper-only", "--config", str(config)])
    try:
        yield process
    finally:
        process.end()


def until(process: Process, event: str) -> dict[str, object]:
    """What the *process* says of *event*, once it does; the test's own time limit ends it."""
    while True:
        for line in list(process.lines):
            said = json.loads(line)
            if said["event_name"] == event:
                return dict(said)
        assert process.child.poll() is None, "".join(process.lines)
        threading.Event().wait(0.01)


def test_api_is_served_beside_the_keeper_on_loopback(tmp_path: Path, redis_url: str) -> None:
    with keeping(tmp_path, redis_url, admitting()) as process:
        started = until(process, "admin.started")
        base = f"http://127.0.0.1:{started['port']}"
        page = httpx.get(f"{base}/v1/subscriptions", headers=HEADERS)
        nobody = httpx.get(f"{base}/v1/subscriptions")
        unreachable = httpx.get(f"{base}/v1/plan", headers=HEADERS, timeout=40)
    assert started["host"] == "127.0.0.1"
    assert (page.status_code, page.json()) == (200, {"value": [], "next": None})
    assert nobody.status_code == 401
    assert (unreachable.status_code, unreachable.json()["title"]) == (502, "Bad Gateway")
    assert "server" not in page.headers
    assert process.child.returncode == 0
    assert not any(KEY in line for line in process.lines)


def test_nothing_is_served_where_nobody_could_come_in(tmp_path: Path, redis_url: str) -> None:
    with keeping(tmp_path, redis_url, "[admin]\nport = 0") as process:
        until(process, "keeper.started")
        until(process, "admin.off")
    assert not any("admin.started" in line for line in process.lines)


def test_port_that_is_taken_stops_no_keeper(tmp_path: Path, redis_url: str) -> None:
    with keeping(tmp_path, redis_url, admitting()) as first:
        port = until(first, "admin.started")["port"]
        assert isinstance(port, int)
        (tmp_path / "other").mkdir()
        with keeping(tmp_path / "other", redis_url, admitting(port)) as second:
            until(second, "admin.port_taken")
            first.end()
            until(second, "admin.started")
            answer = httpx.get(f"http://127.0.0.1:{port}/v1/subscriptions", headers=HEADERS)
    assert answer.status_code == 200
