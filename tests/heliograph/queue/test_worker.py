"""The worker on a real Redis: it wakes at once, keeps its leases, and gives back what it leaves."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from heliograph.queue.claims import Claim
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.worker import Limits
from tests.partitions import running

AnArrival = Callable[..., Arrival]


async def finish(claim: Claim) -> None:
    await claim.partition.end_look(claim, LookEnd())


async def test_idle_worker_is_woken_by_news(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    started: asyncio.Queue[float] = asyncio.Queue()

    async def work(claim: Claim) -> None:
        await started.put(time.perf_counter())
        await finish(claim)

    delays = []
    async with running(partition, redis_url, work):
        for n in range(20):
            stored_from = time.perf_counter()
            await Intake([partition]).store([an_arrival(f"u{n}")])
            delays.append(await started.get() - stored_from)
    # A worker that polls, as arq does, needs half a second at worst and a quarter on average.
    assert sorted(delays)[10] < 0.05


async def test_more_work_than_slots_is_all_done(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    done: set[str] = set()
    all_done = asyncio.Event()
    at_once = most = 0

    async def work(claim: Claim) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        await finish(claim)
        at_once -= 1
        done.add(claim.job_id)
        if len(done) == 100:
            all_done.set()

    async with running(partition, redis_url, work, Limits(slots=7)):
        await Intake([partition]).store([an_arrival(f"u{n}") for n in range(100)])
        await all_done.wait()
    assert most == 7


async def test_blocked_loop_keeps_its_lease(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    """The heartbeat is a thread: a handler that blocks loses nothing by it."""
    lease = timedelta(milliseconds=300)
    ended = asyncio.Event()
    starts: list[int] = []

    async def work(claim: Claim) -> None:
        starts.append(claim.crashes)
        blocked_until = time.monotonic() + 4 * lease.total_seconds()
        while time.monotonic() < blocked_until:
            pass
        await finish(claim)
        ended.set()

    async with running(partition, redis_url, work, Limits(lease=lease)):
        await Intake([partition]).store([an_arrival()])
        await ended.wait()
    assert starts == [0]


async def test_lost_lease_cancels_the_work(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    cancelled, working = asyncio.Event(), asyncio.Event()

    async def work(claim: Claim) -> None:
        working.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with running(partition, redis_url, work, Limits(lease=timedelta(milliseconds=300))):
        await Intake([partition]).store([an_arrival()])
        await working.wait()
        job_id = partition.keys.look_job(an_arrival().lane)
        await partition.calls.redis.set(partition.keys.claim(job_id), "somebody else")
        await cancelled.wait()


async def test_stop_waits_for_work_and_releases_what_is_left(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    working, ended = asyncio.Event(), asyncio.Event()

    async def work(claim: Claim) -> None:
        working.set()
        await asyncio.Event().wait()

    async with running(partition, redis_url, work, Limits(grace=timedelta(milliseconds=50))):
        await Intake([partition]).store([an_arrival()])
        await working.wait()
    reservation = await partition.reserve({"looks": 1})
    (claim,) = await partition.take(reservation, token="x", lease=timedelta(seconds=1))
    assert claim.crashes == 0
    assert not ended.is_set()


async def test_work_that_raises_is_left_to_its_lease(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    """A mistake of ours in a stage loses no claim: it counts as a crash, and is retried."""
    crashes: asyncio.Queue[int] = asyncio.Queue()

    async def work(claim: Claim) -> None:
        await crashes.put(claim.crashes)
        if claim.crashes == 0:
            raise RuntimeError("a mistake of ours")
        await finish(claim)

    async with running(partition, redis_url, work, Limits(lease=timedelta(milliseconds=200))):
        await Intake([partition]).store([an_arrival()])
        assert [await crashes.get(), await crashes.get()] == [0, 1]
