"""The world around the scripts: a tenant that changes, a Graph that posts, workers that die.

Everything is drawn from one seed: when somebody is served, what fails, who is killed. After the
last fault the world runs on until nothing is left to do; then `judge` says what was broken.
"""

import heapq
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, cast

from heliograph.changes import Change
from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.calls import Calls
from heliograph.queue.intake import Arrival, Pace, store_in
from heliograph.queue.partition import Partition
from heliograph.sealing import Sealer
from tests.heliograph.queue.simulation.clockwork import (
    Call,
    Clockwork,
    Coro,
    HandDriven,
    Sleep,
    Step,
    sleep,
)

LEASE = timedelta(seconds=15)
HANDLERS = ("mail", "audit")
ASK_EVERY = 25
"""Steps between two questions whether it is over."""

POISON = "poison"
"""A handler that kills its process, always."""


class Killed(Exception):
    """The process is dead: nothing of it goes on."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a seed lets happen. Chances are for each script call."""

    resources: int = 3
    updates: int = 5
    workers: int = 3
    refused: float = 0.02
    """A call that Redis never saw."""
    unanswered: float = 0.03
    """A call that was done, and whose answer was lost."""
    slow: float = 0.02
    """A call or an answer that is long on its way."""
    kills: int = 2
    kill: float = 0.01
    freezes: int = 1
    freeze: float = 0.005
    stops: int = 1
    stop: float = 0.005
    fails: float = 0.15
    """Of runs."""
    pieces: float = 0.2
    """Of looks that tell what they saw in two pieces."""
    poison: bool = False


@dataclass
class Process:
    """One worker process. What it does in slots of its own ends when `has_hands` does."""

    name: str
    is_alive: bool = True
    is_stopping: bool = False
    has_hands: bool = True
    frozen_until: int = 0
    together: int = 0
    suspects: int = 0
    claims: dict[str, Any] = field(default_factory=dict)
    alone: str | None = None


@dataclass(frozen=True)
class Part:
    """Of a process: its head (claims, beats, stops), or its hands (the work)."""

    process: Process
    is_hand: bool = False

    @property
    def goes_on(self) -> bool:
        return self.process.is_alive and (self.process.has_hands or not self.is_hand)


@dataclass(order=True)
class _Due:
    """Something that happens at a time; to a dead process nothing does, a frozen one waits."""

    at: int
    order: int
    act: Callable[[], None] = field(compare=False)
    part: Part | None = field(compare=False)


