"""Delivery: items wait a moment for others to the same URL, are posted, and posted again.

2xx within the time allowed is delivered; anything else is tried for four hours
(change-notifications.md, 4.4 and 4.5).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import msgspec

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.validation import ValidationTokens
from heliograph.simulator.options import Options

MOST_ITEMS = 100
"""In one POST; Graph publishes no number."""

REMEMBERED = 50_000

_BACKOFF_SECONDS = (10, 30, 60, 120, 240, 480, 960, 1920)
_THEN_SECONDS = 3600
_SPAN_SECONDS = 4 * 3600
_AT_ONCE = 16


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One notification on its way. *state* is pending, delivered, dropped, or stopped (its
    subscription ended). *status* is the last answer, 0 for none in time; times are in seconds.
    """

    url: str
    subscription_id: str
    what: str
    resource: str
    body: dict[str, Any] = field(repr=False)
    signed_for: tuple[str, str] | None = None
    made_at: datetime
    attempts: int = 0
    status: int = 0
    latency: float = 0.0
    delivered_after: float | None = None
    state: str = "pending"


def schedule() -> Iterator[float]:
    """The pauses before each attempt, the first of them none, until four hours have passed."""
    yield 0.0
    spent = 0.0
    for pause in (*_BACKOFF_SECONDS, *([_THEN_SECONDS] * 4)):
        spent += pause
        if spent > _SPAN_SECONDS:
            return
        yield float(pause)


class PostOffice:
    """Posts deliveries, and remembers them."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        *,
        options: Options,
        tokens: ValidationTokens,
        lives: Callable[[str], bool],
    ) -> None:
        self.deliveries: deque[Delivery] = deque(maxlen=REMEMBERED)
        self.count = 0
        self.pending = 0
        self._client = client
        self._clock = clock
        self._options = options
        self._tokens = tokens
        self._lives = lives
        self._waiting: dict[str, list[Delivery]] = {}
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, delivery: Delivery) -> None:
        """Have *delivery* go out, with others to its URL that come within the next moments."""
        self.deliveries.append(delivery)
        self.count += 1
        self.pending += 1
        waiting = self._waiting.setdefault(delivery.url, [])
        waiting.append(delivery)
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(
                self._options.flush_after, self._flush, delivery.url
            )

    async def close(self) -> None:
        """End all that is on its way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _flush(self, url: str) -> None:
        waiting = self._waiting.pop(url, [])
        for at in range(0, len(waiting), MOST_ITEMS):
            task = asyncio.ensure_future(self._deliver(url, waiting[at : at + MOST_ITEMS]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, batch: Sequence[Delivery]) -> None:
        left = list(batch)
        for pause in schedule():
            if pause:
                await self._clock.wait(pause)
            left = self._still_wanted(left)
            if not left or await self._attempt(url, left, is_first=not pause):
                return
        self._end(left, "dropped")

    def _still_wanted(self, batch: Sequence[Delivery]) -> list[Delivery]:
        ended = [item for item in batch if not self._lives(item.subscription_id)]
        self._end(ended, "stopped")
        return [item for item in batch if item.state == "pending"]

    async def _attempt(self, url: str, batch: Sequence[Delivery], *, is_first: bool) -> bool:
        options = self._options
        allowed = options.first_timeout if is_first else options.retry_timeout
        async with self._lanes.setdefault(url, asyncio.Semaphore(_AT_ONCE)):
            loop = asyncio.get_running_loop()
            started = loop.time()
            status = await self._post(url, self._body(batch), allowed)
            took = loop.time() - started
        for item in batch:
            item.attempts += 1
            item.status, item.latency = status, took
        if not 200 <= status < 300:
            return False
        self._end(batch, "delivered")
        return True

    async def _post(self, url: str, body: bytes, allowed: float) -> int:
        headers = {"content-type": "application/json; charset=utf-8"}
        try:
            async with asyncio.timeout(allowed):
                answer = await self._client.post(url, content=body, headers=headers)
        except (httpx.HTTPError, TimeoutError):
            return 0
        return answer.status_code

    def _body(self, batch: Sequence[Delivery]) -> bytes:
        collection: dict[str, Any] = {"value": [item.body for item in batch]}
        pairs = [item.signed_for for item in batch if item.signed_for is not None]
        if pairs:
            nothing = self._options.null_validation_tokens
            collection["validationTokens"] = None if nothing else self._tokens.of(pairs)
        return msgspec.json.encode(collection)

    def _end(self, batch: Sequence[Delivery], state: str) -> None:
        now = self._clock.now()
        for item in batch:
            item.state = state
            item.delivered_after = (now - item.made_at).total_seconds()
            self.pending -= 1
