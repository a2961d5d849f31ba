"""What can be read and steered.

It asks for no token: the simulator listens on loopback and holds nothing real.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

import msgspec
from starlette.routing import Route

from heliograph.simulator.activity import TRIGGERS
from heliograph.simulator.clock import stamp
from heliograph.simulator.control import shown
from heliograph.simulator.control.calls import reading, wishing
from heliograph.simulator.control.wishes import (
    ClockWish,
    Credential,
    DeliveriesPart,
    DeviceWish,
    LifecycleWish,
    Nothing,
    Part,
    PermissionsWish,
    Scene,
    Script,
)
from heliograph.simulator.faults import Fault
from heliograph.simulator.world import World

T = TypeVar("T")
Told = Mapping[str, Any]


class Control:
    """Reads and steers one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            reading("state", Nothing, self.state),
            reading("tenants", Nothing, self.tenants),
            reading("subscriptions", Part, self.subscriptions),
            reading("deliveries", DeliveriesPart, self.deliveries),
            reading("handshakes", Part, self.handshakes),
            wishing("clock", ClockWish, self.advance),
            reading("faults", Nothing, self.faults),
            wishing("faults", Fault, self.add_fault),
            wishing("faults", Nothing, self.clear_faults, method="DELETE"),
            reading("switches", Nothing, self.switches),
            wishing("switches", dict[str, Any], self.turn),
            reading("activity", Nothing, self.triggers),
            wishing("activity", Script, self.perform),
            wishing("lifecycle", LifecycleWish, self.tell),
            wishing("keys", Nothing, self.rotate_keys),
            reading("permissions", Nothing, self.permissions),
            wishing("permissions", PermissionsWish, self.consent),
            wishing("credentials", Credential, self.add_credential),
            wishing("devices", DeviceWish, self.decide_device),
        ]

    def state(self, _: Nothing) -> Told:
        """How much of everything there is."""
        world, office = self._world, self._world.post_office
        now = world.clock.now()
        return {
            "time": stamp(now),
            "speed": world.clock.speed,
            "tenantId": world.tenant.tenant_id,
            "domain": world.tenant.domain,
            "users": len(world.directory.users.rows),
            "groups": len(world.directory.groups.rows),
            "deletedItems": len(world.directory.bin),
            "mailboxes": world.outlook.boxes.count(),
            "writes": world.store.sequence,
            "subscriptions": len(world.registry.all()),
            "handshakes": len(world.handshake.asked),
            "deliveries": office.count,
            "pendingDeliveries": office.pending,
            "endpoints": {url: one.now(now) for url, one in office.endpoints.items()},
            "faults": len(world.faults.waiting),
        }

    def tenants(self, _: Nothing) -> Told:
        """All tenants, and the app that is registered in each."""
        return {
            "value": [
                {
                    "tenantId": tenant.tenant_id,
                    "domain": tenant.domain,
                    "clientId": tenant.client_id,
                    "servicePrincipal": tenant.service_principal,
                }
                for tenant in self._world.tenants
            ]
        }

    def subscriptions(self, part: Part) -> Told:
        """The subscriptions that have not run out, oldest first."""
        return _page(part, self._world.registry.all(), shown.subscription)

    async def deliveries(self, part: DeliveriesPart) -> Told:
        """What was sent and how it was answered, oldest first, by its number since the start."""
        office = self._world.post_office
        if part.wait:
            with suppress(TimeoutError):
                async with asyncio.timeout(part.wait):
                    await office.settled.wait()
        first = office.count - len(office.deliveries)
        start = max(part.since, first)
        found = list(islice(office.deliveries, start - first, start - first + part.limit))
        wanted = part.subscription.lower()
        value = [shown.delivery(one) for one in found if wanted in {"", one.subscription_id}]
        return {"next": start + len(found), "pending": office.pending, "value": value}

    def handshakes(self, part: Part) -> Told:
        """How endpoints answered when they were asked to echo, the last thousand times."""
        return _page(part, list(self._world.handshake.asked), shown.handshake)

    def advance(self, wish: ClockWish) -> Told:
        """Set the clock forward, change its speed, or both."""
        clock = self._world.clock
        clock.speed = wish.speed or clock.speed
        clock.advance(timedelta(seconds=wish.advance))
        return {"time": stamp(clock.now()), "speed": clock.speed}

    def faults(self, _: Nothing) -> Told:
        """The faults that wait for their calls."""
        return {"value": [msgspec.to_builtins(one) for one in self._world.faults.waiting]}

    def add_fault(self, fault: Fault) -> Told:
        """Have calls refused or delayed."""
        self._world.faults.add(fault)
        return self.faults(Nothing())

    def clear_faults(self, _: Nothing) -> Told:
        """No more faults."""
        self._world.faults.clear()
        return self.faults(Nothing())

    def switches(self, _: Nothing) -> Told:
        """How all switches stand."""
        return dict(msgspec.to_builtins(self._world.switches))

    def turn(self, wish: Mapping[str, Any]) -> Told:
        """Turn the switches that are named."""
        self._world.switches.turn(wish)
        return self.switches(Nothing())

    def triggers(self, _: Nothing) -> Told:
        """All that can be made to happen."""
        return {"value": [{"event": one.event, "summary": one.summary} for one in TRIGGERS]}

    async def perform(self, script: Script) -> Told:
        """Have things happen as somebody in the tenant would do them: one, or a list in turn."""
        if isinstance(script, Scene):
            return await self._play(script)
        return {"value": [await self._play(scene) for scene in script]}

    async def _play(self, scene: Scene) -> Told:
        if scene.after:
            await self._world.clock.wait(scene.after)
        office = self._world.post_office
        before = office.count
        happened = TRIGGERS.pull(self._world, scene)
        return {**happened, "notifications": {"since": before, "count": office.count - before}}

    def tell(self, wish: LifecycleWish) -> Told:
        """Bring about a lifecycle event."""
        world = self._world
        chosen = [
            item
            for item in world.registry.all()
            if wish.subscription.lower() == item.id
            or (not wish.subscription and wish.event in item.watched.facts.told)
        ]
        if wish.subscription and not chosen:
            raise LookupError(f"subscription: expected one that lives, got {wish.subscription!r}")
        for item in chosen:
            if wish.unauthorized:
                item.authorized_until = world.clock.now()
            world.lifecycle.tell(item, wish.event)
        return {"subscriptions": [item.id for item in chosen]}

    def rotate_keys(self, _: Nothing) -> Told:
        """Sign tokens with a new key from now on."""
        self._world.keys.rotate()
        self._world.tokens.forget()
        return {"keys": [key["kid"] for key in self._world.keys.published()]}

    def permissions(self, _: Nothing) -> Told:
        """What the app has been granted; null: whatever it asks signed-in users for."""
        consent = self._world.consent
        return {"app": consent.app, "delegated": consent.delegated}

    def consent(self, wish: PermissionsWish) -> Told:
        """Grant and revoke permissions. Subscriptions that lose theirs are told so, and pause."""
        world = self._world
        world.consent.change(wish.grant, wish.revoke, delegated=wish.delegated)
        if wish.revoke and not wish.keep_tokens:
            world.keys.end_tokens()
        if wish.revoke and not wish.delegated:
            granted = frozenset(world.consent.app)
            world.lifecycle.forbid(granted, tenant=world.tenant.tenant_id)
        return self.permissions(Nothing())

    def add_credential(self, wish: Credential) -> Told:
        """Take one more proof of being the app."""
        clients = self._world.clients
        if wish.certificate:
            return clients.take_certificate(wish.certificate)
        return clients.take_federation(wish.issuer, wish.subject, key=wish.key)

    def decide_device(self, wish: DeviceWish) -> Told:
        """Let a device in, or not."""
        user = self._world.directory.user_id(wish.user) if wish.user else ""
        self._world.logins.decide(wish.user_code, user=user)
        return {"user": user}


def _page(part: Part, found: Sequence[T], show: Callable[[T], shown.Shown]) -> Told:
    value = [show(one) for one in found[part.since : part.since + part.limit]]
    return {"next": part.since + len(value), "value": value}
