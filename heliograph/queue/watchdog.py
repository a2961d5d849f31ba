"""The watchdog: a thread that sees the event loop blocked, says where, and at last ends it all.

A blocked loop keeps its leases (the heartbeat is a thread), so without this it would hold its work
for ever.
"""

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta

log = logging.getLogger(__name__)

KILL_AFTER_LEASES = 4
LOOKS_A_LEASE = 4

BLOCKED = 70
"""The exit status of a process whose loop was blocked: `EX_SOFTWARE`."""


def end_process() -> None:
    """Ends this process at once: a blocked loop can end nothing in order."""
    os._exit(BLOCKED)


class Watchdog:
    """Watches the event loop of the thread that starts it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        lease: timedelta,
        kill: Callable[[], None] = end_process,
    ) -> None:
        self._loop = loop
        self._lease = lease.total_seconds()
        self._kill = kill
        self._thread_id = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = self._lease / LOOKS_A_LEASE
        seen = threading.Event()
        self._loop.call_soon_threadsafe(seen.set)
        silent = 0
        while not self._stop.wait(pause):
            if seen.is_set():
                silent = 0
                seen.clear()
                self._loop.call_soon_threadsafe(seen.set)
                continue
            silent += 1
            if silent % LOOKS_A_LEASE == 0:
                self._tell(silent * pause)
            if silent == LOOKS_A_LEASE * KILL_AFTER_LEASES:
                log.critical("worker.blocked_for_good", extra={"blocked_s": silent * pause})
                self._kill()

    def _tell(self, seconds: float) -> None:
        frame = sys._current_frames().get(self._thread_id)
        stack = "".join(traceback.format_stack(frame)[-8:]) if frame else ""
        log.error("worker.blocked", extra={"blocked_s": seconds, "stack": stack})
