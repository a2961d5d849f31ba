"""The keeper as a child process of the listener: planning never delays an answer.

A thread starts it again when it ends by itself. It ends with the listener, even with a killed one.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

RESTART_AFTER_SECONDS = 1.0
RESTART_AFTER_AT_MOST_SECONDS = 30.0
END_WITHIN_SECONDS = 5.0
LOOK_FOR_PARENT_SECONDS = 1.0

log = structlog.get_logger()


@contextmanager
def kept(config: Path, *, is_wanted: bool = True) -> Iterator[None]:
    """A keeper runs while the context lasts, if one *is_wanted*."""
    if not is_wanted:
        yield
        return
    command = [sys.executable, "-m", "listener", "--keeper-only", "--config", str(config)]
    nanny = Nanny([*command, "--parent", str(os.getpid())])
    nanny.start()
    try:
        yield
    finally:
        nanny.end()


class Nanny:
    """Keeps one child process alive."""

    def __init__(
        self, command: Sequence[str], *, restart_after: float = RESTART_AFTER_SECONDS
    ) -> None:
        """*restart_after* is in seconds, and doubles while the child dies young."""
        self._command = command
        self._restart_after = restart_after
        self._ending = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child's process id, None before the first one."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Ends the child, by force when it does not end itself."""
        self._ending.set()
        with self._lock:
            child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(END_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join(END_WITHIN_SECONDS)

    def _keep(self) -> None:
        pause = self._restart_after
        while (child := self._start()) is not None:
            born = time.monotonic()
            status = child.wait()
            if self._ending.is_set():
                return
            if time.monotonic() - born > RESTART_AFTER_AT_MOST_SECONDS:
                pause = self._restart_after
            log.warning("keeper.ended", exit_status=status, restart_after_s=pause)
            if self._ending.wait(pause):
                return
            pause = min(pause * 2, RESTART_AFTER_AT_MOST_SECONDS)

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ending.is_set():
                return None
            # The command is our own interpreter and module, with our own arguments.
            self._child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603 (see above)
            return self._child


def end_with_parent(parent: int) -> None:
    """Ends this process in an orderly way when *parent* is not its parent any more; 0 for never."""
    if parent:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(LOOK_FOR_PARENT_SECONDS)
    with suppress(ProcessLookupError):
        os.kill(os.getpid(), signal.SIGTERM)
