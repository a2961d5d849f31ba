"""When to try again, and when to give up. Pure: time and chance are arguments."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile

from heliograph.errors import GraphError, Invalid, SealBroken
from heliograph.outcomes import Again, Dead, Drop, Dropped, Outcome, Retry
from heliograph.queue.records import Attempt

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
CRASHES = 3
"""A run that kills its process so often is quarantined: it would take other runs with it."""

HANDLE_WITHIN = timedelta(minutes=5)
"""One attempt of a handler; longer work belongs into steps."""

PARK_FIRST = timedelta(seconds=5)
PARK_LONGEST = timedelta(minutes=5)
PARK_AT_MOST = timedelta(hours=1)
"""Work that this worker does not know waits for a worker that does."""


def judge(error: BaseException, attempts: Sequence[Attempt], *, now: int, chance: float) -> Outcome:
    """What follows an attempt that ended with *error*, after the earlier failed *attempts*.

    *now* in milliseconds since 1970; *chance* from 0 to 1 spreads the delays (full jitter).
    Attempts that a person asked for use up nothing of the schedule.
    """
    failed = scheduled(attempts)
    match error:
        case Drop():
            return Dropped(reason=error.reason)
        case SealBroken() | Invalid():
            return Dead(error=describe(error))
        case _ if _age(failed, now) >= GIVE_UP_AFTER:
            return Dead(error=describe(error))
        case _:
            return Again(after=_delay(error, len(failed), chance), error=describe(error))


def park(attempts: Sequence[Attempt], reason: str, *, now: int, chance: float) -> Again | Dead:
    """What follows for work that this worker cannot do: never deleted, and not for ever."""
    parked = list(takewhile(lambda attempt: attempt.what == "parked", reversed(attempts)))
    if parked and now - parked[-1].at >= _milliseconds(PARK_AT_MOST):
        return Dead(error=reason)
    ceiling = min(PARK_LONGEST, PARK_FIRST * 2 ** min(len(parked), 8))
    return Again(after=ceiling * (0.5 + chance / 2), error=reason, parked=True)


def scheduled(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The failed *attempts* that the schedule counts: not those that a person asked for."""
    before = [None, *attempts]
    return [
        attempt
        for asked, attempt in zip(before, attempts, strict=False)
        if attempt.what == "failed" and not (asked and asked.what == "manual")
    ]


def describe(error: BaseException) -> str:
    """*error* as it may be stored and logged: one cut line without control characters."""
    text = f"{type(error).__name__}: {error}"
    return "".join(c if c.isprintable() else " " for c in text[:300])


def _age(failed: Sequence[Attempt], now: int) -> timedelta:
    return timedelta(milliseconds=now - failed[0].at) if failed else timedelta()


def _delay(error: BaseException, failed: int, chance: float) -> timedelta:
    wanted: timedelta | None = error.after if isinstance(error, Retry) else None
    if wanted is not None:
        return wanted
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failed, 12))
    asked = error.retry_after if isinstance(error, GraphError) else None
    spread: timedelta = ceiling * chance
    return max(spread, timedelta(seconds=asked or 0))


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
