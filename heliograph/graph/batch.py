"""Up to 20 calls in one: `$batch`, with each call answered, refused and tried again on its own.

Graph throttles the items alone, and answers them in any order.
https://learn.microsoft.com/graph/json-batching
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from heliograph.errors import GraphError, NotPermitted
from heliograph.graph.answers import decode, refusal
from heliograph.graph.calls import Calls
from heliograph.graph.parts import answers_of_parts
from heliograph.graph.retrying import Patience, wait_seconds
from heliograph.graph.transport import Request, Response, target

T = TypeVar("T")

MOST = 20

Outcome = Response | GraphError

_UNDONE = Response(status=424)
"""What Graph says of a call that waits for one that has failed."""


class Batches:
    """Sends many calls in few. A journal around the transport sees each batch as one effect."""

    def __init__(
        self,
        calls: Calls,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._calls = calls
        self._patience = patience or Patience()
        self._sleep = sleep
        self._chance = chance

    async def send(self, requests: Sequence[Request], *, in_order: bool = False) -> list[Outcome]:
        """The answer or the error of each request, in the order of *requests*. Raises none.

        Items that may be tried again are, in a new batch, after the longest wait among them. With
        *in_order* each call waits until the one before it has succeeded. What comes after one that
        has failed is not done: its error has status 424.
        """
        outcomes: dict[int, Outcome] = {}
        open_, waited = list(range(len(requests))), 0.0
        for attempt in range(self._patience.tries):
            asked = {number: requests[number] for number in open_}
            outcomes |= await self._all(asked, in_order=in_order)
            waits = self._waits(asked, outcomes, attempt)
            if in_order and waits:
                waits |= dict.fromkeys([each for each in open_ if outcomes[each] is _UNDONE], 0.0)
            open_, wait = list(waits), max(waits.values(), default=0.0)
            waited += wait
            last = attempt + 1 == self._patience.tries
            if not open_ or last or waited > self._patience.total_seconds:
                break
            await self._sleep(wait)
        return [_settle(requests[number], outcome) for number, outcome in outcomes.items()]

    async def fetch(self, requests: Sequence[Request], type_: type[T]) -> list[T]:
        """The answers to *requests* as *type_*, in their order. Raises the first refusal."""
        if len(requests) == 1:
            return [await self._calls.fetch(requests[0], type_)]
        return [_decoded(outcome, type_) for outcome in await self.send(requests)]

    def _waits(
        self, requests: Mapping[int, Request], outcomes: Mapping[int, Outcome], attempt: int
    ) -> dict[int, float]:
        waits = {
            number: wait_seconds(request, outcome, attempt=attempt, chance=self._chance())
            for number, request in requests.items()
            # Where a batch failed as a whole, the layer below has tried it again.
            if isinstance(outcome := outcomes[number], Response)
        }
        return {number: wait for number, wait in waits.items() if wait is not None}

    async def _all(self, requests: Mapping[int, Request], *, in_order: bool) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        numbers = list(requests)
        for start in range(0, len(numbers), MOST):
            some = {number: requests[number] for number in numbers[start : start + MOST]}
            if in_order and any(map(_has_failed, outcomes.values())):
                outcomes |= dict.fromkeys(some, _UNDONE)
            else:
                outcomes |= await self._round(some, in_order=in_order)
        return outcomes

    async def _round(
        self, requests: Mapping[int, Request], *, in_order: bool
    ) -> dict[int, Outcome]:
        """One batch. Where it fails as a whole, so does each of its items."""
        written = [_written(*placed, in_order=in_order) for placed in enumerate(requests.values())]
        request = Request(
            method="POST",
            path="/$batch",
            json={"requests": written},
            parts=tuple(requests.values()),
        )
        try:
            pairs = answers_of_parts(request, await self._calls.send(request))
        except NotPermitted:  # one of them is refused before the call, and holds up no other
            return await self._one_by_one(requests, in_order=in_order)
        except GraphError as error:
            return dict.fromkeys(requests, error)
        return {
            number: _outcome(answer) for number, (_, answer) in zip(requests, pairs, strict=True)
        }

    async def _one_by_one(
        self, requests: Mapping[int, Request], *, in_order: bool
    ) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        for number, request in requests.items():
            if in_order and any(map(_has_failed, outcomes.values())):
                outcomes[number] = _UNDONE
                continue
            try:
                outcomes[number] = await self._calls.send(request)
            except GraphError as error:
                outcomes[number] = error
        return outcomes


def _written(place: int, request: Request, *, in_order: bool) -> dict[str, object]:
    assert request.content is None, "only JSON goes into a batch"  # noqa: S101 (a mistake of ours)
    item: dict[str, object] = {
        "id": str(place),
        "method": request.method,
        "url": target(request),
    }
    if in_order and place:
        item["dependsOn"] = [str(place - 1)]
    headers = dict(request.headers)
    if request.json is not None:
        item["body"] = request.json
        headers["content-type"] = "application/json"
    return {**item, "headers": headers} if headers else item


def _outcome(answer: Response | None) -> Outcome:
    if answer is None:
        return GraphError("a batch left a call unanswered")
    return _UNDONE if answer.status == _UNDONE.status else answer


def _has_failed(outcome: Outcome) -> bool:
    return isinstance(outcome, GraphError) or outcome.status >= 300


def _decoded(outcome: Outcome, type_: type[T]) -> T:
    if isinstance(outcome, GraphError):
        raise outcome
    return decode(outcome.content, type_)


def _settle(request: Request, outcome: Outcome) -> Outcome:
    if isinstance(outcome, Response) and outcome.status >= 300:
        return refusal(request, outcome)
    return outcome
