"""From events to deliveries: who is told of a write, and what; and what goes wrong on the way."""

import asyncio
import random
from typing import Any

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.deliveries import Delivery
from heliograph.simulator.notify.forgery import Forger
from heliograph.simulator.notify.mapping import told
from heliograph.simulator.notify.payloads import Payloads
from heliograph.simulator.notify.post_office import PostOffice
from heliograph.simulator.notify.registry import Registry, Subscription
from heliograph.simulator.store import Event
from heliograph.simulator.switches import Switches

_ECHO_AFTER_SECONDS = 0.05


class Publisher:
    """Listens to the store and writes to the post office."""

    def __init__(
        self,
        registry: Registry,
        post_office: PostOffice,
        *,
        forger: Forger,
        switches: Switches,
        clock: Clock,
        seed: int,
    ) -> None:
        self._payloads = Payloads(seed=seed)
        self._registry = registry
        self._post_office = post_office
        self._forger = forger
        self._switches = switches
        self._clock = clock
        self._random = random.Random(f"{seed}/publisher")  # noqa: S311 (repeatable, guards nothing)

    def publish(self, event: Event, *, tenant: str) -> None:
        """Tell all subscriptions of *event*; of a user some are told twice, as Graph does."""
        self._tell(event, tenant)
        if event.kind == "users" and self._happens(self._switches.repeated):
            asyncio.get_running_loop().call_later(_ECHO_AFTER_SECONDS, self._tell, event, tenant)

    def inform(self, subscription: Subscription, word: str) -> None:
        """Send the lifecycle notification *word*; without an URL for such none is sent."""
        if subscription.lifecycle_url is None:
            return
        body = self._payloads.lifecycle(subscription, word)
        delivery = self._delivery(subscription, subscription.lifecycle_url, word, body)
        delivery.is_bound = False
        delivery.signed_for = None
        self._post_office.put(delivery)

    def _tell(self, event: Event, tenant: str) -> None:
        place = event.owner or event.key
        watching = self._registry.watching(event.kind, place=place, tenant=tenant)
        for subscription in watching:
            for change_type, row in told(subscription, event):
                body = self._payloads.change(subscription, event, change_type=change_type, row=row)
                url = subscription.notification_url
                self._send(self._delivery(subscription, url, change_type, body))

    def _send(self, delivery: Delivery) -> None:
        """Have *delivery* go out: once, or as the switches say."""
        switches = self._switches
        if self._happens(switches.lost):
            return
        late = self._lateness(delivery) if self._happens(switches.late) else 0.0
        self._post_office.put(delivery, after=late)
        if self._happens(switches.duplicated):
            self._post_office.put(_again(delivery))
        for kind in switches.forged:
            collection = self._forger.forged(kind, delivery)
            if collection is not None:
                lie = _again(delivery)
                lie.what = f"forged:{kind}"
                self._post_office.post_once(lie, dict(collection))

    def _lateness(self, delivery: Delivery) -> float:
        """Up to what the switch says, else to the longest delay that is published."""
        most = self._switches.late_by
        found = self._registry.get(delivery.subscription_id)
        if most is None:
            most = 0.0 if found is None else found.watched.facts.delay
        return self._random.random() * most

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _delivery(
        self, subscription: Subscription, url: str, what: str, body: dict[str, Any]
    ) -> Delivery:
        app = subscription.audience or subscription.application_id
        return Delivery(
            url=url,
            subscription_id=subscription.id,
            what=what,
            resource=str(body.get("resource", "")),
            body=body,
            signed_for=(app, subscription.tenant_id) if subscription.is_rich else None,
            made_at=self._clock.now(),
        )


def _again(delivery: Delivery) -> Delivery:
    return Delivery(
        url=delivery.url,
        subscription_id=delivery.subscription_id,
        what=delivery.what,
        resource=delivery.resource,
        body=delivery.body,
        signed_for=delivery.signed_for,
        made_at=delivery.made_at,
    )
