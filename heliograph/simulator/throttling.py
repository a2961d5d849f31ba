"""The published limits, scaled: so many calls, units, bytes in so many seconds (8.2).

Off by default, as a developer's tests should not fail for their speed; what a call of the
directory costs is told all the same.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from heliograph.simulator.clock import Clock
from heliograph.simulator.refusals import throttled

AT_ONCE_IN_A_MAILBOX = 4
NEAR = 0.8
"""From this share of a limit of the directory on, answers say how near it is."""

_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UNIT_COSTS = {
    ("users",): 2,
    ("groups", "members"): 3,
    ("groups", "transitivemembers"): 5,
    ("directoryobjects", "getbyids"): 5,
}
_QUESTIONS = frozenset({"getbyids", "checkmembergroups", "checkmemberobjects", "getmembergroups"})
"""What is asked by POST, but writes nothing."""
_MAILBOX_PARTS = frozenset(
    (
        *("messages", "mailfolders", "sendmail", "mailboxsettings", "outlook"),
        *("events", "calendar", "calendars", "calendargroups", "calendarview", "findmeetingtimes"),
        *("contacts", "contactfolders", "reminderview"),
        *("todo", "inferenceclassification", "getmailtips", "translateexchangeids"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most *most* in any *seconds*. Those of the directory have a *scope* and a *word* by
    which an answer names them.
    """

    name: str
    most: int
    seconds: int
    scope: str = ""
    word: str = "ResourceUnitLimitExceeded"


_GLOBAL = Limit(name="global", most=130_000, seconds=10)
_MAILBOX = Limit(name="mailbox", most=10_000, seconds=600)
_UPLOAD = Limit(name="upload", most=150 * 1024 * 1024, seconds=300)
_UNITS = Limit(name="units of all tenants", most=150_000, seconds=20, scope="Application/Read")
_WRITES = Limit(
    name="writes",
    most=3_000,
    seconds=150,
    scope="Tenant_Application/Write",
    word="WriteLimitExceeded",
)
_WRITES_OF_APP = replace(
    _WRITES, name="writes of the app", most=35_000, seconds=300, scope="Application/Write"
)
_WRITES_IN_TENANT = replace(
    _WRITES, name="writes in the tenant", most=18_000, seconds=300, scope="Tenant/Write"
)
_SUBSCRIPTIONS = {
    "write": (500, 2_000),
    "reauthorize": (1_000, 4_000),
    "get": (500, 2_000),
    "list": (25, 40),
}
"""In 20 seconds: of an app in a tenant, and of an app in all tenants."""


