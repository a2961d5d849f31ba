"""The budgets of a deployment on a real Redis: two clients stand for two processes, or are two."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from heliograph.budgets import SharedBudgets
from heliograph.errors import Throttled
from heliograph.graph.budget import Budget
from heliograph.graph.limits import Demand, Rate, demand
from heliograph.graph.transport import Request, Response
from heliograph.queue.connection import connect
from heliograph.redis_server import RedisServer
from heliograph.settings import ClientSecret, Secret, Tenant

MAIL = Request(method="GET", path="/users/lene/messages", mailbox="lene@contoso.com")
OTHER_MAIL = Request(method="GET", path="/users/amir/messages", mailbox="amir@contoso.com")
USERS = Request(method="GET", path="/users", params={"$select": "id"})
WRITE = Request(method="PATCH", path="/users/1")

TENANT = Tenant(
    name="contoso",
    tenant_id="7a0c3f6e-52a9-4d5e-9d1b-5b8a6f1c2d3e",
    client_id="5c1f6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10",
    credential=ClientSecret(secret=Secret("s")),
)

Process = Callable[[], SharedBudgets]


@pytest.fixture
async def process(redis_url: str) -> AsyncIterator[Process]:
    """Makes what one process has of the budgets."""
    made: list[tuple[Redis, SharedBudgets]] = []

    def make() -> SharedBudgets:
        redis = connect(redis_url)
        made.append((redis, SharedBudgets(redis)))
        return made[-1][1]

    yield make
    for redis, budgets in made:
        await budgets.close()
        await redis.aclose()


class Crowd:
    """Calls of all processes, and how many are under way at once."""

    def __init__(self) -> None:
        self.here = 0
        self.most = 0

    async def call(self, budget: Budget, request: Request) -> None:
        async with budget.admit(request):
            self.here += 1
            self.most = max(self.most, self.here)
            await asyncio.sleep(0.005)
            self.here -= 1


async def is_full(budgets: SharedBudgets, request: Request, tenant: Tenant = TENANT) -> bool:
    """Would *request* have to wait? What it takes, if it would not, stays taken."""
    return await budgets.take(tenant.tenant_id, demand(request, tenant), "looker") > 0


async def has_room(budgets: SharedBudgets, request: Request) -> bool:
    return not await is_full(budgets, request)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 (Redis has no event for it)
            await asyncio.sleep(0.01)


async def test_two_processes_never_make_more_than_four_calls_at_once_to_a_mailbox(
    process: Process,
) -> None:
    crowd, budgets = Crowd(), [process().of(TENANT) for _ in range(2)]
    await asyncio.gather(*(crowd.call(budgets[n % 2], MAIL) for n in range(60)))
    assert crowd.most == 4


async def test_mailboxes_do_not_hold_each_other_up(process: Process) -> None:
    one, other = process().of(TENANT), process()
    async with one.admit(MAIL), one.admit(MAIL), one.admit(MAIL), one.admit(MAIL):
        assert await is_full(other, MAIL)
        assert not await is_full(other, OTHER_MAIL)


async def test_the_same_mailbox_of_another_tenant_is_another_one(process: Process) -> None:
    budgets = process()
    fabrikam = replace(TENANT, tenant_id="11111111-2222-3333-4444-555555555555")
    one = budgets.of(TENANT)
    async with one.admit(MAIL), one.admit(MAIL), one.admit(MAIL), one.admit(MAIL):
        assert not await is_full(budgets, MAIL, fabrikam)


async def test_the_units_of_a_tenant_are_shared_by_all_processes(process: Process) -> None:
    small = replace(TENANT, directory_units=40)
    processes = [process() for _ in range(4)]
    budgets = [each.of(small) for each in processes]
    await asyncio.gather(*(Crowd().call(budgets[n % 4], USERS) for n in range(40)))
    wait = await processes[0].take(TENANT.tenant_id, demand(USERS, small), "looker")
    assert 9 < wait <= 11


async def test_no_second_holds_more_than_its_rate_whoever_asks(process: Process) -> None:
    rate = Rate(name="a second's", most=20, seconds=1)
    clock, times = asyncio.get_running_loop().time, list[float]()
    begin = clock()

    async def call_on_and_on(budgets: SharedBudgets) -> None:
        while clock() < begin + 2.5:
            wait = await budgets.take(TENANT.tenant_id, Demand(units={rate: 1}), "caller")
            if wait == 0:
                times.append(clock())
            await asyncio.sleep(wait)

    await asyncio.gather(*(call_on_and_on(process()) for _ in range(4)))
    assert len(times) >= 40
    # Redis and we have clocks of our own: a little less than a second is a second here.
    assert all(sum(at <= one < at + 0.95 for one in times) <= 20 for at in times)


async def test_writes_are_a_rate_of_their_own(process: Process) -> None:
    small = replace(TENANT, directory_writes=2)
    one, other = process().of(small), process().of(small)
    crowd = Crowd()
    await crowd.call(one, WRITE)
    await crowd.call(other, WRITE)
    with pytest.raises(Throttled) as throttled:  # in 150 s: for the queue to wait
        await crowd.call(one, WRITE)
    assert 120 < (throttled.value.retry_after or 0) <= 165
    await asyncio.wait_for(crowd.call(other, USERS), 5)


async def test_what_one_process_is_told_by_graph_all_of_them_heed(process: Process) -> None:
    one, other = process().of(TENANT), process().of(TENANT)
    await one.heed(USERS, Response(status=429, headers={"retry-after": "90"}))
    with pytest.raises(Throttled):
        await Crowd().call(other, USERS)
    await Crowd().call(other, MAIL)


async def test_a_batch_over_many_mailboxes_is_no_deadlock(process: Process) -> None:
    crowd, budgets = Crowd(), [process().of(TENANT) for _ in range(2)]
    parts = (MAIL, OTHER_MAIL) * 4
    batches = [
        Request(method="POST", path="/$batch", parts=order)
        for order in (parts, tuple(reversed(parts))) * 5
    ]
    calls = (crowd.call(budgets[n % 2], batch) for n, batch in enumerate(batches))
    await asyncio.wait_for(asyncio.gather(*calls), 20)
    assert crowd.most == 1


async def test_a_long_call_keeps_its_place(redis_url: str, process: Process) -> None:
    """Its lease is renewed: another process must not take the place for free."""
    redis = connect(redis_url)
    short = SharedBudgets(redis, lasts=timedelta(milliseconds=300))
    one = short.of(TENANT)
    async with one.admit(MAIL), one.admit(MAIL), one.admit(MAIL), one.admit(MAIL):
        first = await last_lease(redis)
        await until(lambda: is_renewed(redis, beyond=first + 300))
        assert await is_full(process(), MAIL)
    await short.close()
    assert await last_lease(redis) == 0
    await redis.aclose()


async def last_lease(redis: Redis) -> float:
    """When the last of all leases ends, in ms; 0 where there is none."""
    (key, *_) = await redis.keys("*:mailbox:*") or [b"none"]
    (last, *_) = await redis.zrange(key, -1, -1, withscores=True) or [(b"", 0.0)]
    return float(last[1])


async def is_renewed(redis: Redis, *, beyond: float) -> bool:
    return await last_lease(redis) > beyond


HOLDER = """
import asyncio, sys
from datetime import timedelta
from heliograph.budgets import SharedBudgets
from heliograph.queue.connection import connect
from tests.heliograph.budgets.test_shared import MAIL, TENANT

