"""The published limits, scaled: so many calls or units in so many seconds (8.2).

Off by default, as a developer's tests should not fail for their speed.
"""

import math
from collections import deque
from dataclasses import dataclass

from heliograph.simulator.clock import Clock
from heliograph.simulator.refusals import Refused

_SUBSCRIPTIONS = "subscriptions"
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UNIT_COSTS = {("users",): 2, ("groups", "members"): 3, ("groups", "transitivemembers"): 5}
_MAILBOX_PARTS = frozenset(
    (
        *("messages", "mailfolders", "sendmail", "events", "calendar", "calendarview"),
        *("contacts", "contactfolders"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most *most* units in any *seconds*; *word* is what Graph calls the excess."""

    name: str
    most: int
    seconds: int
    word: str = "ResourceUnitLimitExceeded"


_UNITS = Limit(name="units", most=3_500, seconds=10)
_WRITES = Limit(name="writes", most=3_000, seconds=150, word="WriteLimitExceeded")
_MAILBOX = Limit(name="mailbox", most=10_000, seconds=600)
_SUBSCRIBE = Limit(name="subscribe", most=500, seconds=20)
_REAUTHORIZE = Limit(name="reauthorize", most=1_000, seconds=20)
_SUBSCRIPTION = Limit(name="subscription", most=500, seconds=20)
_SUBSCRIPTION_LIST = Limit(name="subscription list", most=25, seconds=20)


class Throttle:
    """Counts calls against the limits; *scale* shrinks or widens all of them."""

    def __init__(self, clock: Clock, *, scale: float | None) -> None:
        self._clock = clock
        self._scale = scale
        self._spent: dict[tuple[str, str], deque[tuple[float, int]]] = {}

    def check(self, method: str, segments: tuple[str, ...], query: frozenset[str]) -> None:
        """Refuse the call with 429 where a limit is used up. Refused calls count as well."""
        if self._scale is None:
            return
        names = tuple(segment.lower() for segment in segments)
        for limit, subject, cost in _charges(method, names, query):
            self._spend(limit, subject, cost, self._scale)

    def _spend(self, limit: Limit, subject: str, cost: int, scale: float) -> None:
        now = self._clock.now().timestamp()
        spent = self._spent.setdefault((limit.name, subject), deque())
        while spent and spent[0][0] <= now - limit.seconds:
            spent.popleft()
        spent.append((now, cost))
        if sum(units for _, units in spent) <= max(1, int(limit.most * scale)):
            return
        wait = max(0.001, spent[0][0] + limit.seconds - now)
        raise Refused(
            429,
            "TooManyRequests",
            "Please retry again later.",
            headers={
                "retry-after": str(math.ceil(wait)),
                "x-ms-throttle-scope": f"Tenant_Application/{limit.name}",
                "x-ms-throttle-information": limit.word,
            },
        )


def _charges(
    method: str, names: tuple[str, ...], query: frozenset[str]
) -> list[tuple[Limit, str, int]]:
    """Which limits a call draws on: the limit, whose it is, and how much."""
    if names[:1] == (_SUBSCRIPTIONS,):
        return [(_of_subscriptions(method, names), "", 1)]
    if names[:1] == ("users",) and len(names) > 2 and names[2] in _MAILBOX_PARTS:
        return [(_MAILBOX, names[1], 1)]
    charges = [(_UNITS, "", _cost(names, query))]
    return [*charges, (_WRITES, "", 1)] if method in _CHANGES else charges


def _of_subscriptions(method: str, names: tuple[str, ...]) -> Limit:
    if names[-1] == "reauthorize":
        return _REAUTHORIZE
    if method in _CHANGES:
        return _SUBSCRIBE
    return _SUBSCRIPTION if len(names) > 1 else _SUBSCRIPTION_LIST


def _cost(names: tuple[str, ...], query: frozenset[str]) -> int:
    kind = (names[0], names[2]) if len(names) > 2 else names[:1]
    cost = _UNIT_COSTS.get(kind, 1) - ("$select" in query) + ("$expand" in query)
    return max(1, cost)
