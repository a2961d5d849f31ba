"""The simulator's own API under `/_simulator/`, outside the paths of Graph: for whoever tests.

It asks for no token: the simulator listens on loopback and holds nothing real.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heliograph.simulator.activity import perform
from heliograph.simulator.clock import stamp
from heliograph.simulator.notify.deliveries import Delivery
from heliograph.simulator.notify.registry import Subscription
from heliograph.simulator.refusals import Refused
from heliograph.simulator.world import World

Doing = Callable[[Mapping[str, Any]], dict[str, Any]]


class Control:
    """Reads and steers one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """What is served."""
        world = self._world
        return [
            Route("/_simulator/state", self._read(self.state)),
            Route("/_simulator/deliveries", self._read(self.deliveries)),
            Route("/_simulator/clock", self._do(self.advance), methods=["POST"]),
            Route("/_simulator/faults", self._do(self.add_fault), methods=["POST"]),
            Route("/_simulator/faults", self._do(self.clear_faults), methods=["DELETE"]),
            Route("/_simulator/switches", self._do(world.switches.turn), methods=["POST"]),
            Route("/_simulator/activity", self._do(self.perform), methods=["POST"]),
            Route("/_simulator/lifecycle", self._do(self.tell), methods=["POST"]),
            Route("/_simulator/keys", self._do(self.rotate_keys), methods=["POST"]),
        ]

    def state(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """How much of everything there is."""
        world = self._world
        return {
            "time": stamp(world.clock.now()),
            "speed": world.clock.speed,
            "users": len(world.directory.users.rows),
            "groups": len(world.directory.groups.rows),
            "deletedItems": len(world.directory.bin),
            "mailboxes": world.boxes.count(),
            "writes": world.store.sequence,
            "deliveries": world.post_office.count,
            "pendingDeliveries": world.post_office.pending,
            "switches": asdict(world.switches),
            "endpoints": {
                url: endpoint.now(world.clock.now())
                for url, endpoint in world.post_office.endpoints.items()
            },
            "subscriptions": [_subscription(item) for item in world.registry.all()],
            "faults": len(world.faults.waiting),
        }

    def deliveries(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """What was delivered, oldest first, from number `since` on, at most `limit`."""
        office = self._world.post_office
        first = office.count - len(office.deliveries)
        start = max(int(query.get("since", 0)), first)
        limit = int(query.get("limit", 1000))
        found = list(islice(office.deliveries, start - first, start - first + limit))
        return {"next": start + len(found), "value": [_delivery(item) for item in found]}

    def advance(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Set the clock forward by `advance` seconds, change its `speed`, or both."""
        clock = self._world.clock
        if "speed" in wish:
            clock.speed = float(wish["speed"])
        clock.advance(timedelta(seconds=float(wish.get("advance", 0))))
        return {"time": stamp(clock.now()), "speed": clock.speed}

    def add_fault(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Have calls refused: `status`, `times`, `path`, `method`, `retryAfter`."""
        return asdict(self._world.faults.add(wish))

    def clear_faults(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """No more refusals."""
        self._world.faults.clear()
        return {}

    def perform(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Do one thing, `action`, as somebody in the tenant would."""
        return perform(self._world, wish)

    def tell(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Bring about a lifecycle `event` of one `subscription`, or of all without one; with
        `unauthorized` delivery pauses until it is reauthorized.
        """
        world = self._world
        chosen = [
            item
            for item in world.registry.all()
            if wish.get("subscription", item.id).lower() == item.id
        ]
        for item in chosen:
            if wish.get("unauthorized"):
                item.authorized_until = world.clock.now()
            world.lifecycle.tell(item, str(wish.get("event", "")))
        return {"subscriptions": [item.id for item in chosen]}

    def rotate_keys(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Sign tokens with a new key from now on."""
        self._world.keys.rotate()
        self._world.tokens.forget()
        return {"keys": [key["kid"] for key in self._world.keys.published()]}

    def _read(self, read: Doing) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return _answered(read, dict(request.query_params))

        return endpoint

    def _do(self, do: Doing) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                wish = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            except msgspec.DecodeError as error:
                return _fault(400, str(error))
            return _answered(do, wish)

        return endpoint


def _answered(act: Doing, wish: Mapping[str, Any]) -> Response:
    try:
        return JSONResponse(act(wish))
    except Refused as refused:
        return _fault(refused.status, f"{refused.code}: {refused.message}")
    except (ValueError, TypeError, AttributeError) as error:
        return _fault(400, str(error))


def _fault(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)


def _subscription(item: Subscription) -> dict[str, Any]:
    return {
        "id": item.id,
        "resource": item.resource,
        "changeType": ",".join(item.change_types),
        "notificationUrl": item.notification_url,
        "lifecycleNotificationUrl": item.lifecycle_url,
        "expirationDateTime": stamp(item.expires),
        "includeResourceData": item.is_rich,
    }


def _delivery(item: Delivery) -> dict[str, Any]:
    return {
        "subscriptionId": item.subscription_id,
        "what": item.what,
        "resource": item.resource,
        "url": item.url,
        "time": item.made_at.isoformat(),
        "attempts": item.attempts,
        "status": item.status,
        "latency": item.latency,
        "deliveredAfter": item.delivered_after,
        "state": item.state,
    }
