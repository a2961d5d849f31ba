"""The real server as a process: what it says, what it logs, how it ends."""

import http.client
import json
import signal
import statistics
import threading
import time

import pytest

from tests.listener.builders import USER, a_body, an_item
from tests.listener.process import Process, a_request, read_all, running

HOSTILE = {
    "CRLF": 'x\r\n{"event_name":"forged"}',
    "ANSI": "\x1b[31mred\x1b[0m",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "NUL": "a\x00b",
    "quotes": '"},{"event_name":"forged"}',
    "right to left": "\u202etxt.exe",
    "very long": "x" * 100_000,
}


def posted(server: Process, body: bytes) -> bytes:
    return server.exchange(a_request(body, head=b"connection: close\r\n"))


def test_answers_name_no_server(server: Process) -> None:
    for request in (a_request(a_body()), b"garbage\r\n\r\n", a_request(b"", path="/nowhere")):
        with server.connect() as connection:
            connection.sendall(request)
            head = connection.recv(10_000).lower()
        assert b"server:" not in head
        assert b"uvicorn" not in head
        assert head.startswith(b"http/1.1 ")


def test_health_is_answered(server: Process) -> None:
    assert server.get("/healthz") == (200, b"alive")
    assert server.get("/readyz") == (200, b"ready")


def test_s15_hostile_texts_stay_in_one_line_of_the_log(server: Process) -> None:
    before = len(server.lines)
    for hostile in HOSTILE.values():
        items = [
            an_item(subscriptionId=hostile, id=hostile, changeType=hostile),
            an_item(tenantId=hostile, clientState=hostile),
            an_item(resource=f"Users/{USER}/Messages/{hostile}", resourceData={"id": hostile}),
            an_item(changeType=..., lifecycleEvent=hostile),
        ]
        assert b" 202 " in posted(server, a_body(*items))
    lines = server.lines[before:]
    assert len(lines) >= len(HOSTILE)
    for line in lines:
        event = json.loads(line)
        assert event["event_name"] in {"notification.accepted", "notification.refused"}
        assert line.removesuffix("\n").isascii()
        assert line.removesuffix("\n").isprintable()
        assert len(line) < 20_000


def test_s02_client_state_is_in_no_log(server: Process) -> None:
    canary = "canary-5be1-client-state"
    genuine = an_item()
    bodies = [
        a_body(an_item(clientState=canary), genuine),
        a_body(an_item(clientState=canary, subscriptionId=5)),
        a_body(an_item(clientState=canary))[:-2],
    ]
    for body in bodies:
        posted(server, body)
    posted(server, a_body(genuine).replace(b"created", b"\xff"))
    said = "".join(server.lines)
    assert canary not in said
    assert genuine["clientState"].split(".")[1] not in said


def test_s01_forged_posts_are_not_told_from_genuine_ones_by_time(server: Process) -> None:
    """Medians of interleaved posts on one connection; what a busy machine adds hits both alike."""
    genuine = a_body(an_item(), an_item())
    forged = a_body(*[an_item(clientState=an_item()["clientState"][:-4] + "AAAA")] * 2)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    answers: set[tuple[int, bytes]] = set()

    def seconds(body: bytes) -> float:
        started = time.perf_counter()
        connection.request("POST", "/graph/notifications", body)
        answer = connection.getresponse()
        answers.add((answer.status, answer.read()))
        return time.perf_counter() - started

    def difference() -> float:
        pairs = [(seconds(genuine), seconds(forged)) for _ in range(400)]
        medians = [statistics.median(times) for times in zip(*pairs, strict=True)]
        return float(abs(medians[0] - medians[1]) / medians[0])

    seconds(genuine)
    best = min(difference() for _ in range(5))
    connection.close()
    assert answers == {(202, b"")}
    assert best < 0.05


def test_s01_ten_thousand_forged_items_store_nothing(server: Process) -> None:
    def counts() -> dict[str, int]:
        return dict(json.loads(server.get("/stored")[1]))

    before = counts()
    body = a_body(*[an_item(clientState="random-secret")] * 1_000)
    for _ in range(10):
        assert b" 202 " in posted(server, body)
    after = counts()
    assert after["accepted"] == before["accepted"]
    assert after["refused"] == before["refused"] + 10_000


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_process_drains_and_ends_in_order(signum: signal.Signals) -> None:
    """Readiness goes off, what is in flight is answered, the exit status is 0."""
    with running() as process:
        body = a_body()
        with process.connect() as in_flight, process.connect() as idle:
            in_flight.sendall(a_request(body)[:-10])
            idle.sendall(a_request(body))
            assert idle.recv(10_000).startswith(b"HTTP/1.1 202 ")
            process.child.send_signal(signum)
            while not any("listener.draining" in line for line in process.lines):
                threading.Event().wait(0.01)
            assert process.get("/readyz")[0] == 503
            idle.sendall(a_request(body))
            assert b"connection: close" in read_all(idle).lower()
            in_flight.sendall(a_request(body)[-10:])
            assert read_all(in_flight).startswith(b"HTTP/1.1 202 ")
        assert process.child.wait(10) == 0
    assert process.events[-1]["event_name"] == "listener.ended"


def test_half_sent_post_does_not_hold_up_the_end() -> None:
    with running() as process, process.connect() as stuck:
        stuck.sendall(a_request(a_body())[:-10])
        started = time.monotonic()
        process.child.terminate()
        process.child.wait(15)
        assert time.monotonic() - started < 6
