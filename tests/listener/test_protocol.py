"""Threats S8, S9 and S28 against the real server, over raw sockets."""

import socket
import statistics
import threading
import time
from contextlib import suppress

import pytest

from listener.protocol import HEADERS_WITHIN_SECONDS, REQUEST_WITHIN_SECONDS
from tests.listener.builders import a_body
from tests.listener.process import Process, a_request, read_all

HALF_SENT = {
    "nothing": b"",
    "request line": b"POST /graph/notifications HTTP/1.1\r\n",
    "headers": b"POST /graph/notifications HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n",
    "body": a_request(b"x" * 100)[:-50],
    "chunked body": (
        b"POST /graph/notifications HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"
    ),
}
DRIP = {
    "blank lines": b"\r\n",
    "header": b"x",
    "body": b" ",
}


def closed_after(connection: socket.socket, drip: bytes = b"") -> float:
    """Seconds until the server closes, while *drip* is sent again and again."""
    started = time.monotonic()
    connection.settimeout(0.25)
    while time.monotonic() - started < REQUEST_WITHIN_SECONDS + 3:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(1_000):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


@pytest.mark.timeout(40)
def test_s09_half_sent_and_dripping_requests_are_closed_while_honest_ones_are_answered(
    server: Process,
) -> None:
    """All at once, as an attacker would: what is told apart is when each was closed."""
    took: dict[str, float] = {}
    attackers = []

    def attack(name: str, head: bytes, drip: bytes) -> None:
        with server.connect() as connection:
            connection.sendall(head)
            took[name] = closed_after(connection, drip)

    heads = {f"half: {name}": (head, b"") for name, head in HALF_SENT.items()}
    heads["drip: blank lines"] = (b"", DRIP["blank lines"])
    heads["drip: header"] = (HALF_SENT["request line"] + b"a: ", DRIP["header"])
    heads["drip: body"] = (HALF_SENT["body"], DRIP["body"])
    # A request was answered on this connection before: keep-alive resets nothing.
    heads["drip: second header"] = (a_request(a_body()) + HALF_SENT["request line"], b"")
    for name, (head, drip) in heads.items():
        attackers.append(threading.Thread(target=attack, args=(name, head, drip)))
    crowd = [server.connect() for _ in range(300)]
    for connection in crowd:
        connection.sendall(HALF_SENT["headers"])
    for attacker in attackers:
        attacker.start()
    honest = []
    for _ in range(50):
        started = time.monotonic()
        answer = server.exchange(a_request(a_body(), head=b"connection: close\r\n"))
        honest.append(time.monotonic() - started)
        assert b" 202 " in answer
    for attacker in attackers:
        attacker.join()
    for connection in crowd:
        connection.settimeout(5)
        assert read_all(connection) == b""
        connection.close()
    slack = 2.0
    for name, seconds in took.items():
        is_body = "body" in name
        limit = REQUEST_WITHIN_SECONDS if is_body else HEADERS_WITHIN_SECONDS
        assert seconds < limit + slack, name
        assert not is_body or seconds > HEADERS_WITHIN_SECONDS, name
    assert statistics.quantiles(honest, n=100)[98] < 0.3


def test_s09_idle_connection_is_kept_after_an_answer(server: Process) -> None:
    with server.connect() as connection:
        for _ in range(3):
            connection.sendall(a_request(a_body()))
            assert connection.recv(10_000).startswith(b"HTTP/1.1 202 ")


def test_pipelined_requests_are_answered_in_order(server: Process) -> None:
    last = a_request(b"no json", head=b"connection: close\r\n")
    answer = server.exchange(a_request(a_body()) * 3 + last)
    assert answer.count(b"HTTP/1.1 202 ") == 3
    assert answer.index(b"HTTP/1.1 400 ") > answer.rindex(b"HTTP/1.1 202 ")


# -- S8: sizes ---------------------------------------------------------------------------------

MEGABYTE = 1024 * 1024
FORTY = 40 * MEGABYTE


