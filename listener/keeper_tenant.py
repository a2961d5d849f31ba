"""The keeper at work for one tenant: it lists, finds users, and goes from round to round.

All three go on side by side, so that what is urgent waits for no long list; each tenant has tasks
of its own, so that one that fails slows no other.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from structlog.contextvars import bind_contextvars

from heliograph.errors import GraphError, LeaseLost, QueueUnavailable
from heliograph.keeping.tenancy import Tenancy
from heliograph.keeping.troubles import (
    ROUND_EVERY,
    Trouble,
    broken,
    from_error,
    pause,
    redis_away,
    unfound,
)
from heliograph.orders import Given, Orders
from heliograph.planning.wishes import Desired, source
from heliograph.settings import Audience
from listener.keeper_failures import Failures
from listener.keeper_orders import OrderBook
from listener.keeper_reports import Reports
from listener.keeper_round import AT_LEAST_SECONDS, SHARE, Outcome, Rounds
from listener.keeper_routine import Routine
from listener.keeper_schedule import Schedule
from listener.tasks import first_of, until

FIND_EVERY = timedelta(minutes=15)
"""Groups and users are read so often, even if nothing was told of them."""

RESYNC_LOOK_EVERY = timedelta(minutes=1)
"""How often it is looked at whose resync is due."""

log = structlog.get_logger()

Report = Callable[[str, int | None], Awaitable[None]]
"""Is told after each round how many subscriptions stand as they should; None where some do not."""


class TenantKeeper:
    """Makes and keeps one tenant's subscriptions as they are desired."""

    def __init__(self, tenancy: Tenancy, *, orders: Orders, report: Report) -> None:
        self._expander, self._reader = tenancy.expander, tenancy.reader
        self._carrier = tenancy.carrier
        self.name, self.app = tenancy.expander.name, tenancy.carrier.app
        records = tenancy.carrier.records
        self._book, self._changes = OrderBook(orders, records), OrderBook(orders, records)
        self._report = report
        self._failures = Failures()
        self._reports = Reports()
        self._rounds = Rounds(tenancy, book=self._book, failures=self._failures)
        self._woken = asyncio.Event()
        self._listing = Routine(self._list, every=ROUND_EVERY, then=self._woken.set)
        self._finding = Routine(self._find, every=FIND_EVERY, then=self._woken.set)
        self._resyncing = Routine(self._resync, every=RESYNC_LOOK_EVERY, then=lambda: None)
        self._schedule = Schedule()
        self._desired: Sequence[Desired] = ()

    def take(self, given: Sequence[Given]) -> None:
        """Accepts the orders of this tenant that are not done; a round follows at once."""
        if self._book.take(one for one in given if one.order.what != "expand"):
            self._woken.set()
        if self._changes.take(one for one in given if one.order.what == "expand"):
            self._finding.ask()

    async def run(self) -> None:
        """Keeps, until it is cancelled. Raises LeaseLost."""
        bind_contextvars(tenant=self.name)
        url = self._carrier.addresses.notifications
        self._desired = self._expander.desired()
        self._reader.graph.assume(self._carrier.records.of(self.app), notification_url=url)
        routines = (self._listing, self._finding, self._resyncing)
        await first_of(*(routine.run() for routine in routines), self._go_round())

    # -- reading -------------------------------------------------------------------------------

    async def _list(self) -> list[Trouble]:
        async def read() -> list[Trouble]:
            await self._reader.read(now=self._carrier.clock())
            await self._reader.write_down()
            return []

        return await self._guarded(read)

    async def _find(self) -> list[Trouble]:
        async def find() -> list[Trouble]:
            now = self._carrier.clock()
            orders = self._changes.due(now)
            missing = await self._expander.find(self._wanted(orders))
            self._desired = self._expander.desired()
            for given in orders:
                await self._changes.end(given, now=now)
            return [unfound(one.audience, one.error) for one in missing]

        return await self._guarded(find)

    async def _resync(self) -> list[Trouble]:
        async def ask() -> list[Trouble]:
            records = self._carrier.records.of(self.app)
            for record in self._schedule.due(records, now=self._carrier.clock()):
                await self._carrier.resync(record, "schedule")
            return []

        return await self._guarded(ask)

    def _wanted(self, orders: Sequence[Given]) -> list[Audience]:
        """Whom the *orders* are about; everybody where there are none."""
        audiences = self._expander.audiences()
        sources = {given.order.reason for given in orders}
        if not sources or self._finding.troubles or not self._finding.has_succeeded:
            return audiences
        return [audience for audience in audiences if source(audience) in sources]

    # -- rounds --------------------------------------------------------------------------------

    async def _go_round(self) -> None:
        failed = 0
        while True:
            self._woken.clear()
            has_read = self._listing.has_succeeded and self._finding.has_run
            outcome: Outcome | None = None

            async def once() -> list[Trouble]:
                nonlocal outcome
                outcome = await self._rounds.once(
                    self._desired,
                    is_listed=self._listing.has_succeeded,
                    interrupted=self._woken.is_set,
                )
                return outcome.troubles

            troubles = await self._guarded(once)
            failed = failed + 1 if troubles else 0
            everything = [*self._listing.troubles, *self._finding.troubles, *troubles]
            self._reports.tell(everything, failed=failed)
            is_settled = has_read and outcome is not None and _is_settled(outcome, everything)
            await self._report(self.name, len(self._desired) if is_settled else None)
            await self._wait(outcome, pause(troubles, failed, chance=random.random()))  # noqa: S311 (no secret)

    async def _wait(self, outcome: Outcome | None, length: timedelta) -> None:
        """Waits for the next round: less long when something is due, or an order comes."""
        now = self._carrier.clock()
        if outcome is not None:
            self._failures.wait(length)
            moments = [now + length, outcome.due, self._book.next_due(now)]
            if self._changes.due(now):
                self._finding.ask()
            else:
                moments.append(self._changes.next_due(now))
            length = min(moment for moment in moments if moment is not None) - now
            was_interrupted = outcome.left > len(outcome.troubles)
            if was_interrupted or outcome.again:
                length = timedelta(0)
        seconds = max(length.total_seconds(), AT_LEAST_SECONDS / 5)
        least = min(seconds, max(AT_LEAST_SECONDS, self._rounds.planning_took / SHARE))
        await asyncio.sleep(least)
        await until(self._woken, seconds - least)

    async def _guarded(self, work: Callable[[], Awaitable[list[Trouble]]]) -> list[Trouble]:
        """The troubles of *work*, whatever happens in it but the loss of the lease."""
        try:
            return await work()
        except LeaseLost:
            raise
        except GraphError as error:
            return [from_error(error, resource="", addresses=self._carrier.addresses)]
        except QueueUnavailable as error:
            return [redis_away(error)]
        except Exception as error:  # the boundary: one tenant's fault must not end the others
            log.exception("keeper.broken")
            return [broken(error)]


def _is_settled(outcome: Outcome, troubles: Sequence[Trouble]) -> bool:
    expected = sum(trouble.is_expected for trouble in troubles)
    return not outcome.again and outcome.left == expected == len(troubles)
