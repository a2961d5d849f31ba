"""POSTs to receivers, timed: whoever sends something to an endpoint sends it by this door."""

import asyncio
from collections.abc import Mapping

import httpx

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.deliveries import Attempt

JSON: Mapping[str, str] = {"content-type": "application/json; charset=utf-8"}
TEXT: Mapping[str, str] = {"content-type": "text/plain; charset=utf-8"}


class Receivers:
    """Posts, and says how it was answered."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str], within: float
    ) -> tuple[Attempt, httpx.Response | None]:
        """What came of a POST, and the answer if there was one *within* so many seconds."""
        at, loop = self._clock.now(), asyncio.get_running_loop()
        started = loop.time()
        answer: httpx.Response | None = None
        error = ""
        try:
            async with asyncio.timeout(within):
                answer = await self._client.post(url, content=body, headers=dict(headers))
        except (TimeoutError, httpx.TimeoutException):
            error = f"no answer within {within:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            error = str(fault) or type(fault).__name__
        attempt = Attempt(
            at=at,
            status=0 if answer is None else answer.status_code,
            latency=loop.time() - started,
            error=error,
        )
        return attempt, answer
