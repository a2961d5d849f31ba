"""What the calls of a tenant cost: how many, how long, and how often Graph wanted them to wait.

Metrics carry templates of paths and no ids. https://learn.microsoft.com/graph/throttling
"""

import time
from collections.abc import Awaitable, Callable

from heliograph.errors import Unavailable
from heliograph.graph.templates import template
from heliograph.graph.transport import Request, Response, Transport
from heliograph.telemetry import (
    GRAPH_REQUESTS,
    GRAPH_SECONDS,
    GRAPH_THROTTLE_WAIT_SECONDS,
    GRAPH_THROTTLED,
)

Sleep = Callable[[float], Awaitable[object]]

UNANSWERED = "none"
"""The status of a call that got no answer."""


class Measured:
    """Counts and times each request on its way to the network, every try of a call for itself."""

    def __init__(self, inner: Transport, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._inner = inner
        self._clock = clock

    async def send(self, request: Request) -> Response:
        began = self._clock()
        try:
            response = await self._inner.send(request)
        except Unavailable:
            self._count(request, UNANSWERED, began)
            raise
        self._count(request, str(response.status), began)
        return response

    def _count(self, request: Request, status: str, began: float) -> None:
        labels = (request.method, template(request.path), status)
        GRAPH_REQUESTS.labels(*labels).inc()
        GRAPH_SECONDS.labels(*labels).observe(self._clock() - began)


class Waits:
    """Counts the 429s of a tenant, and the seconds that its calls stood still for limits."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def throttled(self, workload: str) -> None:
        """Graph has refused a call for a limit of *workload*."""
        GRAPH_THROTTLED.labels(self._tenant, workload).inc()

    def waited(self, workload: str, seconds: float) -> None:
        """A call stands still for *seconds*."""
        GRAPH_THROTTLE_WAIT_SECONDS.labels(self._tenant, workload).inc(seconds)

    def counted(self, sleep: Sleep, workload: str) -> Sleep:
        """*sleep*, with its seconds counted."""

        async def waiting(seconds: float) -> None:
            self.waited(workload, seconds)
            await sleep(seconds)

        return waiting
