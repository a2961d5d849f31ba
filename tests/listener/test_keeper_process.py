import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from listener import keeper_process
from listener.keeper_process import Nanny

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@contextmanager
def nursing(*command: str, restart_after: float = 0.01) -> Iterator[Nanny]:
    nanny = Nanny(command, restart_after=restart_after)
    nanny.start()
    try:
        yield nanny
    finally:
        nanny.end()


def until_pid(nanny: Nanny, but: int | None = None) -> int:
    deadline = time.monotonic() + 5
    while (pid := nanny.pid) in {None, but}:
        assert time.monotonic() < deadline, "expected a child"
        threading.Event().wait(0.005)
    assert pid is not None
    return pid


def test_child_that_dies_is_started_again() -> None:
    with nursing(*SLEEP) as nanny:
        first = until_pid(nanny)
        os.kill(first, signal.SIGKILL)
        assert until_pid(nanny, but=first) != first


def test_child_ends_with_the_context() -> None:
    with nursing(*SLEEP) as nanny:
        pid = until_pid(nanny)
    assert not Path(f"/proc/{pid}").exists()


def test_child_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keeper_process, "END_WITHIN_SECONDS", 0.2)
    deaf = tmp_path / "deaf"
    code = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    with nursing(sys.executable, "-c", code, str(deaf)) as nanny:
        pid = until_pid(nanny)
        deadline = time.monotonic() + 10
        while not deaf.exists():
            assert time.monotonic() < deadline
            threading.Event().wait(0.005)
    assert not Path(f"/proc/{pid}").exists()


def test_child_that_keeps_dying_is_not_started_without_pause(tmp_path: Path) -> None:
    births = tmp_path / "births"
    code = f"open({str(births)!r}, 'a').write('x')"
    with nursing(sys.executable, "-c", code, restart_after=0.2):
        deadline = time.monotonic() + 10
        while not births.exists() or len(births.read_text("ascii")) < 3:
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
        born = time.monotonic()
    assert born - (deadline - 10) > 0.2 + 0.4


def test_none_is_started_where_none_is_wanted(tmp_path: Path) -> None:
    before = threading.active_count()
    with keeper_process.kept(tmp_path / "heliograph.toml", is_wanted=False):
        assert threading.active_count() == before


def test_orphan_ends_itself() -> None:
    code = (
        "import time; from listener import keeper_process;"
        "keeper_process.end_with_parent(1); time.sleep(60)"
    )
    orphan = subprocess.run([sys.executable, "-c", code], check=False, timeout=20)
    assert orphan.returncode == -signal.SIGTERM
