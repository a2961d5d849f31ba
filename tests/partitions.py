"""A partition on the session's Redis, and whoever claims from it: fixtures for several folders."""

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from heliograph.queue.calls import Calls
from heliograph.queue.claims import Claim
from heliograph.queue.connection import connect
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Partition
from heliograph.sealing import Sealer


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
