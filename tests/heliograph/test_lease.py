from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from heliograph.lease import ASK_EVERY, KEY, LASTS, Lease
from heliograph.queue.connection import connect


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


async def test_one_holds_the_lease(redis: Redis) -> None:
    first, second = Lease(redis), Lease(redis)
    assert await first.acquire() == 1
    assert await second.acquire() is None


async def test_a_lease_given_back_goes_on_under_a_new_fence(redis: Redis) -> None:
    lease = Lease(redis)
    assert await lease.acquire() == 1
    await lease.release(1)
    assert await lease.acquire() == 2


async def test_a_silent_holder_is_followed_by_another(redis: Redis) -> None:
    await Lease(redis).acquire()
    await redis.delete(KEY)  # as Redis does when its time is over
    other = Lease(redis)
    assert await other.acquire() == 2
    assert not await other.renew(1)
    await other.release(1)
    assert await other.renew(2)


async def test_renewal_holds_the_lease_for_its_whole_time(redis: Redis) -> None:
    lease = Lease(redis, lasts=timedelta(seconds=30))
    assert await lease.acquire() == 1
    await redis.pexpire(KEY, 1_000)
    assert await lease.renew(1)
    assert await redis.pttl(KEY) > 29_000


def test_another_takes_over_within_20_seconds() -> None:
    assert timedelta(seconds=20) > LASTS + ASK_EVERY
