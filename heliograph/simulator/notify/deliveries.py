"""One notification on its way, and when it is tried again (change-notifications.md, 4.5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_BACKOFF_SECONDS = (10, 30, 60, 120, 240, 480, 960, 1920)
_THEN_SECONDS = 3600
_SPAN_SECONDS = 4 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One POST to a receiver: the *status* that came within *latency* seconds, or 0 and why not."""

    at: datetime
    status: int
    latency: float
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver said so."""
        return 200 <= self.status < 300


@dataclass(slots=True, kw_only=True)
class Delivery:
    """A notification. *state* is pending, delivered, dropped, or stopped (its subscription ended);
    times are in seconds. One that is not *bound* outlives its subscription. *signed_for* is the
    app and tenant of a rich one.
    """

    url: str
    subscription_id: str
    what: str
    resource: str
    body: dict[str, Any] = field(repr=False)
    signed_for: tuple[str, str] | None = None
    made_at: datetime
    is_bound: bool = True
    attempts: list[Attempt] = field(default_factory=list)
    ended_after: float | None = None
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