class World:
    """Drives everybody, one script call at a time."""

    def __init__(self, clockwork: Clockwork, seed: int, plan: Plan) -> None:
        clockwork.reset()
        self.clockwork = clockwork
        self.plan = plan
        self.chance = random.Random(seed)  # noqa: S311 (chance that can be repeated is what is wanted)
        self.partition = Partition(cast("Calls", HandDriven()), Sealer([b"r" * 32]))
        self.truth: dict[str, int] = defaultdict(int)
        self.accepted: dict[str, int] = defaultdict(int)
        self.witness: Callable[[Call, Any], None] = lambda _call, _answer: None
        self.mourn: Callable[[Process], None] = lambda _process: None
        self.calm = False
        self.kills = 0
        self.freezes = 0
        self.stops = 0
        self._due: list[_Due] = []
        self._coros: list[Coro] = []
        self._order = 0
        self._numbers = iter(range(1_000_000))

    # -- time ----------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.clockwork.now

    def start(self, coro: Coro, part: Part | None = None, *, after: int = 0) -> None:
        self._coros.append(coro)
        self._later(after, partial(self._serve, coro, part, partial(coro.send, None)), part)

    def _later(self, after: int, act: Callable[[], None], part: Part | None) -> None:
        self._order += 1
        heapq.heappush(self._due, _Due(self.now + after, self._order, act, part))

    def run(self, until: Callable[[], bool], *, at_most: int) -> bool:
        """Serves everybody in turn; whether *until* came true before *at_most* steps."""
        for step in range(at_most):
            if not self._due:
                return until()
            due = heapq.heappop(self._due)
            if due.part and not due.part.goes_on:
                continue
            frozen_until = due.part.process.frozen_until if due.part else 0
            if frozen_until > max(due.at, self.now):
                due.at = frozen_until
                heapq.heappush(self._due, due)
                continue
            self.clockwork.now = max(self.now, due.at)
            due.act()
            if step % ASK_EVERY == 0 and until():
                return True
        return False

    def close(self) -> None:
        """Ends whoever still waits for his turn."""
        for coro in self._coros:
            coro.close()

    def _serve(self, coro: Coro, part: Part | None, send: Callable[[], Step]) -> None:
        try:
            step = send()
        except (StopIteration, Killed):
            return
        match step:
            case Sleep(milliseconds=milliseconds):
                go_on = partial(self._serve, coro, part, partial(coro.send, None))
                self._later(milliseconds, go_on, part)
            case Call():
                self._send(coro, part, step)

    def _send(self, coro: Coro, part: Part | None, call: Call) -> None:
        """One script call, with all that can happen before and after it."""
        lost = partial(coro.throw, QueueUnavailable("simulated"))
        give_up = partial(self._serve, coro, part, lost)

        def arrive() -> None:
            """At Redis: who sent the call may be dead by now."""
            answer = self.clockwork.call(call)
            self.witness(call, answer)
            if part and not part.process.is_alive:
                self.mourn(part.process)
            if self._dies(part) or self._happens(self.plan.unanswered):
                self._later(1_000, give_up, part)
                return
            heard = partial(self._serve, coro, part, partial(coro.send, answer))
            self._later(self._trip(), heard, part)

        if self._dies(part) or self._happens(self.plan.refused):
            self._later(1_000, give_up, part)
            return
        self._later(self._trip(), arrive, None)

    def _trip(self) -> int:
        """How long a call is on its way, or an answer (ms)."""
        return self.chance.randint(100, 900) if self._happens(self.plan.slow) else 1

    # -- faults --------------------------------------------------------------------------------

    def _happens(self, chance: float) -> bool:
        return not self.calm and self.chance.random() < chance

    def _dies(self, part: Part | None) -> bool:
        """Now is the moment for a kill, a freeze or a stop, if there is to be one."""
        if part is None or not part.process.is_alive:
            return False
        process = part.process
        if self.freezes < self.plan.freezes and self._happens(self.plan.freeze):
            self.freezes += 1
            process.frozen_until = self.now + self.chance.randint(10_000, 60_000)
            self.mourn(process)
        if self.stops < self.plan.stops and self._happens(self.plan.stop):
            self.stops += 1
            process.is_stopping = True
        if self.kills < self.plan.kills and self._happens(self.plan.kill):
            self.kills += 1
            self.kill(process)
        return not process.is_alive

    def kill(self, process: Process) -> None:
        process.is_alive = False
        self.mourn(process)

    # -- Graph ---------------------------------------------------------------------------------

    async def tenant(self, resource: str) -> None:
        """Changes *resource* now and then, and posts each change until it is answered 202."""
        for _ in range(self.plan.updates):
            await sleep(self.chance.choice((50, 500, 4_000)))
            self.truth[resource] += 1
            version = self.truth[resource]
            repeats = self.chance.choice((1, 1, 1, 2))
            for _ in range(repeats):
                await self._post(resource)
            self.accepted[resource] = max(self.accepted[resource], version)

    async def _post(self, resource: str) -> None:
        news = News(registration="r", subscription_id="s", received_at=self.now)
        arrival = Arrival(lane=lane_of(resource), news=news)
        while True:
            try:
                await store_in(self.partition, [arrival], Pace())
            except QueueUnavailable:
                await sleep(self.chance.randint(100, 3_000))
            else:
                return

    def next_token(self, name: str) -> str:
        return f"{name}:{next(self._numbers)}"


def lane_of(resource: str) -> Lane:
    return Lane(tenant="t", kind="users", id=resource)


def a_change(resource: str, before: int, after: int) -> Change:
    """The change that a look tells when it saw version *after* over the snapshot *before*."""
    return Change(
        change_id=f"{resource}:{before}",
        tenant="t",
        kind="users",
        id=resource,
        what="updated",
        observed_at=after,
    )


async def persist(write: Callable[[], Any]) -> bool:
    """As workers do: again and again; False where the lease was lost."""
    while True:
        try:
            await write()
        except QueueUnavailable:
            await sleep(300)
        except LeaseLost:
            return False
        else:
            return True
