"""Schedules: each period once, whoever asks, and whoever dies (L23)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from heliograph.queue.claims import Claim
from heliograph.queue.ends import End
from heliograph.queue.partition import Partition
from heliograph.queue.records import read_job
from heliograph.queue.schedule import Schedule, tick

Take = Callable[..., Awaitable[list[Claim]]]

HOURLY = Schedule(function="erase", every=timedelta(hours=1))


async def test_l23_many_askers_queue_a_period_once(partition: Partition, take: Take) -> None:
    asked = await asyncio.gather(*(tick(partition, HOURLY) for _ in range(30)))
    assert sum(asked) == 1
    (claim,) = await take()
    assert (claim.queue, read_job(claim.record).f) == ("functions", "erase")
    await partition.end_function(claim, End())
    assert not await tick(partition, HOURLY)


async def test_l23_downtime_over_many_periods_is_caught_up_with_once(
    partition: Partition, take: Take
) -> None:
    await tick(partition, HOURLY)
    (claim,) = await take()
    await partition.end_function(claim, End())
    redis = partition.calls.redis
    await redis.execute_command("HINCRBY", partition.keys.ticks, "erase", -5)
    asked = [await tick(partition, HOURLY) for _ in range(5)]
    assert asked == [True, False, False, False, False]


async def test_l23_killed_tick_is_run_again_and_the_next_waits_for_it(
    partition: Partition, take: Take
) -> None:
    await tick(partition, HOURLY)
    (dies,) = await take(timedelta(milliseconds=1))
    redis = partition.calls.redis
    await redis.execute_command("HINCRBY", partition.keys.ticks, "erase", -1)
    assert not await tick(partition, HOURLY), "it is still at work, as far as anybody knows"
    claims: list[Claim] = []
    while not claims:
        claims = await take()
    assert (claims[0].job_id, claims[0].crashes) == (dies.job_id, 1)
    await partition.end_function(claims[0], End())
    assert await tick(partition, HOURLY)
