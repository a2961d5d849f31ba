"""The gates: while one is shut a POST is refused at once; and looks that come too fast come later."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from heliograph.errors import QueueUnavailable
from heliograph.queue.gates import Gates, shut_by
from heliograph.queue.intake import Arrival, Intake, Pace
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Partition
from heliograph.queue.pressure import Pressure, read_pressure
from heliograph.settings import BackPressure

AnArrival = Callable[..., Arrival]
LIMITS = BackPressure(memory_percent=75, depth=100, age=timedelta(minutes=15))


def pressure(*, memory: float = 0.1, depth: int = 0, age: float = 0.0) -> Pressure:
    none = dict.fromkeys(QUEUES, timedelta())
    return Pressure(
        memory=memory,
        waiting={**dict.fromkeys(QUEUES, 0), "looks": depth},
        oldest={**none, "runs": timedelta(seconds=age)},
        evicted=0,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pressure(memory=0.74), None),
        (pressure(memory=0.75), "expected Redis to use less than 75 % of its memory, it uses 75 %"),
        (pressure(depth=99), None),
        (pressure(depth=100), "expected fewer than 100 lanes to wait, got 100"),
        (pressure(age=899), None),
        (pressure(age=900), "expected the oldest work to wait less than 15m, it has waited 15m"),
    ],
)
def test_gate_is_shut_at_its_limit(given: Pressure, expected: str | None) -> None:
    assert shut_by(given, LIMITS, None) == expected


@pytest.mark.parametrize("given", [pressure(memory=0.73), pressure(depth=96), pressure(age=860)])
def test_shut_gate_opens_well_below_its_limit(given: Pressure) -> None:
    assert shut_by(given, LIMITS, None) is None
    assert shut_by(given, LIMITS, "shut") is not None


async def test_pressure_is_read_from_redis(partition: Partition, an_arrival: AnArrival) -> None:
    await Intake([partition]).store([an_arrival("u1"), an_arrival("u2")])
    redis = partition.calls.redis
    seconds, _ = await redis.time()
    job_id = partition.keys.look_job(an_arrival("u1").lane)
    await redis.zadd(partition.keys.queue("looks"), {job_id: (seconds - 100) * 1_000})
    read = await read_pressure([partition])
    assert read.waiting["looks"] == 2
    assert timedelta(seconds=99) < read.age < timedelta(seconds=120)
    assert 0 < read.memory < 1
    assert read.evicted == 0


async def test_post_is_refused_at_once_while_a_gate_is_shut(
    partition: Partition, an_arrival: AnArrival
) -> None:
    gates = Gates([partition], BackPressure(depth=2))
    intake = Intake([partition], gates=gates)
    await intake.store([an_arrival("u1"), an_arrival("u2")])
    await gates.look()
    before = time.perf_counter()
    with pytest.raises(QueueUnavailable, match="expected fewer than 2 lanes to wait"):
        await intake.store([an_arrival("u3")])
    with pytest.raises(QueueUnavailable):
        await intake.ready()
    assert time.perf_counter() - before < 0.05
    await partition.calls.redis.zrem(
        partition.keys.queue("looks"), partition.keys.look_job(an_arrival("u1").lane)
    )
    await gates.look()
    await intake.store([an_arrival("u3")])


async def test_nothing_is_stored_before_redis_has_passed_its_check(
    partition: Partition, an_arrival: AnArrival
) -> None:
    found = {"eviction": "expected noeviction, got allkeys-lru"}

    async def check() -> dict[str, str]:
        return found

    gates = Gates([partition], BackPressure(), check=check)
    intake = Intake([partition], gates=gates)
    with pytest.raises(QueueUnavailable, match="Redis has not been checked yet"):
        await intake.store([an_arrival()])
    await gates.look()
    with pytest.raises(QueueUnavailable, match="Redis is not safe: expected noeviction"):
        await intake.store([an_arrival()])
    found.clear()
    await gates.look()
    await intake.store([an_arrival()])


async def test_l26_looks_of_one_subscription_that_come_too_fast_come_later(
    partition: Partition, an_arrival: AnArrival
) -> None:
    """No POST is refused for it: it mixes subscriptions. Another one's looks are not held up."""
    intake = Intake([partition], pace=Pace(looks_per_second=10, burst=5))
    for number in range(25):
        await intake.store([an_arrival(f"u{number}", registration="busy")])
    await intake.store([an_arrival("other", registration="calm")])
    redis, keys = partition.calls.redis, partition.keys
    now = (await redis.time())[0] * 1_000
    scores = [
        await redis.zscore(keys.queue("looks"), keys.look_job(an_arrival(name).lane))
        for name in [*(f"u{number}" for number in range(25)), "other"]
    ]
    later = [round((score or 0) - now) for score in scores]
    assert max(later[:5]) < 1_500, "the burst"
    assert 1_000 < later[24] - later[4] < 2_100, "20 more at 10 a second"
    assert later[:25] == sorted(later[:25])
    assert later[25] < 1_500


async def test_l26_news_that_joins_a_waiting_lane_costs_no_look(
    partition: Partition, an_arrival: AnArrival
) -> None:
    intake = Intake([partition], pace=Pace(looks_per_second=1, burst=1))
    for number in range(20):
        await intake.store([an_arrival("u1", notification_id=str(number))])
    reservation = await partition.reserve({"looks": 10})
    assert len(reservation.jobs) == 1


async def test_lifecycle_is_not_paced(partition: Partition, an_arrival: AnArrival) -> None:
    intake = Intake([partition], pace=Pace(looks_per_second=1, burst=1))
    plain = [an_arrival(f"u{number}") for number in range(10)]
    await asyncio.gather(
        *(intake.store([Arrival(lane=one.lane, news=one.news, urgent=True)]) for one in plain)
    )
    reservation = await partition.reserve({"lifecycle": 100})
    assert len(reservation.jobs) == 10
