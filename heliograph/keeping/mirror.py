"""Graph's subscriptions, as this process has last seen them.

It stands before the calls of Graph and remembers what they tell, so that a round needs no list. A
list takes a while and may lag: what was made or ended meanwhile is known better here.
"""

import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from heliograph.errors import GraphError, NotFound
from heliograph.graph.subscriptions import NewSubscription, PublicKey, Subscription
from heliograph.subscriptions import Registration, asked_resource, moment


class GraphSubscriptions(Protocol):
    """The family of calls below `/subscriptions` that keeping needs."""

    async def create(
        self, wish: NewSubscription, *, permission: str | None = None
    ) -> Subscription: ...
    async def get(self, subscription: str) -> Subscription: ...
    def list(self) -> AsyncIterator[Subscription]: ...
    async def renew_many(
        self, ends: Mapping[str, datetime]
    ) -> dict[str, Subscription | GraphError]: ...
    async def rekey(
        self, subscription: str, key: PublicKey, *, until: datetime
    ) -> Subscription: ...
    async def delete(self, subscription: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is remembered of a subscription; there may be a hundred thousand of them."""

    id: str
    resource: str
    change_type: str
    notification_url: str | None
    expiration_date_time: datetime | None
    encryption_certificate_id: str | None

    @classmethod
    def of(cls, found: Subscription) -> "Seen":
        """*found*, with equal texts kept once."""
        return cls(
            id=found.id,
            resource=found.resource,
            change_type=sys.intern(found.change_type),
            notification_url=_once(found.notification_url),
            expiration_date_time=found.expiration_date_time,
            encryption_certificate_id=_once(found.encryption_certificate_id),
        )


class Mirror:
    """Calls of Graph for one app, and what they have told. Raises what the calls raise."""

    def __init__(self, graph: GraphSubscriptions) -> None:
        self._graph = graph
        self._changed: dict[str, Seen | None] | None = None
        self.seen: dict[str, Seen] = {}

    def assume(self, registrations: Iterable[Registration], *, notification_url: str) -> None:
        """Takes for true what is recorded, until a list says more."""
        self.seen = {
            registration.subscription_id: _recorded(registration, notification_url)
            for registration in registrations
            if registration.subscription_id is not None
        }

    async def create(self, wish: NewSubscription, *, permission: str | None = None) -> Subscription:
        """A new subscription."""
        made = await self._graph.create(wish, permission=permission)
        self._note(made.id, made)
        return made

    async def get(self, subscription: str) -> Subscription:
        """One subscription, with its clientState. Raises NotFound."""
        try:
            found = await self._graph.get(subscription)
        except NotFound:
            self._note(subscription, None)
            raise
        self._note(subscription, found)
        return found

    async def renew_many(
        self, ends: Mapping[str, datetime]
    ) -> dict[str, Subscription | GraphError]:
        """For each id in *ends* the subscription with that new end, or why it has none."""
        outcomes = await self._graph.renew_many(ends)
        for id_, outcome in outcomes.items():
            if isinstance(outcome, Subscription):
                self._note(id_, outcome)
            elif isinstance(outcome, NotFound):
                self._note(id_, None)
        return outcomes

    async def rekey(self, subscription: str, key: PublicKey, *, until: datetime) -> Subscription:
        """The subscription as Graph shows it after it was asked to encrypt for *key*."""
        try:
            await self._graph.rekey(subscription, key, until=until)
        except NotFound:
            self._note(subscription, None)
            raise
        return await self.get(subscription)

    async def delete(self, subscription: str) -> None:
        """Ends a subscription. Done as well if there is none."""
        await self._graph.delete(subscription)
        self._note(subscription, None)

    async def list(self) -> AsyncIterator[Subscription]:
        """All subscriptions of this app in the tenant, without clientStates."""
        async for found in self._graph.list():
            yield found

    def begin(self) -> None:
        """From now on remembers apart what is made and ended, for `replace`."""
        self._changed = {}

    def replace(self, listed: Iterable[Seen]) -> None:
        """Takes the list that was begun for what there is, but for what has changed since."""
        self.seen = {found.id: found for found in listed}
        changed, self._changed = self._changed or {}, None
        for id_, found in changed.items():
            self._set(id_, found)

    def _note(self, id_: str, found: Subscription | None) -> None:
        seen = None if found is None else Seen.of(found)
        self._set(id_, seen)
        if self._changed is not None:
            self._changed[id_] = seen

    def _set(self, id_: str, seen: Seen | None) -> None:
        if seen is None:
            self.seen.pop(id_, None)
        else:
            self.seen[id_] = seen


def _recorded(registration: Registration, notification_url: str) -> Seen:
    expires = registration.expires_at
    return Seen(
        id=registration.subscription_id or "",
        resource=asked_resource(registration.resource, registration.select, registration.filter),
        change_type=",".join(registration.change_types),
        notification_url=notification_url,
        expiration_date_time=None if expires is None else moment(expires),
        encryption_certificate_id=registration.key_id,
    )


def _once(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)
