"""A listener as a process of its own, and raw connections to it."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FAKE = (sys.executable, "-m", "tests.listener.fake_server")


class Process:
    """A running listener; `lines` is all that it has said so far."""

    def __init__(self, command: Sequence[str]) -> None:
        self.child = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.lines: list[str] = []
        self._started = threading.Event()
        self.port = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        for raw in self.child.stdout:
            line = raw.decode()
            self.lines.append(line)
            if '"listener.started"' in line:
                self.port = json.loads(line)["port"]
                self._started.set()
        self._started.set()

    def until_started(self) -> "Process":
        assert self._started.wait(20), "expected the listener to start"
        assert self.port, "".join(self.lines)
        return self

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def resident_kilobytes(self) -> int:
        status = Path(f"/proc/{self.child.pid}/status").read_text("ascii")
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def exchange(self, request: bytes) -> bytes:
        """All that comes back for *request* until the server closes, or says no more for long."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)

    def get(self, path: str) -> tuple[int, bytes]:
        answer = self.exchange(
            f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
        )
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def end(self) -> int:
        self.child.terminate()
        status = self.child.wait(15)
        self._reader.join(5)
        if self.child.stdout is not None:
            self.child.stdout.close()
        return status


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while chunk := connection.recv(65_536):
            answer += chunk
    except (TimeoutError, ConnectionResetError):
        pass
    return answer


def a_request(body: bytes, *, path: str = "/graph/notifications", head: bytes = b"") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n".encode()
        + head
        + b"\r\n"
        + body
    )


@contextmanager
def running(command: Sequence[str] = FAKE) -> Iterator[Process]:
    process = Process(command)
    try:
        yield process.until_started()
    finally:
        process.end()
