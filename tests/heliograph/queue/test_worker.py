"""The worker on a real Redis: it wakes at once, keeps its leases, and gives back what it leaves."""

import asyncio
import hashlib
import inspect
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import arq
import pytest
from arq.worker import Worker

from heliograph.queue.claims import Claim
from heliograph.queue.connection import Connector
from heliograph.queue.deployment import Deployment
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Partition
from heliograph.queue.worker import LeaseWorker, Limits, Work
from heliograph.settings import Secret

AnArrival = Callable[..., Arrival]


@asynccontextmanager
async def running(
    partition: Partition, url: str, work: Work, limits: Limits | None = None, **more: Any
) -> AsyncIterator[LeaseWorker]:
    works = dict.fromkeys(QUEUES, work)
    connector = Connector(url=Secret(url))
    pool = connector.arq_client(queue=partition.keys.queue("functions"))
    queue = Deployment(
        connector=connector,
        redis=partition.calls.redis,
        sealer=partition.sealer,
        partitions=(partition,),
    )
    worker = LeaseWorker(queue, works, pool=pool, name="w", limits=limits, **more)
    task = asyncio.create_task(worker.async_run())
    yield worker
    if not task.done():
        worker.handle_sig(signal.SIGTERM)
    await task
    await pool.aclose(close_connection_pool=True)


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


@pytest.mark.parametrize(
    ("method", "digest"),
    [
        ("__init__", "edfb0cd7e05e77cf"),
        ("main", "45ca1591c9717466"),
        ("handle_sig", "985ff7ba01aa8f04"),
        ("close", "5bcc9cb356680829"),
        ("async_run", "f3434c3dd359b31b"),
    ],
)
def test_arq_is_the_one_that_our_worker_was_written_for(method: str, digest: str) -> None:
    """An upgrade of arq must not pass unseen: read what changed, then write the new digest here."""
    assert arq.version.VERSION == "0.28.0"
    source = inspect.getsource(getattr(Worker, method))
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == digest
