"""What one tenant has: our records, Graph's list, and proofs where the one lacks the other.

The list withholds clientState, so a subscription that is not recorded is asked for by its id, once:
it may be ours from an earlier life, or belong to another deployment with this app registration.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, cast

import structlog

from heliograph.client_state import ClientStates
from heliograph.errors import NotFound
from heliograph.graph.subscriptions import Subscription
from heliograph.inventory import Actual, join
from heliograph.keeping.carrier import GraphSubscriptions
from heliograph.registrations import Registrations
from heliograph.subscriptions import Registration, moment
from heliograph.wishes import App

AT_ONCE = 8
"""Calls of Graph for one tenant at the same time."""

log = structlog.get_logger()

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads what is ours in one tenant, and writes back what Graph knows better."""

    app: App
    graph: GraphSubscriptions
    registrations: Registrations
    client_states: ClientStates
    # What Graph lists and is not ours, so that it is asked for only once.
    foreign: set[str] = field(default_factory=set)

    async def read(
        self, *, now: datetime, fence: int, doubted: Collection[str] = ()
    ) -> list[Actual]:
        """What is ours. The list may be late, so that *doubted* registrations are asked for by id.

        Raises GraphError, QueueUnavailable and LeaseLost.
        """
        app = (self.app.tenant_id, self.app.client_id)
        recorded = [
            registration
            for registration in await self.registrations.all()
            if (registration.tenant_id, registration.client_id) == app
        ]
        listed = {item.id: item async for item in self.graph.list() if self._is_of_app(item)}
        proven = await self._proofs(listed.values(), recorded)
        await self._check(listed, recorded, now, doubted)
        actual = join(recorded, listed.values(), proven, now=now, app=self.app)
        await self._write_back(actual, recorded, fence)
        return actual

    async def _proofs(
        self, listed: Iterable[Subscription], recorded: Iterable[Registration]
    ) -> dict[str, str]:
        """The registration ids that unrecorded subscriptions prove."""
        known = {registration.subscription_id for registration in recorded}
        strangers = {item.id for item in listed} - known
        self.foreign.intersection_update(strangers)
        asked = sorted(strangers - self.foreign)
        proven = {}
        for id_, found in zip(asked, await at_most(AT_ONCE, self._find, asked), strict=True):
            proof = self.client_states.proven(found.client_state) if found else None
            if proof is not None:
                proven[id_] = proof
            elif found is not None:
                self.foreign.add(id_)
                log.info("keeper.foreign", subscription_id=id_, resource=found.resource)
        return proven

    async def _check(
        self,
        listed: dict[str, Subscription],
        recorded: Iterable[Registration],
        now: datetime,
        doubted: Collection[str],
    ) -> None:
        """Corrects *listed*, which may lag, for what is recorded as alive or is doubted."""
        unsure = [
            registration.subscription_id
            for registration in recorded
            if registration.subscription_id is not None
            and (registration.id in doubted or _is_missing(registration, listed, now))
        ]
        for id_, found in zip(unsure, await at_most(AT_ONCE, self._find, unsure), strict=True):
            if found is None:
                listed.pop(id_, None)
            else:
                listed[id_] = found

    async def _find(self, subscription_id: str) -> Subscription | None:
        try:
            return await self.graph.get(subscription_id)
        except NotFound:
            return None

    async def _write_back(
        self, actual: Iterable[Actual], recorded: Iterable[Registration], fence: int
    ) -> None:
        known = {registration.id: registration for registration in recorded}
        for item in actual:
            registration = item.registration
            if registration.replaced_at is None and registration != known.get(registration.id):
                await self.registrations.put(registration, fence=fence)

    def _is_of_app(self, item: Subscription) -> bool:
        return not item.application_id or item.application_id.lower() == self.app.client_id.lower()


def _is_missing(registration: Registration, listed: Collection[str], now: datetime) -> bool:
    """True where the record says that Graph should have it, and the list does not."""
    if registration.replaced_at is not None or registration.subscription_id in listed:
        return False
    return registration.expires_at is not None and moment(registration.expires_at) > now


async def at_most(
    number: int, work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]
) -> list[Result]:
    """What *work* gives for each of *items*, in order, *number* of them at a time."""
    gate = asyncio.Semaphore(number)

    async def one(item: Item) -> Result:
        async with gate:
            return await work(item)

    # Not a TaskGroup: callers catch what a call raises, not a group of it.
    results = await asyncio.gather(*(one(item) for item in items), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[Result]", results)
