from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.graph.transport import Request, Response
from heliograph.keeping.pace import Pace, Paced, Paces


class Time:
    """A clock that a sleep sets forward."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@given(st.lists(st.tuples(st.integers(1, 20), st.floats(0, 5)), min_size=1, max_size=200))
async def test_no_window_ever_holds_more_than_the_limit(calls: list[tuple[int, float]]) -> None:
    time = Time()
    pace = Pace(500, clock=time, sleep=time.sleep)
    went: list[tuple[float, int]] = []
    for count, pause in calls * 3:
        await pace.take(count)
        went.append((time.now, count))
        time.now += pause
    for at, _ in went:
        assert sum(count for then, count in went if at <= then < at + 20) <= 500


async def test_calls_come_evenly_after_a_small_burst() -> None:
    time = Time()
    pace = Pace(500, clock=time, sleep=time.sleep)
    went = []
    for _ in range(1_000):
        await pace.take()
        went.append(time.now)
    assert went.count(went[0]) <= 51
    assert max(later - earlier for earlier, later in pairwise(went)) < 0.05
    assert went[-1] - went[0] < 45  # 500 in 20 s would be 40


class Inner:
    """Admits everything, and notes it."""

    def __init__(self) -> None:
        self.admitted: list[Request] = []
        self.heeded: list[Response] = []

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[None]:
        self.admitted.append(request)
        yield

    async def heed(self, request: Request, response: Response) -> None:
        self.heeded.append(response)


def renewals(count: int) -> Iterator[Request]:
    return (Request(method="PATCH", path=f"/subscriptions/{n}", json={}) for n in range(count))


@pytest.mark.parametrize(
    ("request_", "seconds"),
    [
        (Request(method="POST", path="/subscriptions", json={}), 44.4),
        (Request(method="GET", path="/subscriptions/x"), 44.4),
        (Request(method="GET", path="/subscriptions?$skiptoken=x"), 888.0),
        (Request(method="GET", path="/users"), 0.0),
    ],
    ids=["create", "get", "list", "another"],
)
async def test_each_kind_of_call_has_its_limit(request_: Request, seconds: float) -> None:
    """1,000 of them: at 500, 500 and 25 in 20 s, a tenth less to stay below."""
    time, inner = Time(), Inner()
    budget = Paced(inner, Paces.of_tenant(clock=time, sleep=time.sleep))
    for _ in range(1_000):
        async with budget.admit(request_):
            pass
    assert time.slept == pytest.approx(seconds, rel=0.06, abs=0.01)
    assert len(inner.admitted) == 1_000


async def test_a_batch_counts_for_each_of_its_parts() -> None:
    time = Time()
    budget = Paced(Inner(), Paces.of_tenant(clock=time, sleep=time.sleep))
    batch = Request(method="POST", path="/$batch", json={}, parts=tuple(renewals(20)))
    for _ in range(50):
        async with budget.admit(batch):
            pass
    assert time.slept == pytest.approx(44.4, rel=0.06)


async def test_many_tenants_share_the_limit_of_their_app() -> None:
    time = Time()
    app = Paces.of_app(clock=time, sleep=time.sleep)
    tenants = [Paced(Inner(), app, Paces.of_tenant(clock=time, sleep=time.sleep)) for _ in range(8)]
    for _ in range(500):
        for budget in tenants:
            async with budget.admit(next(renewals(1))):
                pass
    assert time.slept >= 500 * 8 / 2_000 * 20 * 0.95


async def test_a_refusal_is_handed_on() -> None:
    inner = Inner()
    response = Response(status=429, headers={}, content=b"")
    await Paced(inner).heed(next(renewals(1)), response)
    assert inner.heeded == [response]
