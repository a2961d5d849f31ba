import asyncio
from contextlib import AsyncExitStack

import pytest

from heliograph.errors import Throttled
from heliograph.graph.budget import LocalBudget, Places
from heliograph.graph.transport import Request, Response
from heliograph.settings import Tenant

MAIL = Request(method="GET", path="/users/Lene/messages", mailbox="Lene@contoso.com")
SAME = Request(method="GET", path="/users/lene/messages", mailbox="lene@contoso.com")
USERS = Request(method="GET", path="/users", params={"$select": "id"})


class Time:
    """A clock that stands still but for the sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Crowd:
    """Calls that stay until they are let go, and how many are there at once."""

    def __init__(self, budget: LocalBudget) -> None:
        self.here = 0
        self.most = 0
        self.gate = asyncio.Event()
        self._budget = budget

    async def call(self, request: Request) -> None:
        async with self._budget.admit(request):
            self.here += 1
            self.most = max(self.most, self.here)
            try:
                await self.gate.wait()
            finally:
                self.here -= 1


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def budget(tenant: Tenant, time: Time) -> LocalBudget:
    return LocalBudget(tenant, clock=time, sleep=time.sleep)


async def test_at_most_four_calls_reach_a_mailbox_at_once(budget: LocalBudget) -> None:
    crowd = Crowd(budget)
    calls = [asyncio.create_task(crowd.call(request)) for request in [MAIL, SAME] * 5]
    await settle()
    assert crowd.here == 4
    crowd.gate.set()
    await asyncio.gather(*calls)
    assert crowd.most == 4


async def test_mailboxes_and_the_directory_do_not_hold_each_other_up(budget: LocalBudget) -> None:
    crowd = Crowd(budget)
    requests = [Request(method="GET", path="/x", mailbox=box) for box in ("a", "b")] * 6
    calls = [asyncio.create_task(crowd.call(request)) for request in [*requests, *[USERS] * 6]]
    await settle()
    assert crowd.here == 4 + 4 + 6
    crowd.gate.set()
    await asyncio.gather(*calls)


async def test_cancelled_calls_give_their_places_back_and_nothing_is_kept(
    budget: LocalBudget,
) -> None:
    crowd = Crowd(budget)
    calls = [asyncio.create_task(crowd.call(MAIL)) for _ in range(8)]
    await settle()
    for call in (*calls[:2], *calls[6:]):  # some are there, some wait
        call.cancel()
    await settle()
    assert crowd.here == 4
    crowd.gate.set()
    await asyncio.gather(*calls, return_exceptions=True)
    assert budget._mailboxes == {}


def a_batch(*boxes: str) -> Request:
    parts = tuple(Request(method="GET", path="/x", mailbox=box) for box in boxes)
    return Request(method="POST", path="/$batch", parts=parts)


async def test_batches_that_want_the_same_mailboxes_never_wait_for_each_other(
    budget: LocalBudget,
) -> None:
    """Each with one mailbox, waiting for the other's, would be for ever."""
    crowd, of_a, of_b = Crowd(budget), Crowd(budget), Crowd(budget)
    crowd.gate.set()
    holding = [
        asyncio.create_task(of_a.call(a_batch(*"aaaa"))),
        asyncio.create_task(of_b.call(a_batch(*"bbbb"))),
    ]
    await settle()
    calls = [crowd.call(a_batch(*"aaabbb")), crowd.call(a_batch(*"bbbaaa"))]
    waiting = [asyncio.create_task(call) for call in calls]
    await settle()
    of_a.gate.set()
    of_b.gate.set()
    await asyncio.wait_for(asyncio.gather(*holding, *waiting), 5)
    assert crowd.most == 1


async def test_the_units_of_a_tenant_are_kept(budget: LocalBudget, time: Time) -> None:
    for _ in range(3_500):
        async with budget.admit(USERS):
            pass
    assert time.now == 0.0
    async with budget.admit(USERS):
        assert 10 <= time.now <= 11.5


async def test_calls_wait_as_graph_has_asked(budget: LocalBudget, time: Time) -> None:
    await budget.heed(USERS, Response(status=429, headers={"retry-after": "2.2"}))
    async with budget.admit(MAIL):
        assert time.now == 0.0
    async with budget.admit(USERS):
        assert 3 <= time.now <= 3.5


async def test_a_429_that_names_no_time_pauses_nobody(budget: LocalBudget, time: Time) -> None:
    await budget.heed(USERS, Response(status=429))
    async with budget.admit(USERS):
        assert time.now == 0.0


async def test_a_wait_beyond_all_patience_is_left_to_the_queue(
    budget: LocalBudget, time: Time
) -> None:
    await budget.heed(MAIL, Response(status=429, headers={"retry-after": "300"}))
    with pytest.raises(Throttled, match="not sent") as throttled:
        async with budget.admit(MAIL):
            pytest.fail("it must not go")
    assert throttled.value.retry_after == 300
    assert time.now == 0.0
    assert budget._mailboxes == {}


class TestPlaces:
    async def test_they_are_taken_in_the_order_of_asking(self) -> None:
        places, order = Places(4), list[int]()

        async def take(number: int, count: int) -> None:
            await places.take(count)
            order.append(number)

        async with AsyncExitStack() as stack:
            await places.take(3)
            waiting = [asyncio.create_task(take(n, count)) for n, count in enumerate((4, 1, 2))]
            stack.callback(lambda: [task.cancel() for task in waiting])
            await settle()
            assert order == []  # the one that wants all of them is not passed by
            places.give_back(3)
            await settle()
            assert order == [0]
            places.give_back(4)
            await settle()
            assert order == [0, 1, 2]

    async def test_one_that_leaves_lets_the_next_in(self) -> None:
        places = Places(4)
        await places.take(3)
        large = asyncio.create_task(places.take(4))
        small = asyncio.create_task(places.take(1))
        await settle()
        large.cancel()
        await asyncio.wait_for(small, 5)

    async def test_one_that_leaves_as_it_is_called_gives_the_place_back(self) -> None:
        places = Places(1)
        await places.take(1)
        waiting = asyncio.create_task(places.take(1))
        await settle()
        places.give_back(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(places.take(1), 5)