def _units_of_tenant(users: int) -> Limit:
    most = 3_500 if users < 50 else 5_000 if users <= 500 else 8_000
    return Limit(name="units", most=most, seconds=10, scope="Tenant_Application/ReadWrite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A call, as far as it weighs: segments in lower case, the names of its query options with
    the value of `$top`, the size of its body, and how many users the tenant has.
    """

    app: str
    tenant: str
    method: str
    segments: tuple[str, ...]
    options: frozenset[str] = frozenset()
    top: int | None = None
    size: int = 0
    users: int = 0

    @property
    def mailbox(self) -> str:
        """Whose mailbox it is about; empty for none."""
        names = self.segments
        is_one = names[:1] == ("users",) and len(names) > 2 and names[2] in _MAILBOX_PARTS
        return names[1] if is_one else ""

    @property
    def is_of_subscriptions(self) -> bool:
        """Whether the subscription service answers it."""
        return self.segments[:1] == ("subscriptions",)

    @property
    def is_of_directory(self) -> bool:
        """Whether the directory answers it."""
        return bool(self.segments) and not (
            self.mailbox or self.is_of_subscriptions or self.segments == ("$batch",)
        )

    @property
    def units(self) -> int:
        """What it costs in the directory."""
        names = self.segments
        kind = (names[0], names[-1]) if len(names) > 1 else names
        cost = _UNIT_COSTS.get(kind, 1) - ("$select" in self.options) + ("$expand" in self.options)
        return max(1, cost - (self.top is not None and self.top < 20))

    @property
    def is_write(self) -> bool:
        """Whether it changes the directory."""
        return self.method in _CHANGES and self.segments[-1] not in _QUESTIONS


@dataclass(slots=True)
class _Window:
    """What was spent lately."""

    spent: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def add(self, now: float, cost: int, seconds: int) -> None:
        while self.spent and self.spent[0][0] <= now - seconds:
            self.total -= self.spent.popleft()[1]
        self.spent.append((now, cost))
        self.total += cost


class Throttle:
    """Counts calls against the limits; *scale* shrinks or widens all of them."""

    def __init__(self, clock: Clock, *, scale: float | None) -> None:
        self._clock = clock
        self._scale = scale
        self._windows: dict[tuple[str, str], _Window] = {}
        self._in_flight: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def admitted(self, load: Load) -> Iterator[Mapping[str, str]]:
        """The headers that the answer to a call bears. Refused with 429 where a limit is used up;
        refused calls count as well.
        """
        told = {"x-ms-resource-unit": str(load.units)} if load.is_of_directory else {}
        if self._scale is None:
            yield told
            return
        place = (load.app, load.mailbox)
        self._in_flight[place] += 1
        try:
            if load.mailbox and self._in_flight[place] > AT_ONCE_IN_A_MAILBOX:
                raise throttled(1, "Application is over its MailboxConcurrency limit.")
            used = max(self._charges(load, self._scale))
            if load.is_of_directory and used >= NEAR:
                told["x-ms-throttle-limit-percentage"] = f"{min(used, 1.8):.2f}"
            yield told
        finally:
            self._in_flight[place] -= 1

    def _charges(self, load: Load, scale: float) -> Iterator[float]:
        """The shares of all limits that are used after *load*."""
        for limit, subject, cost in self._limits(load):
            yield self._spend(limit, subject, cost, scale)

    def _spend(self, limit: Limit, subject: str, cost: int, scale: float) -> float:
        now, most = self._clock.now().timestamp(), max(1, int(limit.most * scale))
        window = self._windows.setdefault((limit.name, subject), _Window())
        window.add(now, cost, limit.seconds)
        if window.total <= most:
            return window.total / most
        wait = math.ceil(max(0.001, window.spent[0][0] + limit.seconds - now))
        if not limit.scope:
            raise throttled(wait)
        scope = f"{limit.scope}/{subject}"
        raise throttled(wait, scope=scope, information=limit.word)

    def _limits(self, load: Load) -> Iterator[tuple[Limit, str, int]]:
        """Which limits a call draws on: the limit, whose it is, and how much."""
        app, tenant = load.app, load.tenant
        yield _GLOBAL, app, 1
        if load.is_of_subscriptions:
            own, all_ = _SUBSCRIPTIONS[_kind(load)]
            name = f"subscriptions {_kind(load)}"
            yield Limit(name=name, most=own, seconds=20), f"{app}/{tenant}", 1
            yield Limit(name=f"{name} of all tenants", most=all_, seconds=20), app, 1
        elif load.mailbox:
            yield _MAILBOX, f"{app}/{load.mailbox}", 1
            yield _UPLOAD, f"{app}/{load.mailbox}", load.size
        elif load.is_of_directory:
            yield _units_of_tenant(load.users), f"{app}/{tenant}", load.units
            yield _UNITS, app, load.units
            if load.is_write:
                yield _WRITES, f"{app}/{tenant}", 1
                yield _WRITES_OF_APP, app, 1
                yield _WRITES_IN_TENANT, tenant, 1


def _kind(load: Load) -> str:
    """What is asked of the subscription service."""
    if load.segments[-1] == "reauthorize":
        return "reauthorize"
    if load.method in _CHANGES:
        return "write"
    return "get" if len(load.segments) > 1 else "list"
