import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from heliograph.errors import QueueUnavailable
from heliograph.orders import KEY, MOST, TAKEN_KEY, Order, Orders
from heliograph.queue.connection import BLOCK_AT_MOST, connect

AT_ONCE = timedelta(milliseconds=10)
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


async def test_orders_come_in_the_order_they_were_given(orders: Orders) -> None:
    await orders.push(RENEW)
    await orders.push(RECREATE)
    assert await orders.next(AT_ONCE) == RENEW
    assert await orders.next(AT_ONCE) == RECREATE
    assert await orders.next(AT_ONCE) is None


async def test_an_order_wakes_who_waits_for_it(orders: Orders) -> None:
    waiting = asyncio.create_task(orders.next(BLOCK_AT_MOST))
    await orders.push(RENEW)
    assert await waiting == RENEW


async def test_an_order_that_waits_already_is_not_added(orders: Orders) -> None:
    assert await orders.push(RENEW)
    assert not await orders.push(RENEW)


async def test_an_order_can_come_again_while_it_is_carried_out(orders: Orders) -> None:
    await orders.push(RENEW)
    await orders.next(AT_ONCE)
    assert await orders.push(RENEW)


async def test_what_a_dead_keeper_took_comes_back_first(orders: Orders) -> None:
    for order in (RENEW, RECREATE):
        await orders.push(order)
    await orders.next(AT_ONCE)
    await orders.restore()
    assert [await orders.next(AT_ONCE), await orders.next(AT_ONCE)] == [RENEW, RECREATE]


async def test_what_is_done_does_not_come_back(orders: Orders) -> None:
    await orders.push(RENEW)
    await orders.next(AT_ONCE)
    await orders.done(RENEW)
    await orders.restore()
    assert await orders.next(AT_ONCE) is None


async def test_garbage_is_dropped(redis: Redis, orders: Orders) -> None:
    await redis.lpush(KEY, b"\xc1garbage")  # type: ignore[misc]  # redis-py's own types
    assert await orders.next(AT_ONCE) is None
    assert await redis.exists(KEY, TAKEN_KEY) == 0


async def test_a_flood_of_orders_has_an_end(redis: Redis, orders: Orders) -> None:
    await redis.lpush(KEY, *(b"%d" % n for n in range(MOST)))  # type: ignore[misc]  # as above
    assert not await orders.push(RENEW)


async def test_redis_away_is_said_so(tmp_path: object) -> None:
    client = connect(f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(QueueUnavailable):
        await Orders(client).push(RENEW)
    await client.aclose()
