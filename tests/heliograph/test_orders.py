import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from heliograph.errors import QueueUnavailable
from heliograph.orders import KEY, MOST, WAKE_KEY, Order, Orders
from heliograph.queue.connection import BLOCK_AT_MOST, connect

RENEW = Order(what="renew", registration="r1", reason="reauthorizationRequired")
RECREATE = Order(what="recreate", registration="r2", reason="subscriptionRemoved")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url, answer_within=2 * BLOCK_AT_MOST)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def orders(redis: Redis) -> Orders:
    return Orders(redis)


async def given(orders: Orders) -> list[Order]:
    return [one.order for one in await orders.given()]


async def test_orders_stand_until_they_are_done(orders: Orders) -> None:
    await orders.push(RENEW)
    await orders.push(RECREATE)
    found = {one.order: one for one in await orders.given()}
    assert set(found) == {RENEW, RECREATE}
    await orders.done(found[RENEW])
    assert await given(orders) == [RECREATE]


async def test_an_order_wakes_who_waits_for_it(orders: Orders) -> None:
    waiting = asyncio.create_task(orders.wait(BLOCK_AT_MOST))
    await orders.push(RENEW)
    async with asyncio.timeout(BLOCK_AT_MOST.total_seconds() / 2):
        await waiting


async def test_a_thousand_repeats_are_one_order(redis: Redis, orders: Orders) -> None:
    assert await orders.push(RENEW)
    assert not any([await orders.push(RENEW) for _ in range(999)])
    assert await given(orders) == [RENEW]
    assert await redis.llen(WAKE_KEY) == 1  # type: ignore[misc]  # redis-py's own types


async def test_an_order_that_comes_again_while_it_is_carried_out_stays(orders: Orders) -> None:
    await orders.push(RENEW)
    (taken,) = await orders.given()
    await orders.push(RENEW)
    await orders.done(taken)
    assert await given(orders) == [RENEW]


async def test_what_a_dead_keeper_did_not_end_is_there_for_the_next(redis: Redis) -> None:
    await Orders(redis).push(RENEW)
    await Orders(redis).given()
    assert await given(Orders(redis)) == [RENEW]


async def test_garbage_is_dropped(redis: Redis, orders: Orders) -> None:
    await redis.execute_command("HSET", KEY, b"\xc1garbage", 1)
    assert await given(orders) == []
    assert await redis.exists(KEY) == 0


async def test_a_flood_of_orders_has_an_end(redis: Redis, orders: Orders) -> None:
    flood = {b"%d" % n: 1 for n in range(MOST)}
    await redis.hset(KEY, mapping=flood)  # type: ignore[misc]  # as above
    assert not await orders.push(RENEW)
    assert await redis.hlen(KEY) == MOST  # type: ignore[misc]  # as above


async def test_redis_away_is_said_so(tmp_path: object) -> None:
    client = connect(f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(QueueUnavailable):
        await Orders(client).push(RENEW)
    await client.aclose()
