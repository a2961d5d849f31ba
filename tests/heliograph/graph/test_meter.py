from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Unavailable
from heliograph.graph import Request, Response
from heliograph.graph.budget import LocalBudget
from heliograph.graph.meter import Measured, Waits
from heliograph.graph.retrying import Retrying
from heliograph.settings import Tenant
from heliograph.telemetry import REGISTRY, render

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

GET = Request(method="GET", path="/users/lene.holm@contoso.com/messages", mailbox="lene")
USERS = Request(method="GET", path="/users")
BATCH = Request(method="POST", path="/$batch", parts=(USERS, GET))


class Clock:
    """Moves on by *step* with each look, and by each sleep."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self._step = 0.0, step

    def __call__(self) -> float:
        self.now += self._step
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Counts:
    """What a metric has grown by since the test began."""

    def __init__(self) -> None:
        self._before = {name: dict(values) for name, values in _samples()}

    def __call__(self, name: str, **labels: str) -> float:
        now = {found: dict(values) for found, values in _samples()}
        key = tuple(sorted(labels.items()))
        return now.get(name, {}).get(key, 0.0) - self._before.get(name, {}).get(key, 0.0)


def _samples() -> Iterator[tuple[str, list[tuple[tuple[tuple[str, str], ...], float]]]]:
    by_name: dict[str, list[tuple[tuple[tuple[str, str], ...], float]]] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            labels = tuple(sorted(sample.labels.items()))
            by_name.setdefault(sample.name, []).append((labels, sample.value))
    yield from by_name.items()


@pytest.fixture
def counts() -> Counts:
    return Counts()


def limited(recorder: "Recorder", tenant: Tenant) -> Retrying:
    clock = Clock()
    budget = LocalBudget(tenant, clock=clock, sleep=clock.sleep)
    waits = Waits(tenant.name)
    return Retrying(recorder, budget, waits=waits, sleep=clock.sleep, chance=lambda: 0.0)


async def test_a_request_is_counted_and_timed_by_its_template(
    recorder: "Recorder", counts: Counts
) -> None:
    recorder.answer(404)
    await Measured(recorder, clock=Clock(step=2.0)).send(GET)
    labels = {"method": "GET", "template": "/users/{id}/messages", "status": "404"}
    assert counts("heliograph_graph_requests_total", **labels) == 1
    assert counts("heliograph_graph_request_duration_seconds_count", **labels) == 1
    assert counts("heliograph_graph_request_duration_seconds_sum", **labels) == 2.0
    assert b"lene.holm" not in render()


async def test_a_request_without_an_answer_is_counted_too(
    recorder: "Recorder", counts: Counts
) -> None:
    recorder.fail(Unavailable("no answer"))
    with pytest.raises(Unavailable):
        await Measured(recorder).send(USERS)
    labels = {"method": "GET", "template": "/users", "status": "none"}
    assert counts("heliograph_graph_requests_total", **labels) == 1


@pytest.mark.parametrize(("request_", "workload"), [(GET, "outlook"), (USERS, "directory")])
async def test_a_429_is_counted_with_the_time_that_was_waited_for_it(
    recorder: "Recorder", tenant: Tenant, counts: Counts, request_: Request, workload: str
) -> None:
    recorder.answer(429, headers={"retry-after": "7"}).answer(200)
    await limited(recorder, tenant).send(request_)
    labels = {"tenant": tenant.name, "workload": workload}
    assert counts("heliograph_graph_throttled_total", **labels) == 1
    assert counts("heliograph_graph_throttle_wait_seconds_total", **labels) == pytest.approx(
        7, abs=1
    )


async def test_a_429_inside_of_a_batch_is_counted_for_the_call_it_answers(
    recorder: "Recorder", tenant: Tenant, counts: Counts
) -> None:
    items = [{"id": "0", "status": 200}, {"id": "1", "status": 429}]
    recorder.answer(200, {"responses": items})
    await limited(recorder, tenant).send(BATCH)
    labels = {"tenant": tenant.name, "workload": "outlook"}
    assert counts("heliograph_graph_throttled_total", **labels) == 1


async def test_those_who_wait_for_the_429_of_another_are_counted(
    tenant: Tenant, counts: Counts
) -> None:
    clock = Clock()
    budget = LocalBudget(tenant, clock=clock, sleep=clock.sleep)
    await budget.heed(USERS, Response(status=429, headers={"retry-after": "4"}))
    async with budget.admit(USERS):
        waited = counts(
            "heliograph_graph_throttle_wait_seconds_total",
            tenant=tenant.name,
            workload="directory",
        )
    assert waited == pytest.approx(clock.now)
    assert waited >= 4
