import asyncio

import pytest

from heliograph.errors import QueueUnavailable
from listener.known import Known
from tests.heliograph.entra import NOW
from tests.listener.builders import Records, a_registration

HOUR = 3_600


class Clock:
    now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records() -> Records:
    return Records(a_registration())


async def test_known_registration_needs_no_redis(records: Records, clock: Clock) -> None:
    known = Known(records, clock=clock)
    assert await known.get("r1") == a_registration()
    records.error = QueueUnavailable("away")
    assert await known.get("r1") == a_registration()
    assert records.asked == ["r1"]


async def test_removal_takes_effect_within_a_minute(records: Records, clock: Clock) -> None:
    known = Known(records, clock=clock)
    await known.get("r1")
    del records.by_id["r1"]
    clock.now += 60
    assert await known.get("r1") is None


async def test_unknown_registration_is_asked_for_again_after_a_second(
    records: Records, clock: Clock
) -> None:
    known = Known(records, clock=clock)
    assert await known.get("r2") is None
    records.by_id["r2"] = a_registration("r2")
    assert await known.get("r2") is None
    clock.now += 1
    assert await known.get("r2") is not None


async def test_replaced_registration_is_known_for_five_hours(
    records: Records, clock: Clock
) -> None:
    records.by_id["r1"] = a_registration(replaced_at=NOW * 1000)
    known = Known(records, clock=clock)
    clock.now = NOW + 5 * HOUR - 1
    assert await known.get("r1") is not None
    clock.now = NOW + 5 * HOUR + 1
    assert await known.get("r1") is None, "remembered or not"


async def test_nothing_is_asked_for_the_empty_id(records: Records) -> None:
    assert await Known(records).get("") is None
    assert records.asked == []


async def test_memory_is_bounded(clock: Clock) -> None:
    records = Records(*(a_registration(f"r{i}") for i in range(100)))
    known = Known(records, most=10, clock=clock)
    for i in range(100):
        await known.get(f"r{i}")
    assert len(known._memory) <= 10


async def test_while_redis_is_away_one_waits_and_the_others_hear_it_at_once(
    clock: Clock,
) -> None:
    class Frozen(Records):
        async def get(self, id_: str) -> None:
            self.asked.append(id_)
            await asyncio.Event().wait()

    records = Frozen()
    known = Known(records, clock=clock)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await known.get("r1")
    probe = asyncio.create_task(known.get("r1"))
    await asyncio.sleep(0)
    for i in range(100):
        with pytest.raises(QueueUnavailable):
            await known.get(f"r{i}")
    assert records.asked == ["r1", "r1"]
    probe.cancel()


async def test_redis_that_is_back_is_asked_again(records: Records, clock: Clock) -> None:
    known = Known(records, clock=clock)
    records.error = QueueUnavailable("away")
    for _ in range(3):
        with pytest.raises(QueueUnavailable):
            await known.get("r1")
    records.error = None
    assert await known.get("r1") is not None
