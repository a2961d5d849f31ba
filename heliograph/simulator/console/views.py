"""What the page shows, as plain values in words: the templates only lay it out."""

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from heliograph.simulator.activity import TRIGGERS
from heliograph.simulator.faults import Fault
from heliograph.simulator.notify.deliveries import Attempt, Delivery
from heliograph.simulator.notify.handshake import Asked
from heliograph.simulator.notify.lifecycle import EVENTS
from heliograph.simulator.notify.registry import Subscription
from heliograph.simulator.store import Row, Table
from heliograph.simulator.world import World

SHOWN = 50
"""So many of each kind are shown, the newest first."""

View = Mapping[str, Any]

_GOOD, _WAITING, _BAD = "good", "waiting", "bad"
_DELIVERIES = {
    "delivered": ("delivered", _GOOD),
    "pending": ("on its way", _WAITING),
    "stopped": ("stopped, its subscription ended", _WAITING),
    "dropped": ("dropped", _BAD),
}
_ENDPOINTS = {
    "slow": ("waits: the endpoint is slow", _WAITING),
    "drop": ("dropped: the endpoint is too slow", _BAD),
}


def live(world: World) -> View:
    """What changes by itself, for `live.html`."""
    office, registry = world.post_office, world.registry
    return {
        "tenant": _tenant(world),
        "people": [_person(row) for row in _newest(world.directory.users)],
        "subscriptions": [_subscription(world, one) for one in registry.newest(SHOWN)],
        "deliveries": [_delivery(one) for one in islice(reversed(office.deliveries), SHOWN)],
        "handshakes": [_handshake(one) for one in islice(reversed(world.handshake.asked), 10)],
        "faults": [_fault(one) for one in world.faults.waiting],
        "counts": {
            "subscriptions": len(registry),
            "deliveries": office.count,
            "people": len(world.directory.users.rows),
        },
    }


def choices(world: World) -> View:
    """What can be chosen in the forms, for `page.html`."""
    directory = world.directory
    reached = [row for row in directory.some_users(SHOWN) if directory.has_mailbox(row["id"])]
    return {
        "triggers": list(TRIGGERS),
        "mailboxes": [(row["userPrincipalName"], row["displayName"]) for row in reached],
    }


def _tenant(world: World) -> View:
    return {
        "domain": world.tenant.domain,
        "id": world.tenant.tenant_id,
        "time": _moment(world.clock.now().replace(second=0)),
        "speed": world.clock.speed,
        "groups": len(world.directory.groups.rows),
        "binned": len(world.directory.bin),
        "mailboxes": world.outlook.boxes.count(),
        "pending": world.post_office.pending,
    }


def _newest(table: Table) -> list[Row]:
    return [row for _, row in islice(table.backwards(), SHOWN)]


def _person(row: Row) -> View:
    is_enabled = row.get("accountEnabled", True)
    return {
        "name": row["displayName"],
        "address": row["userPrincipalName"],
        "department": row.get("department") or "",
        "title": row.get("jobTitle") or "",
        "state": ("enabled", _GOOD) if is_enabled else ("disabled", _WAITING),
    }


def _subscription(world: World, one: Subscription) -> View:
    return {
        "id": one.id,
        "resource": one.resource,
        "changes": ", ".join(one.change_types),
        "url": one.notification_url,
        "expires": _moment(one.expires),
        "is_rich": one.is_rich,
        "told": [word for word in EVENTS if word in one.watched.facts.told],
        "state": _state(world, one),
    }


def _state(world: World, one: Subscription) -> tuple[str, str]:
    endpoint = world.post_office.endpoint(one.notification_url).now(world.clock.now())
    if world.registry.is_paused(one.id):
        return "paused until it is reauthorized", _BAD
    if endpoint in _ENDPOINTS:
        return _ENDPOINTS[endpoint]
    if one.challenged_at is not None:
        return "challenged to reauthorize", _WAITING
    return "active", _GOOD


def _delivery(one: Delivery) -> View:
    words = _DELIVERIES[one.state]
    if one.state == "pending" and one.attempts:
        words = ("will be tried again", _WAITING)
    return {
        "key": f"{one.subscription_id}-{one.made_at.timestamp()}-{one.what}",
        "time": f"{one.made_at:%H:%M:%S}",
        "what": one.what,
        "resource": one.resource,
        "url": one.url,
        "state": words,
        "answer": _answer(one.attempts[-1]) if one.attempts else "not tried yet",
        "attempts": [f"{attempt.at:%H:%M:%S} {_answer(attempt)}" for attempt in one.attempts],
        "body": json.dumps(one.body, indent=2, ensure_ascii=False),
    }


def _answer(attempt: Attempt) -> str:
    took = f"{attempt.latency * 1000:.0f} ms"
    return f"{attempt.status} after {took}" if attempt.status else attempt.error


def _handshake(one: Asked) -> View:
    return {
        "time": f"{one.attempt.at:%H:%M:%S}",
        "url": one.url,
        "answer": _answer(one.attempt),
        "state": (one.fault, _BAD) if one.fault else ("echoed", _GOOD),
    }


def _fault(one: Fault) -> View:
    return {
        "status": one.status,
        "times": one.times,
        "calls": f"{one.method.upper() or 'any method'} {one.path or 'any path'}",
    }


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
