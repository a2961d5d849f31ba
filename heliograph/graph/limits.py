"""Graph's published limits, and what a call takes of them.

Pure: clocks are handed in. Who admits calls by these limits stands in `budget` for one process, and
in `heliograph.budgets` for a deployment. https://learn.microsoft.com/graph/throttling-limits
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from heliograph.graph.transport import Request, Response
from heliograph.settings import Tenant

MAILBOX_CALLS = 4
"""At once, of one app to one mailbox."""

SLICES = 10
"""Parts that the time of a rate is counted in: so much finer than the rate, so much cheaper."""

_DIRECTORY = "directory"
_DIRECTORY_WRITES = "directory writes"
_SUBSCRIPTIONS = "subscriptions"

# Roots that the identity limits count. Below a user or group, other services have limits of theirs.
_DIRECTORY_ROOTS = frozenset(
    (
        *("directory", "directoryobjects", "directoryroles", "directoryroletemplates", "groups"),
        *("organization", "rolemanagement", "subscribedskus", "users"),
    )
)
_OTHERS_BELOW = frozenset(
    (
        *("drive", "drives", "followedsites", "insights", "onenote", "people", "photo", "photos"),
        *("planner", "settings", "sites", "todo"),
    )
)
_UNITS = {
    ("users",): 2,
    ("groups", "members"): 3,
    ("groups", "transitivemembers"): 5,
    ("users", "transitivememberof"): 5,
    ("directoryobjects", "getbyids"): 5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most *most* units in any *seconds*."""

    name: str
    most: int
    seconds: int


