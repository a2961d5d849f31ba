"""The keeper tells of keys that it made, and retires old ones on its rounds."""

import asyncio
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from heliograph.encryption_keys import LANE, EncryptionKeys
from heliograph.keeping.key_ring import KeyRing
from heliograph.queue.calls import Calls
from heliograph.queue.partition import Partition
from heliograph.registrations import Registrations
from heliograph.sealing import Sealer
from listener.keeper_keys import KeyMinder
from tests.listener.house import House, until

SEALER = Sealer([b"r" * 32])
ONCE = timedelta(milliseconds=10)


def ring(redis: Redis, now: datetime) -> KeyRing:
    return KeyRing(
        keys=EncryptionKeys(redis, SEALER),
        registrations=Registrations(redis),
        partitions=[Partition(Calls(redis), SEALER)],
        clock=lambda: now,
    )


async def test_a_key_that_was_made_on_first_need_is_told(house: House) -> None:
    found = ring(house.redis, datetime.now(UTC))
    await found.keys.current()
    (partition,) = found.partitions
    place = partition.keys.news(partition.keys.look_job(LANE))
    task = asyncio.create_task(KeyMinder(found, every=ONCE).run())
    await until(lambda: house.redis.exists(place))
    task.cancel()


async def test_old_keys_are_retired(house: House) -> None:
    now = datetime.now(UTC)
    first = ring(house.redis, now)
    await first.add(made_by="test")
    newest = await first.add(made_by="test")
    await first.retire()
    later = ring(house.redis, now + timedelta(hours=6))
    task = asyncio.create_task(KeyMinder(later, every=ONCE).run())

    async def is_alone() -> bool:
        return [key.id for key in await later.keys.all()] == [newest.id]

    await until(is_alone)
    task.cancel()
