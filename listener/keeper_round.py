"""One round for one tenant: act on orders, plan, carry out what is most urgent first.

A round can be interrupted: what is left of its plan is planned again, with what is new.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import structlog

from heliograph.errors import GraphError
from heliograph.keeping.crowd import drain
from heliograph.keeping.tenancy import Tenancy
from heliograph.keeping.troubles import Trouble, from_error, held_back, is_hopeless
from heliograph.orders import Given
from heliograph.planning.actions import Action, Create, Delete, Hold, Leave, Renew
from heliograph.planning.planner import Terms, plan
from heliograph.planning.wishes import Desired
from listener.keeper_failures import PROBES, Failures
from listener.keeper_orders import OrderBook

BATCH = 20
"""Renewals in one call of Graph."""

AT_ONCE = 64
"""Calls of Graph for one tenant at the same time; how many a second the budget says."""

SHARE = 0.1
"""At most so much of the time is spent on planning."""

AT_LEAST_SECONDS = 1.0

log = structlog.get_logger()

Job = Sequence[Action]
"""What one call does: renewals together, anything else alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a round has ended: with *left* still to do, and the next renewal *due*.

    *again* says that what was done makes another round necessary at once.
    """

    left: int
    again: bool
    due: datetime | None
    troubles: list[Trouble]


class Rounds:
    """The rounds for one tenant. They raise GraphError, LeaseLost and QueueUnavailable."""

    def __init__(self, tenancy: Tenancy, *, book: OrderBook, failures: Failures) -> None:
        self._reader = tenancy.reader
        self._carrier = tenancy.carrier
        self._book = book
        self._failures = failures
        self.planning_took = 0.0

    async def once(
        self, desired: Sequence[Desired], *, is_listed: bool, interrupted: Callable[[], bool]
    ) -> Outcome:
        """Goes one round for what is *desired*. Until Graph was *listed*, nothing new is begun."""
        now = self._carrier.clock()
        orders = self._book.due(now)
        await self._confirm(orders)
        began = time.monotonic()
        actions = await self._plan(desired, orders, now)
        self.planning_took = time.monotonic() - began
        todo = [a for a in actions if not isinstance(a, Leave) and (is_listed or _is_safe(a))]
        held = [held_back(action) for action in todo if isinstance(action, Hold)]
        chosen = self._failures.admit(todo)
        undone = await self._carry_out(chosen, interrupted)
        await self._end(orders, undone, now)
        return Outcome(
            left=len(todo) - len(chosen) + len(undone),
            again=any(given.order.what == "remove" for given in orders),
            due=min((a.until for a in actions if isinstance(a, Leave)), default=None),
            troubles=[*held, *self._failures.troubles],
        )

    async def _confirm(self, orders: Iterable[Given]) -> None:
        """Asks Graph whether what is said to be removed or missed is so, and what is given up."""
        doubted = {
            given.order.registration
            for given in orders
            if given.order.what in {"recreate", "resync"}
        }
        if doubted:
            await self._reader.doubt(doubted)
        if given_up := _given_up(orders):
            await self._reader.look_at(given_up)

    async def _plan(
        self, desired: Sequence[Desired], orders: Sequence[Given], now: datetime
    ) -> list[Action]:
        holding = self._reader.holding(now=now)
        key_ids = await self._key_ids(desired)
        terms = Terms(
            notification_url=self._carrier.addresses.notifications,
            key_ids=None if key_ids is None else frozenset(key_ids),
            newest_key_id=key_ids[-1] if key_ids else None,
            proof_id=self._carrier.client_states.successor,
            challenged={g.order.registration for g in orders if g.order.what == "renew"},
            foreign=holding.foreign,
            given_up=_given_up(orders),
        )
        removals = [
            Delete(registration=record, reason="a command asks for it")
            for given in orders
            if given.order.what == "remove"
            and (record := self._carrier.records.get(given.order.registration))
        ]
        return [*plan(desired, holding.ours, now=now, terms=terms), *removals]

    async def _key_ids(self, desired: Sequence[Desired]) -> list[str] | None:
        """The keys that we hold, oldest first; None where nothing is encrypted."""
        if not any(wish.rich for wish in desired):
            return None
        return [key.id for key in await self._carrier.keys.all()]

    async def _carry_out(
        self, actions: Sequence[Action], interrupted: Callable[[], bool]
    ) -> list[Action]:
        """Does *actions*, and returns those that were not done.

        A few go first: where all of them fail for what they share, more would not do better.
        """
        began = time.monotonic()
        least = max(AT_LEAST_SECONDS, self.planning_took / SHARE)
        undone = {id(action): action for action in actions}
        found: list[Trouble | None] = []

        async def do(job: Job) -> None:
            for action, trouble in zip(job, await self._do(job), strict=True):
                self._failures.note(action, trouble)
                found.append(trouble)
                if trouble is None:
                    del undone[id(action)]

        jobs = _jobs(actions)
        first = list(islice(jobs, PROBES))
        await drain(iter(first), do, number=PROBES)
        self._failures.is_hopeless = is_hopeless(found)
        if not self._failures.is_hopeless:
            await drain(
                jobs,
                do,
                number=AT_ONCE,
                stop=lambda: interrupted() and time.monotonic() - began > least,
            )
        return list(undone.values())

    async def _do(self, job: Job) -> list[Trouble | None]:
        renewals = [action for action in job if isinstance(action, Renew)]
        try:
            if renewals:
                errors = await self._carrier.renew(renewals)
                return [
                    self._trouble(error, action)
                    for action, error in zip(renewals, errors, strict=True)
                ]
            for action in job:
                await self._carrier.carry_out(action)
        except GraphError as error:
            return [self._trouble(error, action) for action in job]
        return [None for _ in job]

    async def _end(self, orders: Iterable[Given], undone: Sequence[Action], now: datetime) -> None:
        """Ends the *orders* that nothing hinders; the others stay for the next round."""
        hindered = {action.resource for action in undone}
        for given in orders:
            order = given.order
            record = self._carrier.records.get(order.registration)
            if record is not None and record.resource in hindered:
                continue
            if order.what == "resync" and record is not None and record.replaced_at is None:
                await self._carrier.resync(record, order.reason)
            await self._book.end(given, now=now)

    def _trouble(self, error: GraphError | None, action: Action) -> Trouble | None:
        if error is None:
            return None
        addresses = self._carrier.addresses
        return from_error(error, resource=action.resource, addresses=addresses)


def _jobs(actions: Sequence[Action]) -> Iterator[Job]:
    """*actions* in their order, each but renewals alone."""
    batch: list[Action] = []
    for action in actions:
        if not isinstance(action, Renew):
            yield from filter(None, (batch, [action]))
            batch = []
            continue
        batch.append(action)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_safe(action: Action) -> bool:
    """Whether *action* is right whatever Graph's list may show."""
    return isinstance(action, Renew) or (isinstance(action, Create) and action.lost is not None)


def _given_up(orders: Iterable[Given]) -> set[str]:
    return {given.order.reason for given in orders if given.order.what == "adopt"}
