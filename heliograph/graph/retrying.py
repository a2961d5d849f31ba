"""What stands around the calls: the waiting and the trying again.

`wait_seconds` decides, the classes act. Above this nobody tries a call again, except the queue.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from heliograph.errors import Unavailable
from heliograph.graph.answers import retry_after
from heliograph.graph.budget import Budget
from heliograph.graph.limits import workload_of
from heliograph.graph.meter import Waits
from heliograph.graph.parts import throttled
from heliograph.graph.transport import Interrupted, NeverSent, Request, Response, Transport

FIRST_SECONDS = 0.5
"""The bound of the first wait. It doubles with every attempt."""

LONGEST_SECONDS = 30.0

_REFUSED = frozenset({429, 509})  # refused before anything was done: safe for every request
_BROKEN = frozenset({500, 502, 503, 504})  # may have done it: safe for what can be repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call is tried. What lasts longer is the queue's to repeat."""

    tries: int = 5
    total_seconds: float = 60.0  # of waiting; a longer Retry-After ends the call at once


class Retrying:
    """Tries again what may be tried again, with full jitter, as long as *patience* lasts."""

    def __init__(
        self,
        inner: Transport,
        budget: Budget,
        *,
        patience: Patience | None = None,
        waits: Waits | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._inner = inner
        self._budget = budget
        self._patience = patience or Patience()
        self._waits = waits
        self._sleep = sleep
        self._chance = chance

    async def send(self, request: Request) -> Response:
        waited = 0.0
        for attempt in range(self._patience.tries):
            outcome = await self._try(request)
            wait = wait_seconds(request, outcome, attempt=attempt, chance=self._chance())
            waited += wait or 0.0
            last = attempt + 1 == self._patience.tries
            if wait is None or last or waited > self._patience.total_seconds:
                return _settle(outcome)
            if self._waits and isinstance(outcome, Response) and outcome.status in _REFUSED:
                self._waits.waited(workload_of(request), wait)
            await self._sleep(wait)
        raise AssertionError("a patience of no tries makes no sense")

    async def _try(self, request: Request) -> Response | Unavailable:
        try:
            async with self._budget.admit(request):
                response = await self._inner.send(request)
        except Unavailable as error:
            return error
        for asked, refused in throttled(request, response):
            await self._budget.heed(asked, refused)
        return response


def wait_seconds(
    request: Request, outcome: Response | Unavailable, *, attempt: int, chance: float
) -> float | None:
    """How long to wait before *request* is tried again; None where its outcome stands.

    *attempt* counts from 0, *chance* lies between 0 and 1: full jitter below a doubling bound,
    or what Graph asks for and a little more, so that those who wait do not return together.
    """
    if not _may_repeat(request, outcome):
        return None
    asked = retry_after(outcome.headers) if isinstance(outcome, Response) else None
    if asked is not None:
        return asked + chance * FIRST_SECONDS
    return chance * min(LONGEST_SECONDS, FIRST_SECONDS * 2.0**attempt)


def _may_repeat(request: Request, outcome: Response | Unavailable) -> bool:
    if isinstance(outcome, Interrupted):
        return False  # its sink has taken a part, and would take it twice
    if isinstance(outcome, Unavailable):
        return request.is_repeatable or isinstance(outcome, NeverSent)
    if outcome.status in _REFUSED:
        return True
    return outcome.status in _BROKEN and request.is_repeatable


def _settle(outcome: Response | Unavailable) -> Response:
    if isinstance(outcome, Unavailable):
        raise outcome
    return outcome
