"""`heliograph trigger` and a simulator that runs as a process of its own, as a user has them."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from heliograph.simulator.activity import TRIGGERS
from heliograph.simulator.announcement import running

ROOT = Path(__file__).parents[3]

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which no simulator of anybody else can be found."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")}
    own = {"XDG_RUNTIME_DIR": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "200"}
    return {**clean, "PYTHONPATH": str(ROOT), **own}


@pytest.fixture
def heliograph(environment: dict[str, str]) -> Command:
    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "heliograph", *arguments],
            cwd=ROOT,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


class Simulator:
    def __init__(self, environment: Mapping[str, str], *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "heliograph", "simulate", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@pytest.fixture
def simulator(environment: dict[str, str]) -> Iterator[Simulator]:
    made = Simulator(environment)
    yield made
    made.end()


def test_running_simulator_is_found_and_told_in_text(
    heliograph: Command, simulator: Simulator
) -> None:
    done = heliograph(
        "trigger",
        "users.created",
        "--set",
        "displayName=Ada Quist",
        "--set",
        "accountEnabled:=false",
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first.startswith("users.created id=")
    assert first.endswith("userPrincipalName=ada.quist@contoso.example")
    assert second.strip() == "nobody is subscribed to that"


def test_answer_is_one_json_object(heliograph: Command, simulator: Simulator) -> None:
    told = json.loads(heliograph("trigger", "messages.received", "--json").stdout)
    assert told["event"] == "messages.received"
    assert told["notifications"] == []
    item = ("--user", told["user"], "--item", told["id"])
    read = json.loads(heliograph("trigger", "messages.read", *item, "--json").stdout)
    assert read["id"] == told["id"]


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0].encode()
        self.send_response(200 if token else 202)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/notify"
        server.shutdown()
        thread.join()


def test_it_tells_who_was_notified_and_how_he_answered(
    heliograph: Command, simulator: Simulator, receiver: str
) -> None:
    ready = simulator.ready
    until = datetime.now(UTC) + timedelta(hours=5)
    wish = {
        "changeType": "updated",
        "notificationUrl": receiver,
        "resource": "users",
        "expirationDateTime": until.isoformat(),
    }
    with httpx.Client(verify=ssl.create_default_context(cafile=ready["ca_file"])) as client:
        headers = {"authorization": f"Bearer {ready['token']}"}
        url = f"{ready['graph']}/v1.0/subscriptions"
        assert client.post(url, json=wish, headers=headers).status_code == 201
    told = heliograph("trigger", "users.updated").stdout.splitlines()
    assert told[1].strip() == f"updated to {receiver}: 202, delivered"
    (delivery,) = json.loads(heliograph("trigger", "users.updated", "--json").stdout)[
        "notifications"
    ]
    assert delivery["notification"]["changeType"] == "updated"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [202]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["users.create"], 2, "expected one of users.created"),
        (["users.updated", "--set", "department"], 2, "expected NAME=VALUE"),
        (["users.updated", "--set", "x:=y"], 2, "expected JSON after :="),
        (["users.deleted", "--user", "nobody"], 1, "Resource 'nobody' does not exist"),
        (["users.created", "--simulator", "http://localhost:1"], 1, "expected a simulator at"),
        (["users.created", "--simulator", "localhost"], 1, "expected a simulator at localhost"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    heliograph: Command, simulator: Simulator, arguments: list[str], status: int, words: str
) -> None:
    ended = heliograph("trigger", *arguments)
    assert ended.returncode == status
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_simulator_is_named_by_option_or_environment(
    heliograph: Command, environment: dict[str, str], simulator: Simulator
) -> None:
    """The one that was started last is taken, unless another is named."""
    other = Simulator(environment, "--seed", "2", "--no-tls")
    try:
        made = [
            heliograph("trigger", "users.created", "--json"),
            heliograph(
                "trigger", "users.created", "--json", "--simulator", simulator.ready["graph"]
            ),
            heliograph(
                "trigger", "users.created", "--json", HELIOGRAPH_SIMULATOR=simulator.ready["graph"]
            ),
        ]
    finally:
        assert other.end() == 0
    names = [json.loads(one.stdout)["userPrincipalName"] for one in made]
    assert names == [f"new.hire{number}@contoso.example" for number in ("", "", "2")]


def test_without_a_simulator_it_says_how_to_start_one(heliograph: Command) -> None:
    ended = heliograph("trigger", "users.created")
    assert ended.returncode == 1
    assert ended.stderr == (
        "expected a running simulator, found none: heliograph simulate starts one\n"
    )


def test_all_that_can_happen_is_listed(heliograph: Command) -> None:
    shown = heliograph("trigger").stdout
    listed = [one["event"] for one in json.loads(heliograph("trigger", "--json").stdout)]
    assert listed == [one.event for one in TRIGGERS]
    assert all(event in shown for event in listed)


def test_announcement_is_private_and_goes_with_the_simulator(
    environment: dict[str, str], tmp_path: Path
) -> None:
    simulator = Simulator(environment)
    (file,) = tmp_path.rglob("*.json")
    assert file.stat().st_mode & 0o077 == file.parent.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text()) == simulator.ready
    assert simulator.end() == 0
    assert list(tmp_path.rglob("*.json")) == []


def test_announcement_of_a_killed_simulator_is_removed(
    environment: dict[str, str], tmp_path: Path
) -> None:
    simulator = Simulator(environment)
    simulator.process.kill()
    simulator.process.wait(10)
    (file,) = tmp_path.rglob("*.json")
    assert running(file.parent) == []
    assert not file.exists()
    assert simulator.process.stdout is not None
    simulator.process.stdout.close()
