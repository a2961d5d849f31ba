"""Lifecycle notifications: what a subscription's owner is told about the subscription itself.

Challenges come by the formula of change-notifications.md, 6.2; it is illustrative, says Microsoft.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.deliveries import Delivery
from heliograph.simulator.notify.endpoints import Endpoint
from heliograph.simulator.notify.kinds import CHALLENGE, MISSED, REMOVED
from heliograph.simulator.notify.post_office import PostOffice
from heliograph.simulator.notify.publisher import Publisher
from heliograph.simulator.notify.registry import Registry, Subscription
from heliograph.simulator.store import Event

EVENTS = (CHALLENGE, REMOVED, MISSED)

_LOOK_EVERY_SECONDS = 60
_SOON = timedelta(minutes=15)


class Lifecycle:
    """Watches subscriptions, and tells their owners."""

    def __init__(
        self, registry: Registry, publisher: Publisher, post_office: PostOffice, clock: Clock
    ) -> None:
        self._registry = registry
        self._publisher = publisher
        self._post_office = post_office
        self._clock = clock
        self._missing: set[str] = set()
        post_office.mourn(self._mourn)

    async def watch(self) -> None:
        """Challenge whoever is due, every minute of the clock, for ever."""
        while True:
            now = self._clock.now()
            for subscription in self._registry.all():
                if is_due(subscription, now):
                    subscription.challenged_at = now
                    self._publisher.inform(subscription, CHALLENGE)
            await self._clock.wait(_LOOK_EVERY_SECONDS)

    def follow(self, event: Event) -> None:
        """End the subscriptions to a mailbox whose user is gone for good."""
        if event.kind == "users" and event.what == "purged":
            for subscription in self._registry.all():
                if subscription.owner == event.key:
                    self.remove(subscription)

    def tell(self, subscription: Subscription, event: str) -> None:
        """Bring about *event*. Raises ValueError where it is not told of such a resource."""
        if event not in subscription.watched.facts.told:
            raise ValueError(f"event: {event} is not told of {subscription.watched.kind}")
        if event == CHALLENGE:
            subscription.challenged_at = self._clock.now()
        if event == REMOVED:
            self.remove(subscription)
        else:
            self._publisher.inform(subscription, event)

    def forbid(self, granted: frozenset[str], *, tenant: str) -> None:
        """Pause what nothing *granted* in *tenant* allows the app itself, and challenge it."""
        for subscription in self._registry.all():
            needs = subscription.watched.facts.needs
            is_meant = subscription.tenant_id == tenant and not subscription.is_delegated
            if is_meant and needs.isdisjoint(granted):
                subscription.authorized_until = self._clock.now()
                self.tell(subscription, CHALLENGE)

    def remove(self, subscription: Subscription) -> None:
        """End a subscription to a mailbox, and say so."""
        self._registry.remove(subscription.id)
        self._publisher.inform(subscription, REMOVED)

    def _mourn(self, dropped: Sequence[Delivery], endpoint: Endpoint) -> None:
        for delivery in dropped:
            found = self._registry.get(delivery.subscription_id)
            if found is None or found.id in self._missing:
                continue
            if MISSED in found.watched.facts.told and delivery.what not in EVENTS:
                self._missing.add(found.id)
                self._post_office.spawn(self._tell_missed(found, endpoint))

    async def _tell_missed(self, subscription: Subscription, endpoint: Endpoint) -> None:
        """One word for all that is lost until the endpoint is served again."""
        while endpoint.until is not None and self._clock.now() < endpoint.until:
            await self._clock.wait_until(endpoint.until)
        self._missing.discard(subscription.id)
        self._publisher.inform(subscription, MISSED)


def is_due(subscription: Subscription, now: datetime) -> bool:
    """Whether *subscription* is to be challenged: with T a quarter of the time that is left, every
    T/2 where T is one to three hours, and every 15 minutes below.
    """
    ends = min(filter(None, (subscription.authorized_until, subscription.expires)))
    quarter = (ends - now) / 4
    if quarter > timedelta(minutes=180):
        return False
    pause = quarter / 2 if quarter >= timedelta(minutes=60) else _SOON
    last = subscription.challenged_at
    return last is None or now - last >= pause
