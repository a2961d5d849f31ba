from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import Unauthenticated, Unavailable
from heliograph.graph.retrying import Patience, Retrying, wait_seconds
from heliograph.graph.transport import NeverSent, Request, Response

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

GET = Request(method="GET", path="/users")
POST = Request(method="POST", path="/users/x/sendMail", mailbox="x")
UNCERTAIN = Unavailable("no answer")
UNSENT = NeverSent("no connection")


class Nap:
    """A sleep that takes no time and is remembered."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Watched:
    """A budget that admits everything, and remembers it."""

    def __init__(self) -> None:
        self.inside = 0
        self.admitted: list[Request] = []
        self.heard: list[tuple[Request, Response]] = []

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[None]:
        self.admitted.append(request)
        self.inside += 1
        yield
        self.inside -= 1

    async def heed(self, request: Request, response: Response) -> None:
        self.heard.append((request, response))


def retrying(recorder: "Recorder", nap: Nap, **patience: float) -> Retrying:
    return Retrying(
        recorder,
        Watched(),
        sleep=nap,
        chance=lambda: 0.5,
        patience=Patience(**patience),  # type: ignore[arg-type]  # tries is an int, given as one
    )


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 509])
async def test_a_read_is_tried_again(recorder: "Recorder", status: int) -> None:
    nap = Nap()
    recorder.answer(status).answer(200)
    assert (await retrying(recorder, nap).send(GET)).status == 200
    assert nap.seconds == [0.25]


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 409, 412, 501, 507])
async def test_other_answers_stand(recorder: "Recorder", status: int) -> None:
    recorder.answer(status)
    assert (await retrying(recorder, Nap()).send(GET)).status == status


@pytest.mark.parametrize("outcome", [Response(status=429), Response(status=509), UNSENT])
def test_a_mail_is_sent_again_where_graph_has_not_taken_it(outcome: Response | Unavailable) -> None:
    assert wait_seconds(POST, outcome, attempt=0, chance=1.0) is not None


@pytest.mark.parametrize(
    "outcome", [Response(status=500), Response(status=503), Response(status=504), UNCERTAIN]
)
def test_a_mail_is_not_sent_twice(outcome: Response | Unavailable) -> None:
    """It has no idempotency key: after a lost answer it may be on its way."""
    assert wait_seconds(POST, outcome, attempt=0, chance=1.0) is None
    assert wait_seconds(GET, outcome, attempt=0, chance=1.0) is not None


async def test_an_uncertain_write_surfaces_at_once(recorder: "Recorder") -> None:
    recorder.fail(UNCERTAIN)
    with pytest.raises(Unavailable):
        await retrying(recorder, Nap()).send(POST)
    assert len(recorder.requests) == 1


async def test_connection_errors_are_tried_again_and_surface_in_the_end(
    recorder: "Recorder",
) -> None:
    nap = Nap()
    for _ in range(5):
        recorder.fail(UNCERTAIN)
    with pytest.raises(Unavailable):
        await retrying(recorder, nap).send(GET)
    assert nap.seconds == [0.25, 0.5, 1.0, 2.0]


async def test_the_last_refusal_is_given_back(recorder: "Recorder") -> None:
    recorder.answer(503).answer(429)
    assert (await retrying(recorder, Nap(), tries=2).send(GET)).status == 429


async def test_retry_after_is_waited_for(recorder: "Recorder") -> None:
    nap = Nap()
    recorder.answer(429, headers={"retry-after": "2.128"}).answer(200)
    await retrying(recorder, nap).send(GET)
    assert nap.seconds == [3.25]


async def test_a_wait_beyond_all_patience_is_left_to_the_caller(recorder: "Recorder") -> None:
    nap = Nap()
    recorder.answer(429, headers={"retry-after": "300"})
    assert (await retrying(recorder, nap).send(GET)).status == 429
    assert nap.seconds == []


@given(
    attempt=st.integers(0, 60),
    chance=st.floats(0, 1),
    asked=st.none() | st.floats(0, 1e6),
)
def test_waits_stay_within_their_bounds(attempt: int, chance: float, asked: float | None) -> None:
    headers = {} if asked is None else {"retry-after": str(asked)}
    wait = wait_seconds(GET, Response(status=429, headers=headers), attempt=attempt, chance=chance)
    assert wait is not None
    if asked is None:
        assert 0 <= wait <= min(30, 0.5 * 2**attempt)
    else:
        assert asked <= wait <= asked + 1.5


async def test_nothing_is_held_while_waiting_to_try_again(recorder: "Recorder") -> None:
    budget = Watched()

    async def look(seconds: float) -> None:
        assert budget.inside == 0

    recorder.answer(503).answer(200)
    await Retrying(recorder, budget, sleep=look).send(GET)
    assert budget.admitted == [GET, GET]


async def test_the_budget_hears_what_graph_asks_for(recorder: "Recorder") -> None:
    budget = Watched()
    recorder.answer(429, headers={"retry-after": "7"}).answer(200)
    await Retrying(recorder, budget, sleep=Nap()).send(GET)
    ((request, response),) = budget.heard
    assert (request, response.headers["retry-after"]) == (GET, "7")


async def test_the_budget_hears_what_graph_asks_for_inside_of_a_batch(recorder: "Recorder") -> None:
    """Graph throttles the items alone: the batch as a whole is a success."""
    budget = Watched()
    items = [
        {"id": "1", "status": 429, "headers": {"Retry-After": "7"}},
        {"id": "0", "status": 200, "body": {"id": "429"}},
    ]
    recorder.answer(200, {"responses": items})
    batch = Request(method="POST", path="/$batch", parts=(GET, POST))
    assert (await Retrying(recorder, budget, sleep=Nap()).send(batch)).status == 200
    ((request, response),) = budget.heard
    assert (request, response.headers["retry-after"]) == (POST, "7")


async def test_a_missing_token_is_not_tried_again(recorder: "Recorder") -> None:
    recorder.fail(Unauthenticated("no token"))
    with pytest.raises(Unauthenticated):
        await retrying(recorder, Nap()).send(GET)
    assert len(recorder.requests) == 1
