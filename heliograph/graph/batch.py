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

    async def send(self, requests: Sequence[Request]) -> list[Outcome]:
        """The answer or the error of each request, in the order of *requests*. Raises none.

        Items that may be tried again are, in a new batch, after the longest wait among them.
        """
        outcomes: dict[int, Outcome] = {}
        open_, waited = list(range(len(requests))), 0.0
        for attempt in range(self._patience.tries):
            for start in range(0, len(open_), MOST):
                numbers = open_[start : start + MOST]
                outcomes |= await self._round({number: requests[number] for number in numbers})
            waits = self._waits(requests, {number: outcomes[number] for number in open_}, attempt)
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
        self, requests: Sequence[Request], outcomes: Mapping[int, Outcome], attempt: int
    ) -> dict[int, float]:
        waits = {
            number: wait_seconds(requests[number], outcome, attempt=attempt, chance=self._chance())
            for number, outcome in outcomes.items()
            if isinstance(outcome, Response)  # the layer below has tried a whole batch again
        }
        return {number: wait for number, wait in waits.items() if wait is not None}

    async def _alone(self, request: Request) -> Outcome:
        try:
            return await self._calls.send(request)
        except GraphError as error:
            return error

    async def _round(self, requests: Mapping[int, Request]) -> dict[int, Outcome]:
        """One batch. Where it fails as a whole, so does each of its items."""
        request = Request(
            method="POST",
            path="/$batch",
            json={"requests": [_written(*placed) for placed in enumerate(requests.values())]},
            parts=tuple(requests.values()),
        )
        try:
            pairs = answers_of_parts(request, await self._calls.send(request))
        except NotPermitted:  # one of them is refused before the call, and holds up no other
            return {number: await self._alone(item) for number, item in requests.items()}
        except GraphError as error:
            return dict.fromkeys(requests, error)
        return {
            number: answer or GraphError("a batch left a call unanswered")
            for number, (_, answer) in zip(requests, pairs, strict=True)
        }


def _written(place: int, request: Request) -> dict[str, object]:
    assert request.content is None, "only JSON goes into a batch"  # noqa: S101 (a mistake of ours)
    item: dict[str, object] = {
        "id": str(place),
        "method": request.method,
        "url": target(request),
    }
    headers = dict(request.headers)
    if request.json is not None:
        item["body"] = request.json
        headers["content-type"] = "application/json"
    return {**item, "headers": headers} if headers else item


def _decoded(outcome: Outcome, type_: type[T]) -> T:
    if isinstance(outcome, GraphError):
        raise outcome
    return decode(outcome.content, type_)


def _settle(request: Request, outcome: Outcome) -> Outcome:
    if isinstance(outcome, Response) and outcome.status >= 300:
        return refusal(request, outcome)
    return outcome