async def main():
    budget = SharedBudgets(connect(sys.argv[1]), lasts=timedelta(seconds=1)).of(TENANT)
    async with budget.admit(MAIL), budget.admit(MAIL), budget.admit(MAIL), budget.admit(MAIL):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_process_gives_its_places_back(redis_url: str, process: Process) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, redis_url),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    redis, mine = connect(redis_url), process()
    first = await last_lease(redis)
    await until(lambda: is_renewed(redis, beyond=first + 1_000))
    assert await is_full(mine, MAIL)
    holder.kill()
    await holder.wait()
    await asyncio.wait_for(Crowd().call(mine.of(TENANT), MAIL), 3)
    await redis.aclose()


async def test_a_dead_holder_is_forgotten_beside_a_living_one(
    redis_url: str, process: Process
) -> None:
    redis, living = connect(redis_url), process()
    dying = SharedBudgets(redis, lasts=timedelta(milliseconds=200))
    wants = demand(MAIL, TENANT)
    for number in range(3):
        assert await dying.take(TENANT.tenant_id, wants, f"dead {number}") == 0
    async with living.of(TENANT).admit(MAIL):
        assert await is_full(living, MAIL)
        await until(lambda: has_room(living, MAIL))
    await redis.aclose()


async def test_nobody_waits_for_a_redis_that_has_frozen() -> None:
    with RedisServer() as server:
        redis = connect(server.url.reveal())
        budgets = SharedBudgets(redis)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(6):  # one wait of a second, and not one for each call
                for _ in range(20):
                    await Crowd().call(budgets.of(TENANT), MAIL)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        await budgets.close()
        await redis.aclose()


async def test_calls_go_on_within_the_process_s_own_limits_while_redis_is_away() -> None:
    redis = connect("redis://127.0.0.1:1/0")
    budgets = SharedBudgets(redis)
    crowd, budget = Crowd(), budgets.of(TENANT)
    await asyncio.wait_for(asyncio.gather(*(crowd.call(budget, MAIL) for _ in range(40))), 10)
    assert crowd.most == 4
    await budgets.close()
    await redis.aclose()


async def test_a_redis_that_comes_back_is_asked_again() -> None:
    with RedisServer() as server:
        redis, other = connect(server.url.reveal()), connect(server.url.reveal())
        lasts = timedelta(seconds=1)
        budgets, others = SharedBudgets(redis, lasts=lasts), SharedBudgets(other, lasts=lasts)
        one = budgets.of(TENANT)
        server.kill()
        async with one.admit(MAIL), one.admit(MAIL), one.admit(MAIL), one.admit(MAIL):
            server.start()
            # What was admitted without Redis is known there soon, as it is still under way.
            await until(lambda: is_full(others, MAIL))
        await asyncio.wait_for(Crowd().call(others.of(TENANT), MAIL), 5)
        for each in (budgets, others):
            await each.close()
        for client in (redis, other):
            await client.aclose()


async def test_what_lies_in_redis_names_nobody_and_goes_by_itself(
    redis_url: str, process: Process
) -> None:
    budgets = process()
    await Crowd().call(budgets.of(TENANT), MAIL)
    await Crowd().call(budgets.of(TENANT), WRITE)
    await budgets.of(TENANT).heed(USERS, Response(status=429, headers={"retry-after": "1"}))
    redis = connect(redis_url)
    keys = await redis.keys("*")
    assert keys
    for key in keys:
        assert b"lene" not in key
        assert 0 < await redis.pttl(key) <= 165_000
    await redis.aclose()


async def test_a_call_without_limits_asks_nobody(process: Process, redis_url: str) -> None:
    await Crowd().call(process().of(TENANT), Request(method="GET", path="/auditLogs/x"))
    redis = connect(redis_url)
    assert await redis.dbsize() == 0
    await redis.aclose()