_SUBSCRIBE = Rate(name="subscriptions changed", most=500, seconds=20)
_REAUTHORIZE = Rate(name="subscriptions reauthorized", most=1_000, seconds=20)
_READ_SUBSCRIPTION = Rate(name="subscriptions read", most=500, seconds=20)
_LIST_SUBSCRIPTIONS = Rate(name="subscriptions listed", most=25, seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a call takes: units of rates, places at mailboxes; and what it stands still with.

    *pools* are the names under which Graph's wish to wait is kept, see `pool_to_pause`;
    *workload* is the part of Graph that they belong to.
    """

    units: Mapping[Rate, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    pools: frozenset[str] = frozenset()
    workload: str = "other"


def demand(request: Request, tenant: Tenant) -> Demand:
    """What *request* takes of the limits in *tenant*; a batch what its parts take together.

    Graph works on up to 4 calls of a batch at once for each mailbox.
    """
    units: Counter[Rate] = Counter()
    places: Counter[str] = Counter()
    pools: set[str] = set()
    for part in request.parts or (request,):
        units.update(_units(part, tenant))
        pools |= _pools(part)
        if part.mailbox is not None:
            places[part.mailbox.lower()] += 1
    least = {mailbox: min(MAILBOX_CALLS, count) for mailbox, count in places.items()}
    return Demand(units=units, places=least, pools=frozenset(pools), workload=workload_of(request))


def workload_of(request: Request) -> str:
    """The part of Graph whose limits *request* is under; `several` where its parts differ."""
    found = {_workload(part) for part in request.parts or (request,)}
    return found.pop() if len(found) == 1 else "several"


def pool_to_pause(request: Request, response: Response) -> str | None:
    """Whose calls Graph wants to wait with this 429; None where that is not known."""
    pools = _pools(request)
    if _DIRECTORY_WRITES in pools:
        information = response.headers.get("x-ms-throttle-information", "")
        return _DIRECTORY_WRITES if information.lower() == "writelimitexceeded" else _DIRECTORY
    return next(iter(pools), None)


class Ledger:
    """What was taken of the rates of a tenant lately, and what Graph wants to stand still."""

    def __init__(self) -> None:
        self._windows: dict[Rate, _Window] = {}
        self._paused: dict[str, float] = {}

    def take(self, wants: Demand, *, now: float) -> float:
        """Takes all units that are wanted and returns 0, or none and the seconds to wait first."""
        waits = [self._paused.get(pool, now) - now for pool in wants.pools]
        for rate, units in wants.units.items():
            window = self._windows.setdefault(rate, _Window(rate))
            waits.append(window.wait(units, now))
        wait = max(waits, default=0.0)
        if wait > 0:
            return wait
        for rate, units in wants.units.items():
            self._windows[rate].add(units, now)
        return 0.0

    def pause(self, pool: str, *, until: float) -> None:
        """Lets nothing of *pool* go before *until*."""
        self._paused[pool] = max(self._paused.get(pool, until), until)


class _Window:
    """The units of one rate, by the slice of time that they were taken in."""

    def __init__(self, rate: Rate) -> None:
        self._most = rate.most
        self._slice = rate.seconds / SLICES
        self._taken: deque[tuple[int, int]] = deque()

    def wait(self, units: int, now: float) -> float:
        """Seconds until *units* fit; what is more than the rate itself waits for all of it."""
        current = int(now // self._slice)
        while self._taken and self._taken[0][0] < current - SLICES:
            self._taken.popleft()
        free = self._most - sum(taken for _, taken in self._taken)
        wait = 0.0
        for slice_, taken in self._taken:
            if min(units, self._most) <= free:
                break
            free += taken
            wait = (slice_ + SLICES + 1) * self._slice - now
        return wait

    def add(self, units: int, now: float) -> None:
        current = int(now // self._slice)
        if self._taken and self._taken[-1][0] == current:
            units += self._taken.pop()[1]
        self._taken.append((current, units))


def _units(request: Request, tenant: Tenant) -> dict[Rate, int]:
    names = _names(request)
    if names[0] == "subscriptions":
        return {_subscription_rate(request, names): 1}
    if not _is_directory(request, names):
        return {}
    units = {_directory_units(tenant): _cost(request, names)}
    return {**units, _directory_writes(tenant): 1} if request.is_write else units


def _subscription_rate(request: Request, names: list[str]) -> Rate:
    if names[-1] == "reauthorize":
        return _REAUTHORIZE
    if request.is_write:
        return _SUBSCRIBE
    return _READ_SUBSCRIPTION if len(names) > 1 else _LIST_SUBSCRIPTIONS


def _directory_units(tenant: Tenant) -> Rate:
    return Rate(name=_DIRECTORY, most=tenant.directory_units, seconds=10)


def _directory_writes(tenant: Tenant) -> Rate:
    return Rate(name=_DIRECTORY_WRITES, most=tenant.directory_writes, seconds=150)


def _cost(request: Request, names: list[str]) -> int:
    kind = (names[0], names[2]) if len(names) > 2 else tuple(names[:1])
    if names[:2] == ["directoryobjects", "getbyids"]:
        kind = "directoryobjects", "getbyids"
    cost = _UNITS.get(kind, 1) if not request.is_write else 1
    options = {**request.params, **_query(request)}
    cost -= "$select" in options
    cost += "$expand" in options
    cost -= options.get("$top", "20").isdecimal() and int(options.get("$top", "20")) < 20
    return max(1, cost)


def _query(request: Request) -> dict[str, str]:
    """The options in a link that is followed."""
    pairs = request.path.partition("?")[2].split("&")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _pools(request: Request) -> set[str]:
    if request.mailbox is not None:
        return {f"mailbox {request.mailbox.lower()}"}
    names = _names(request)
    if names[0] == _SUBSCRIPTIONS:
        return {_SUBSCRIPTIONS}
    if not _is_directory(request, names):
        return set()
    return {_DIRECTORY, _DIRECTORY_WRITES} if request.is_write else {_DIRECTORY}


def _workload(request: Request) -> str:
    if request.mailbox is not None:
        return "outlook"
    names = _names(request)
    if names[0] == _SUBSCRIPTIONS:
        return _SUBSCRIPTIONS
    return _DIRECTORY if _is_directory(request, names) else "other"


def _is_directory(request: Request, names: list[str]) -> bool:
    if request.mailbox is not None or names[0] not in _DIRECTORY_ROOTS:
        return False
    return names[0] not in {"users", "groups"} or len(names) < 3 or names[2] not in _OTHERS_BELOW


def _names(request: Request) -> list[str]:
    """The segments of the path in lower case, ids among them; a `users('x')` counts as two."""
    path = request.path.partition("?")[0].replace("('", "/", 1).lower()
    return path.strip("/").split("/")
