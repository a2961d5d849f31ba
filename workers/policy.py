"""When to try again, and when to give up. Pure: time and chance are arguments."""

from collections.abc import Sequence
from datetime import timedelta

from heliograph.errors import GraphError, SealBroken
from heliograph.outcomes import Again, Dead, Drop, Dropped, Outcome, Retry
from heliograph.queue.records import Attempt

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
CRASHES = 3
"""A run that kills its process so often is quarantined: it would take other runs with it."""

HANDLE_WITHIN = timedelta(minutes=5)
"""One attempt of a handler; longer work belongs into steps."""

PARK_FOR = timedelta(seconds=30)
PARK_AT_MOST = timedelta(hours=1)
"""A run of a handler that this worker does not know waits for a worker that does."""


def judge(error: Exception, attempts: Sequence[Attempt], *, now: int, chance: float) -> Outcome:
    """What follows an attempt that ended with *error*, after the earlier failed *attempts*.

    *now* in milliseconds since 1970; *chance* from 0 to 1 spreads the delays (full jitter).
    """
    match error:
        case Drop():
            return Dropped(reason=error.reason)
        case SealBroken():
            return Dead(error=describe(error))
        case _ if _age(attempts, now) >= GIVE_UP_AFTER:
            return Dead(error=describe(error))
        case _:
            return Again(after=_delay(error, len(attempts), chance), error=describe(error))


def park(attempts: Sequence[Attempt], reason: str, *, now: int) -> Outcome:
    """What follows for a run that this worker cannot run: never deleted, and not for ever."""
    if _age(attempts, now) >= PARK_AT_MOST:
        return Dead(error=reason)
    return Again(after=PARK_FOR, error=reason)


def describe(error: BaseException) -> str:
    """*error* as it may be stored and logged: one cut line without control characters."""
    text = f"{type(error).__name__}: {error}"
    return "".join(c if c.isprintable() else " " for c in text[:300])


def _age(attempts: Sequence[Attempt], now: int) -> timedelta:
    return timedelta(milliseconds=now - attempts[0].at) if attempts else timedelta()


def _delay(error: Exception, failed: int, chance: float) -> timedelta:
    wanted: timedelta | None = error.after if isinstance(error, Retry) else None
    if wanted is not None:
        return wanted
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failed, 12))
    asked = error.retry_after if isinstance(error, GraphError) else None
    spread: timedelta = ceiling * chance
    return max(spread, timedelta(seconds=asked or 0))
