"""Reads what one app has in its tenant: Graph's list, and proofs where a record is missing.

The list withholds clientState, so a subscription that is not recorded is asked for by its id, once:
it may be ours from an earlier life, or belong to another deployment with this app registration.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from heliograph.client_state import ClientStates
from heliograph.errors import NotFound
from heliograph.graph.subscriptions import Subscription
from heliograph.keeping.crowd import at_most
from heliograph.keeping.mirror import Mirror, Seen
from heliograph.keeping.records import Records
from heliograph.planning.inventory import Actual, held, join
from heliograph.planning.wishes import App
from heliograph.subscriptions import Registration, moment

AT_ONCE = 8
"""Calls of Graph for one tenant at the same time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an app has: *ours*, and what is *foreign*, which nothing but a command may touch."""

    ours: list[Actual]
    foreign: list[Seen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Keeps the mirror true, and says what in it is ours.

    All but `holding` raises GraphError, LeaseLost and QueueUnavailable.
    """

    app: App
    graph: Mirror
    records: Records
    client_states: ClientStates
    # Registration ids that subscriptions have proved, and what is not ours: each is asked for once.
    proven: dict[str, str] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)

    async def read(self, *, now: datetime) -> None:
        """Reads Graph's list into the mirror, and asks for what it leaves open."""
        self.graph.begin()
        listed = {
            found.id: Seen.of(found) async for found in self.graph.list() if self._is_of_app(found)
        }
        await self._ask_for_missing(listed, now)
        await self._ask_for_proofs(listed)
        self.graph.replace(listed.values())

    async def write_down(self) -> None:
        """Records the ends of subscriptions where Graph knows them better."""
        seen = self.graph.seen

        def corrected(registration: Registration) -> Registration:
            found = seen.get(registration.subscription_id or "")
            return registration if found is None else held(registration, found)

        await self.records.update(self.records.of(self.app), corrected)

    async def doubt(self, registration_ids: Iterable[str]) -> None:
        """Asks Graph whether it still has the subscriptions of these registrations."""
        recorded = filter(None, map(self.records.get, registration_ids))
        ids = [one.subscription_id for one in recorded if one.subscription_id is not None]
        await at_most(AT_ONCE, self._find, ids)

    def holding(self, *, now: datetime) -> Holding:
        """What there is, as far as it was seen."""
        seen = self.graph.seen.values()
        ours = join(self.records.of(self.app), seen, self.proven, now=now, app=self.app)
        foreign = [self.graph.seen[id_] for id_ in self.foreign if id_ in self.graph.seen]
        return Holding(ours=ours, foreign=foreign)

    async def _ask_for_missing(self, listed: dict[str, Seen], now: datetime) -> None:
        """Adds to *listed*, which may lag, what is recorded as alive and Graph has by its id."""
        missing = [
            registration.subscription_id
            for registration in self.records.of(self.app)
            if registration.subscription_id and _is_missing(registration, listed, now)
        ]
        for found in await at_most(AT_ONCE, self._find, missing):
            if found is not None:
                listed[found.id] = Seen.of(found)

    async def _ask_for_proofs(self, listed: Collection[str]) -> None:
        """Sorts what is not recorded into `proven` and `foreign`."""
        known = {registration.subscription_id for registration in self.records.of(self.app)}
        strangers = set(listed) - known
        self.foreign.intersection_update(strangers)
        for id_ in self.proven.keys() - strangers:
            del self.proven[id_]
        await self.look_at(sorted(strangers - self.foreign - self.proven.keys()))

    async def look_at(self, subscription_ids: Iterable[str]) -> None:
        """Asks Graph for subscriptions that nobody has recorded, and sorts them."""
        for found in await at_most(AT_ONCE, self._find, subscription_ids):
            if found is None:
                continue
            proof = self.client_states.proven(found.client_state)
            if proof is not None:
                self.proven[found.id] = proof
            else:
                self.foreign.add(found.id)
                log.info("keeper.foreign", subscription_id=found.id, resource=found.resource)

    async def _find(self, subscription_id: str) -> Subscription | None:
        try:
            return await self.graph.get(subscription_id)
        except NotFound:
            return None

    def _is_of_app(self, item: Subscription) -> bool:
        return not item.application_id or item.application_id.lower() == self.app.client_id.lower()


def _is_missing(registration: Registration, listed: Collection[str], now: datetime) -> bool:
    """True where the record says that Graph should have it, and the list does not."""
    if registration.replaced_at is not None or registration.subscription_id in listed:
        return False
    return registration.expires_at is not None and moment(registration.expires_at) > now
