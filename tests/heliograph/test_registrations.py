from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.queue.connection import connect
from heliograph.registrations import FENCE_KEY, KEY, Registrations, Settled
from heliograph.subscriptions import Registration


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def registrations(redis: Redis) -> Registrations:
    return Registrations(redis)


def a_registration(id_: str = "r1") -> Registration:
    return Registration(
        id=id_,
        tenant_id="t",
        client_id="c",
        resource="users/u/messages",
        kind="messages",
        owner="u",
        change_types=("created", "updated"),
        rich=True,
        select=("subject",),
        key_id="k1",
        subscription_id="s1",
        expires_at=1_795_507_200_000,
    )


async def test_a_registration_comes_back_as_it_was_stored(registrations: Registrations) -> None:
    await registrations.put(a_registration())
    assert await registrations.get("r1") == a_registration()
    assert await registrations.all() == [a_registration()]


async def test_an_unknown_registration_is_none(registrations: Registrations) -> None:
    assert await registrations.get("r1") is None


async def test_a_removed_registration_is_gone(registrations: Registrations) -> None:
    await registrations.put(a_registration())
    await registrations.remove("r1")
    assert await registrations.all() == []


async def test_an_old_keeper_cannot_write(redis: Redis, registrations: Registrations) -> None:
    await registrations.put(a_registration())
    await redis.set(FENCE_KEY, 8)
    with pytest.raises(LeaseLost):
        await registrations.put(a_registration("r2"), fence=7)
    with pytest.raises(LeaseLost):
        await registrations.remove("r1", fence=7)
    assert await registrations.all() == [a_registration()]


async def test_the_newest_keeper_writes(redis: Redis, registrations: Registrations) -> None:
    await redis.set(FENCE_KEY, 8)
    await registrations.put(a_registration(), fence=8)
    assert await registrations.get("r1") == a_registration()


@pytest.mark.parametrize("record", [b"\x02\x80", b"\x01\x80", b"\x01garbage"])
async def test_an_unreadable_record_is_not_taken_for_an_unknown_one(
    redis: Redis, registrations: Registrations, record: bytes
) -> None:
    """Else the listener would drop what is genuine; so Graph is told to come again."""
    await redis.hset(KEY, "r1", record)  # type: ignore[misc, arg-type]  # redis-py's own types
    with pytest.raises(QueueUnavailable):
        await registrations.get("r1")


async def test_redis_away_is_not_an_unknown_registration(tmp_path: object) -> None:
    client = connect(f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(QueueUnavailable):
        await Registrations(client).get("r1")
    await client.aclose()


async def test_what_is_settled_can_be_read_elsewhere(registrations: Registrations) -> None:
    settled = Settled(at=1, desired=20, tenants=1, fence=3)
    await registrations.put_settled(settled)
    assert await registrations.settled() == settled
    await registrations.put_settled(None)
    assert await registrations.settled() is None
