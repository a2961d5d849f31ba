"""Delivery: items wait a moment for others to the same URL, are posted, and posted again.

2xx within the time allowed is delivered; anything else is tried for four hours
(change-notifications.md, 4.4 and 4.5).
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.deliveries import Attempt, Delivery, schedule
from heliograph.simulator.notify.endpoints import Endpoint, place
from heliograph.simulator.notify.receivers import JSON, Receivers
from heliograph.simulator.notify.registry import Registry
from heliograph.simulator.notify.validation import ValidationTokens
from heliograph.simulator.options import Options
from heliograph.simulator.switches import Switches

MOST_ITEMS = 100
"""In one POST; Graph publishes no number."""

REMEMBERED = 50_000
PENALTY_SECONDS = 600

_AT_ONCE = 16

Mourner = Callable[[Sequence[Delivery], Endpoint], None]
"""Is told what was dropped, and at which endpoint."""


class PostOffice:
    """Posts deliveries, and remembers them."""

    def __init__(
        self,
        receivers: Receivers,
        clock: Clock,
        *,
        options: Options,
        tokens: ValidationTokens,
        registry: Registry,
        switches: Switches,
    ) -> None:
        self.deliveries: deque[Delivery] = deque(maxlen=REMEMBERED)
        self.count = 0
        self.pending = 0
        self.settled = asyncio.Event()
        self.settled.set()
        self.endpoints: dict[str, Endpoint] = {}
        self._receivers = receivers
        self._clock = clock
        self._options = options
        self._tokens = tokens
        self._registry = registry
        self._switches = switches
        self._random = random.Random(f"{options.seed}/post")  # noqa: S311 (repeatable, guards nothing)
        self._mourners: list[Mourner] = []
        self._waiting: dict[str, list[Delivery]] = {}
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def mourn(self, mourner: Mourner) -> None:
        """Have *mourner* told of all that is dropped."""
        self._mourners.append(mourner)

    def put(self, delivery: Delivery, *, after: float = 0.0) -> None:
        """Have *delivery* go out, with others to its URL that come within the next moments; where
        the endpoint is slow, later; where it is in the drop state, never.
        """
        self._enter(delivery)
        endpoint = self.endpoint(delivery.url)
        state = endpoint.now(self._clock.now())
        if state == "drop":
            self._drop([delivery])
        elif state == "slow" or after:
            self.spawn(self._put_later(delivery, max(after, PENALTY_SECONDS * (state == "slow"))))
        else:
            self._enqueue(delivery)

    def endpoint(self, url: str) -> Endpoint:
        """The record of the endpoint at *url*."""
        penalty = timedelta(seconds=PENALTY_SECONDS / self._clock.speed)
        fresh = Endpoint(enough=self._options.endpoint_judged_after, penalty=penalty)
        return self.endpoints.setdefault(place(url), fresh)

    def post_once(self, delivery: Delivery, collection: dict[str, Any]) -> None:
        """Post *collection* as it is, and never again."""
        self._enter(delivery)
        self.spawn(self._post_once(delivery, msgspec.json.encode(collection)))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Have *work* done beside all else, and ended with the simulator."""
        if self._is_closed:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all that is on its way; nothing goes out any more."""
        self._is_closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enter(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self.count += 1
        self.pending += 1
        self.settled.clear()

    async def _put_later(self, delivery: Delivery, seconds: float) -> None:
        await self._clock.wait(seconds)
        self._enqueue(delivery)

    def _enqueue(self, delivery: Delivery) -> None:
        waiting = self._waiting.setdefault(delivery.url, [])
        waiting.append(delivery)
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(
                self._options.flush_after, self._flush, delivery.url
            )

    def _flush(self, url: str) -> None:
        waiting = self._waiting.pop(url, [])
        if self._switches.disordered:
            self._random.shuffle(waiting)
        for at in range(0, len(waiting), MOST_ITEMS):
            self.spawn(self._deliver(url, waiting[at : at + MOST_ITEMS]))

    async def _deliver(self, url: str, batch: Sequence[Delivery]) -> None:
        left = list(batch)
        for pause in schedule():
            if pause:
                await self._clock.wait(pause)
            left = self._still_wanted(left)
            # What its creator may not see now waits for new authority, to the same schedule.
            ready = [item for item in left if not self._is_paused(item)]
            if ready:
                await self._attempt(url, ready, is_first=not pause)
            left = [item for item in left if item.state == "pending"]
            if not left:
                return
        self._drop(left)

    def _is_paused(self, item: Delivery) -> bool:
        return item.is_bound and self._registry.is_paused(item.subscription_id)

    def _still_wanted(self, batch: Sequence[Delivery]) -> list[Delivery]:
        ended = [
            item
            for item in batch
            if item.is_bound and not self._registry.lives(item.subscription_id)
        ]
        self._end(ended, "stopped")
        return [item for item in batch if item.state == "pending"]

    async def _attempt(self, url: str, batch: Sequence[Delivery], *, is_first: bool) -> None:
        allowed = self._options.first_timeout if is_first else self._options.retry_timeout
        async with self._lanes.setdefault(url, asyncio.Semaphore(_AT_ONCE)):
            attempt = await self._post(url, self._body(batch), allowed)
        late = attempt.status == 0 and attempt.latency >= allowed
        self.endpoint(url).record(self._clock.now(), is_late=late, is_first=is_first)
        for item in batch:
            item.attempts.append(attempt)
        if attempt.is_taken:
            self._end(batch, "delivered")

    async def _post(self, url: str, body: bytes, allowed: float) -> Attempt:
        attempt, _ = await self._receivers.post(url, body, headers=JSON, within=allowed)
        return attempt

    async def _post_once(self, delivery: Delivery, body: bytes) -> None:
        attempt = await self._post(delivery.url, body, self._options.first_timeout)
        delivery.attempts.append(attempt)
        self._end([delivery], "delivered" if attempt.is_taken else "dropped")

    def _body(self, batch: Sequence[Delivery]) -> bytes:
        collection: dict[str, Any] = {"value": [item.body for item in batch]}
        pairs = [item.signed_for for item in batch if item.signed_for is not None]
        if pairs:
            nothing = self._switches.null_validation_tokens
            collection["validationTokens"] = None if nothing else self._tokens.of(pairs)
        return msgspec.json.encode(collection)

    def _drop(self, batch: Sequence[Delivery]) -> None:
        self._end(batch, "dropped")
        for mourner in self._mourners:
            mourner(batch, self.endpoint(batch[0].url))

    def _end(self, batch: Sequence[Delivery], state: str) -> None:
        now = self._clock.now()
        for item in batch:
            item.state = state
            item.ended_after = (now - item.made_at).total_seconds()
            self.pending -= 1
        if not self.pending:
            self.settled.set()
