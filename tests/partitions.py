"""A partition on the session's Redis, and whoever claims from it: fixtures for several folders."""

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from heliograph.queue.calls import Calls
from heliograph.queue.claims import Claim
from heliograph.queue.connection import Connector, connect
from heliograph.queue.deployment import Deployment
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Partition
from heliograph.queue.worker import LeaseWorker, Limits, Work
from heliograph.sealing import Sealer
from heliograph.settings import Secret


@pytest.fixture
async def partition(redis_url: str) -> AsyncIterator[Partition]:
    redis = connect(redis_url)
    yield Partition(Calls(redis), Sealer([b"r" * 32]))
    await redis.aclose()


@pytest.fixture
def take(partition: Partition) -> "Take":
    return Take(partition)


class Take:
    """Claims what is due, and begins it."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.tokens = (f"w:1:{n}" for n in itertools.count())

    async def __call__(
        self, lease: timedelta = timedelta(seconds=5), *, begin: bool = True
    ) -> list[Claim]:
        reservation = await self.partition.reserve(dict.fromkeys(QUEUES, 1_000))
        claims = await self.partition.take(reservation, token=next(self.tokens), lease=lease)
        for claim in claims:
            if begin and claim.is_suspect:
                await self.partition.begin(claim)
        return claims


@asynccontextmanager
async def running(
    partition: Partition,
    url: str,
    work: Work,
    limits: Limits | None = None,
    *,
    name: str = "w",
    **more: Any,
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
    worker = LeaseWorker(queue, works, pool=pool, name=name, limits=limits, **more)
    task = asyncio.create_task(worker.async_run())
    yield worker
    if not task.done():
        worker.handle_sig(signal.SIGTERM)
    await task
    await pool.aclose(close_connection_pool=True)