def sent(connection: socket.socket, *parts: bytes) -> bytes:
    """What comes back, though the server may stop listening before all is sent."""
    with suppress(OSError):
        for part in parts:
            connection.sendall(part)
    with suppress(OSError):
        return connection.recv(65_536)
    return b""


def test_s08_large_bodies_leave_memory_flat(server: Process) -> None:
    warm = a_request(a_body() + b" " * (4 * MEGABYTE - 2_000), head=b"connection: close\r\n")
    assert b" 202 " in server.exchange(warm)
    before = server.resident_kilobytes
    chunk = b"%x\r\n" % MEGABYTE + b" " * MEGABYTE + b"\r\n"
    chunked = b"POST /graph/notifications HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    declared = f"POST /graph/notifications HTTP/1.1\r\nhost: x\r\ncontent-length: {FORTY}\r\n\r\n"
    for _ in range(3):
        with server.connect() as connection:
            answer = sent(connection, declared.encode(), *[b" " * MEGABYTE] * 40)
            assert answer.startswith(b"HTTP/1.1 413 ")
        with server.connect() as connection:
            answer = sent(connection, chunked, *[chunk] * 40, b"0\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 413 ")
    assert server.resident_kilobytes - before < 2 * 1024 + 8 * 1024, "one body may be in the air"


def test_s08_lying_length_is_400(server: Process) -> None:
    lying = b"POST /graph/notifications HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"
    with server.connect() as connection:
        answer = sent(connection, lying, *[b" " * 9 + b"x" + b"\x01" * MEGABYTE] * 40)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b" 202 " not in answer


def test_s08_endless_headers_and_trailers_are_cut_off(server: Process) -> None:
    endless = b"a: " + b"x" * 60_000 + b"\r\n"
    chunked = b"transfer-encoding: chunked\r\n\r\n1\r\n \r\n0\r\n"
    for head in (b"", chunked):
        with server.connect() as connection:
            start = b"POST /graph/notifications HTTP/1.1\r\nhost: x\r\n" + head
            before = server.resident_kilobytes
            answer = sent(connection, start, *[endless] * 300)
            assert b" 202 " not in answer
            assert server.resident_kilobytes - before < 8 * 1024


# -- S28: smuggling ------------------------------------------------------------------------------

START = b"POST /graph/notifications HTTP/1.1\r\nhost: x\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
AMBIGUOUS = {
    "CL and TE": b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE and CL": b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two different CL": b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    "two equal CL": b"content-length: 5\r\ncontent-length: 5\r\n\r\nabcde",
    "CL list": b"content-length: 5, 5\r\n\r\nabcde",
    "CL with sign": b"content-length: +5\r\n\r\nabcde",
    "CL hex": b"content-length: 0x5\r\n\r\nabcde",
    "CL negative": b"content-length: -1\r\n\r\n",
    "CL huge": b"content-length: 99999999999999999999999\r\n\r\n",
    "TE on a folded line": b"transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "TE of another kind": b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "TE twice": b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
    "TE with a tail": b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "space before the colon": b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    "bare line feed": b"content-length: 5\nx: y\r\n\r\nabcde",
    "chunk size no hex": b"transfer-encoding: chunked\r\n\r\nxyz\r\n\r\n",
    "null in a header": b"a: b\x00c\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_s28_ambiguous_requests_are_refused_and_closed(server: Process, name: str) -> None:
    with server.connect() as connection:
        connection.settimeout(3)
        connection.sendall(START + AMBIGUOUS[name] + HIDDEN)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert b"alive" not in answer
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 100]
)
def test_other_protocols_are_400(server: Process, garbage: bytes) -> None:
    assert server.exchange(garbage).startswith(b"HTTP/1.1 400 ")


def test_upgrade_is_not_followed(server: Process) -> None:
    upgrade = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n"
    with server.connect() as connection:
        connection.settimeout(1)
        connection.sendall(a_request(a_body(), head=upgrade))
        answer = connection.recv(10_000)
    assert answer.startswith((b"HTTP/1.1 202 ", b"HTTP/1.1 400 "))
