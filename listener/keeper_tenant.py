"""The keeper's rounds for one tenant: read what is, plan, carry out, say what is wrong, and wait.

Each tenant has a task of its own, so that one that fails slows no other.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bind_contextvars

from heliograph.errors import GraphError, LeaseLost, QueueUnavailable
from heliograph.keeping.carrier import Carrier
from heliograph.keeping.reading import AT_ONCE, Reader, at_most
from heliograph.keeping.troubles import (
    Trouble,
    broken,
    from_error,
    is_hopeless,
    pause,
    redis_away,
)
from heliograph.orders import Order, Orders
from heliograph.planning import Action, Create, Delete, Forget, Leave, Replace, Terms, plan
from heliograph.subscriptions import Registration
from heliograph.wishes import Desired

ROUNDS_APART = timedelta(seconds=1)
"""Orders may come in floods; Graph's list may be asked for 25 times in 20 s."""

LOUD_AFTER = 4
"""Failed rounds in a row, a second or two: until then the listener may still be starting."""

log = structlog.get_logger()

Report = Callable[[str, int | None], Awaitable[None]]
"""Is told after each round how many subscriptions stand as they should; None where some do not."""


class TenantKeeper:
    """Makes and keeps one tenant's subscriptions as they are desired."""

    def __init__(
        self,
        name: str,
        desired: Sequence[Desired],
        *,
        carrier: Carrier,
        orders: Orders,
        report: Report,
    ) -> None:
        self.name = name
        self.app = carrier.app
        self._desired = desired
        self._carrier = carrier
        self._reader = Reader(
            app=carrier.app,
            graph=carrier.graph,
            registrations=carrier.registrations,
            client_states=carrier.client_states,
        )
        self._orders = orders
        self._report = report
        self._taken: dict[Order, Registration | None] = {}
        self._woken = asyncio.Event()
        self._failures: Counter[str] = Counter()
        self._told: dict[tuple[str, str], str] = {}
        self._due: datetime | None = None

    def take(self, order: Order, registration: Registration | None) -> None:
        """Accepts *order*, which the next round, at once, carries out and ends."""
        self._taken[order] = registration
        self._woken.set()

    async def run(self, fence: int) -> None:
        """Goes from round to round, until it is cancelled. Raises LeaseLost."""
        bind_contextvars(tenant=self.name)
        failed = 0
        while True:
            self._woken.clear()
            troubles = await self._try_round(fence)
            failed = failed + 1 if troubles else 0
            self._tell(troubles, failed)
            await self._report(self.name, None if troubles else len(self._desired))
            await self._wait(troubles, failed)

    async def _try_round(self, fence: int) -> list[Trouble]:
        try:
            return await self._round(fence)
        except LeaseLost:
            raise
        except GraphError as error:
            return [self._trouble(error)]
        except QueueUnavailable as error:
            return [redis_away(error)]
        except Exception as error:  # the boundary: one tenant's fault must not end the others
            log.exception("keeper.broken")
            return [broken(error)]

    async def _round(self, fence: int) -> list[Trouble]:
        now = self._carrier.clock()
        orders = dict(self._taken)
        asked = {what: _registrations(orders, what) for what in ("renew", "recreate")}
        actual = await self._reader.read(now=now, fence=fence, doubted=asked["recreate"])
        terms = Terms(
            notification_url=self._carrier.addresses.notifications,
            key_ids=await self._key_ids(),
            challenged=asked["renew"],
        )
        actions = plan(self._desired, actual, now=now, terms=terms)
        self._due = min((a.until for a in actions if isinstance(a, Leave)), default=None)
        troubles = await self._carry_out(actions, fence)
        await self._end(orders, troubles)
        return troubles

    async def _key_ids(self) -> Collection[str] | None:
        if not any(desired.rich for desired in self._desired):
            return None
        return {key.id for key in await self._carrier.keys.all()}

    async def _carry_out(self, actions: Iterable[Action], fence: int) -> list[Trouble]:
        """Does what there is to do, what has failed least first, a few at a time."""

        async def attempt(action: Action) -> Trouble | None:
            try:
                await self._carrier.carry_out(action, fence=fence)
            except GraphError as error:
                self._failures[_resource(action)] += 1
                return self._trouble(error, _resource(action))
            self._failures.pop(_resource(action), None)
            return None

        todo = sorted(
            (action for action in actions if not isinstance(action, Leave)),
            key=lambda a: (isinstance(a, Delete | Forget), self._failures[_resource(a)]),
        )
        troubles: list[Trouble] = []
        for start in range(0, len(todo), AT_ONCE):
            found = await at_most(AT_ONCE, attempt, todo[start : start + AT_ONCE])
            troubles += filter(None, found)
            if is_hopeless(found):
                break
        return troubles

    async def _end(self, orders: dict[Order, Registration | None], troubles: list[Trouble]) -> None:
        """Ends the *orders* that nothing hinders; the others stay for the next round."""
        hindered = {trouble.resource for trouble in troubles}
        for order, registration in orders.items():
            if registration is not None and registration.resource in hindered:
                continue
            if order.what == "resync" and registration is not None:
                await self._carrier.resync(registration, order.reason)
            await self._orders.done(order)
            del self._taken[order]

    def _trouble(self, error: GraphError, resource: str = "") -> Trouble:
        return from_error(error, resource=resource, addresses=self._carrier.addresses)

    def _tell(self, troubles: Iterable[Trouble], failed: int) -> None:
        """Reports each trouble once, loudly when it is there to stay, and its end."""
        found = {(trouble.event, trouble.resource): trouble for trouble in troubles}
        for key, trouble in found.items():
            is_news = self._told.get(key) != trouble.said
            if trouble.is_hasty and failed < LOUD_AFTER:
                log.info("keeper.trying_again", said=trouble.said)
            elif is_news:
                self._told[key] = trouble.said
                fields = {"resource": trouble.resource, "said": trouble.said}
                log.error(trouble.event, check=trouble.check, **fields)
        for event, resource in self._told.keys() - found.keys():
            del self._told[event, resource]
            log.info("keeper.recovered", after=event, resource=resource)

    async def _wait(self, troubles: Sequence[Trouble], failed: int) -> None:
        """Waits for the next round: less long when a renewal is due or an order comes."""
        length = pause(troubles, failed, chance=random.random())  # noqa: S311 (no secret)
        if not troubles and self._due is not None:
            length = min(length, self._due - self._carrier.clock())
        asked = max((trouble.wait or ROUNDS_APART for trouble in troubles), default=ROUNDS_APART)
        await asyncio.sleep(min(length, asked).total_seconds())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), max(0.0, (length - asked).total_seconds()))


def _registrations(orders: dict[Order, Registration | None], what: str) -> set[str]:
    return {order.registration for order in orders if order.what == what}


def _resource(action: Action) -> str:
    match action:
        case Create(desired=desired) | Replace(desired=desired):
            return desired.resource
        case _:
            return action.registration.resource
