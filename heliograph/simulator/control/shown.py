"""The JSON in which the control API tells what there is."""

from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.notify.deliveries import Attempt, Delivery
from heliograph.simulator.notify.handshake import Asked
from heliograph.simulator.notify.registry import Subscription

Shown = dict[str, Any]


def subscription(item: Subscription) -> Shown:
    """A subscription, and how the simulator sees it."""
    return {
        "id": item.id,
        "resource": item.resource,
        "changeType": ",".join(item.change_types),
        "notificationUrl": item.notification_url,
        "lifecycleNotificationUrl": item.lifecycle_url,
        "expirationDateTime": stamp(item.expires),
        "includeResourceData": item.is_rich,
        "applicationId": item.application_id,
        "tenantId": item.tenant_id,
        "challengedDateTime": item.challenged_at and stamp(item.challenged_at),
        "authorizedUntil": item.authorized_until and stamp(item.authorized_until),
    }


def delivery(item: Delivery) -> Shown:
    """A notification as it was sent, and each answer to it."""
    last = item.attempts[-1] if item.attempts else None
    return {
        "subscriptionId": item.subscription_id,
        "what": item.what,
        "resource": item.resource,
        "url": item.url,
        "time": item.made_at.isoformat(),
        "state": item.state,
        "status": last.status if last else 0,
        "attempts": [attempt(one) for one in item.attempts],
        "endedAfter": item.ended_after,
        "notification": item.body,
    }


def attempt(one: Attempt) -> Shown:
    """One POST and its answer."""
    return {
        "time": one.at.isoformat(),
        "status": one.status,
        "latency": one.latency,
        "error": one.error or None,
    }


def handshake(one: Asked) -> Shown:
    """One endpoint that was asked to echo."""
    return {"url": one.url, **attempt(one.attempt), "fault": one.fault or None}
