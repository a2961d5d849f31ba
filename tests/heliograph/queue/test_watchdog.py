"""The watchdog: a blocked loop is told with its stack, and ended at last."""

import asyncio
import logging
import threading
import time
from datetime import timedelta

import pytest

from heliograph.queue.watchdog import KILL_AFTER_LEASES, Watchdog

LEASE = timedelta(milliseconds=80)


def block_this_loop(until: threading.Event, at_most: float = 5.0) -> None:
    give_up = time.monotonic() + at_most
    while not until.is_set() and time.monotonic() < give_up:
        time.sleep(0.001)


async def test_l17_blocked_loop_is_told_with_its_stack_and_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    killed = threading.Event()
    watchdog = Watchdog(asyncio.get_running_loop(), lease=LEASE, kill=killed.set)
    watchdog.start()
    await asyncio.sleep(0)
    began = time.monotonic()
    block_this_loop(killed)
    lasted = time.monotonic() - began
    watchdog.stop()
    assert killed.is_set()
    assert lasted >= (KILL_AFTER_LEASES - 1) * LEASE.total_seconds()
    told = [record for record in caplog.records if record.message == "worker.blocked"]
    assert told
    assert "block_this_loop" in told[0].__dict__["stack"]


async def test_l17_loop_that_goes_on_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    killed = threading.Event()
    watchdog = Watchdog(asyncio.get_running_loop(), lease=LEASE, kill=killed.set)
    watchdog.start()
    for _ in range(20):
        await asyncio.sleep(LEASE.total_seconds() / 4)
    watchdog.stop()
    assert not killed.is_set()
