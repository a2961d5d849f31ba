"""From events to deliveries: who is told of a write, and what."""

import asyncio
import random

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.mapping import told
from heliograph.simulator.notify.payloads import Payloads
from heliograph.simulator.notify.post_office import Delivery, PostOffice
from heliograph.simulator.notify.registry import Registry, Subscription
from heliograph.simulator.store import Event

_ECHO_CHANCE = 0.25
_ECHO_AFTER_SECONDS = 0.05


class Publisher:
    """Listens to the store and writes to the post office."""

    def __init__(
        self, registry: Registry, post_office: PostOffice, *, clock: Clock, seed: int
    ) -> None:
        self.payloads = Payloads(seed=seed)
        self._registry = registry
        self._post_office = post_office
        self._clock = clock
        self._random = random.Random(f"{seed}/publisher")  # noqa: S311 (repeatable, guards nothing)

    def publish(self, event: Event) -> None:
        """Tell all subscriptions of *event*; of a user some are told twice, as Graph does."""
        self._tell(event)
        if event.kind == "users" and self._random.random() < _ECHO_CHANCE:
            asyncio.get_running_loop().call_later(_ECHO_AFTER_SECONDS, self._tell, event)

    def challenge(self, subscription: Subscription, word: str) -> None:
        """Send the lifecycle notification *word*; without an URL for such none is sent."""
        if subscription.lifecycle_url is None:
            return
        body = self.payloads.lifecycle(subscription, word)
        self._send(subscription, subscription.lifecycle_url, word, body)

    def _tell(self, event: Event) -> None:
        watching = self._registry.watching(event.kind, owner=event.owner, key=event.key)
        for subscription in watching:
            for change_type, row in told(subscription, event):
                body = self.payloads.change(subscription, event, change_type=change_type, row=row)
                self._send(subscription, subscription.notification_url, change_type, body)

    def _send(
        self, subscription: Subscription, url: str, what: str, body: dict[str, object]
    ) -> None:
        app = subscription.audience or subscription.application_id
        self._post_office.put(
            Delivery(
                url=url,
                subscription_id=subscription.id,
                what=what,
                resource=str(body.get("resource", "")),
                body=body,
                signed_for=(app, subscription.tenant_id) if subscription.is_rich else None,
                made_at=self._clock.now(),
            )
        )
