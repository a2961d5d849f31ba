"""How a run ends: what a handler raises, and what the worker makes of it."""

from dataclasses import dataclass
from datetime import timedelta


class Retry(Exception):
    """Raised by a handler that cannot go on now: the run is tried again *after* that time."""

    def __init__(self, reason: str = "", *, after: timedelta | float | None = None) -> None:
        """*after* in seconds or as a timedelta; None leaves it to the policy (backoff)."""
        self.after = timedelta(seconds=after) if isinstance(after, int | float) else after
        super().__init__(reason or "the handler asked for another attempt")


class Drop(Exception):
    """Raised by a handler that decides that there is nothing to do; *reason* is recorded."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The handler returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """The handler decided that there is nothing to do."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The attempt failed, and another one follows *after* that time.

    *parked*: there was no attempt, since this worker cannot make one.
    """

    after: timedelta
    error: str
    parked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """No attempt follows: a person has to look."""

    error: str


Outcome = Done | Dropped | Again | Dead
