"""Carries out a plan's actions for one tenant: the calls of Graph, and the records around them.

A registration is stored before Graph is asked, so that a notification which overtakes the answer
is known. What Graph refuses goes up as GraphError; a lost lease stops everything as LeaseLost.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never
from uuid import uuid4

import msgspec
import structlog

from heliograph.client_state import ClientStates
from heliograph.encryption_keys import EncryptionKey
from heliograph.errors import Conflict, NotFound
from heliograph.graph.subscriptions import NewSubscription, Subscription
from heliograph.inventory import held, recovered
from heliograph.keeping.troubles import Addresses
from heliograph.offers import offer_of
from heliograph.planning import Action, Create, Delete, Forget, Leave, Renew, Replace
from heliograph.registrations import Registrations
from heliograph.subscriptions import Registration, asked_resource, milliseconds
from heliograph.wishes import App, Desired

log = structlog.get_logger()

Resync = Callable[[Registration, str], Awaitable[None]]
"""Asks for a look at everything that a registration watches, and says why: `created`, `recreated`,
`replaced`, or what Graph said. A subscription comes first, then the look: so there is no gap."""

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class GraphSubscriptions(Protocol):
    """The family of calls below `/subscriptions` that the keeper needs."""

    async def create(
        self, wish: NewSubscription, *, permission: str | None = None
    ) -> Subscription: ...
    async def get(self, subscription: str) -> Subscription: ...
    def list(self) -> AsyncIterator[Subscription]: ...
    async def renew(self, subscription: str, *, until: datetime) -> Subscription: ...
    async def delete(self, subscription: str) -> None: ...


class Keys(Protocol):
    """Where the keys for rich notifications come from."""

    async def current(self) -> EncryptionKey: ...
    async def all(self) -> list[EncryptionKey]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Carries out actions for one tenant."""

    app: App
    graph: GraphSubscriptions
    registrations: Registrations
    client_states: ClientStates
    keys: Keys
    addresses: Addresses
    resync: Resync
    clock: Callable[[], datetime]

    async def carry_out(self, action: Action, *, fence: int) -> None:
        """Does what *action* says. Raises GraphError, LeaseLost and QueueUnavailable."""
        work = _Work(self, fence)
        match action:
            case Leave():
                return
            case Create(desired=desired, pending=pending, lost=lost):
                made = await work.create(desired, pending=pending)
                await work.look_over(made, lost)
            case Renew():
                await work.renew(action)
            case Replace(desired=desired, registration=registration):
                await work.create(desired, instead_of=registration)
                await work.delete(registration)
            case Delete(registration=registration):
                await work.delete(registration)
            case Forget(registration=registration):
                await self.registrations.remove(registration.id, fence=fence)
            case _:
                assert_never(action)
        did, resource = type(action).__name__.lower(), _resource(action)
        log.info("keeper.acted", action=did, resource=resource, reason=action.reason)


def _resource(action: Action) -> str:
    return (action.desired if isinstance(action, Create) else action.registration).resource


@dataclass(frozen=True, slots=True)
class _Work:
    """One action at work, under the fence of this keeper."""

    means: Carrier
    fence: int

    async def create(
        self,
        desired: Desired,
        *,
        pending: Registration | None = None,
        instead_of: Registration | None = None,
    ) -> Registration:
        """A new subscription, under the *pending* record where there is one."""
        key = await self.means.keys.current() if desired.rich else None
        id_ = pending.id if pending else uuid4().hex
        registration = desired.register(id_, now=self.means.clock(), key_id=key.id if key else None)
        await self._put(registration)
        ask = self._ask(registration, desired, key)
        offer = offer_of(desired.resource)
        permission = offer.permission if offer else None
        try:
            made = await self.means.graph.create(ask, permission=permission)
        except Conflict as error:
            found = await self._make_way(registration, instead_of, error)
            if found is not None:
                return found
            made = await self.means.graph.create(ask, permission=permission)
            await self.means.resync(registration, "replaced")
        registration = held(registration, made)
        await self._put(registration)
        return registration

    async def look_over(self, made: Registration, lost: Registration | None) -> None:
        """What is there is to be read, and what a *lost* one missed is to be found."""
        if lost is not None:
            await self._retire(lost, unless=made)
        await self.means.resync(made, "recreated" if lost else "created")

    async def renew(self, action: Renew) -> None:
        """A later end, which reauthorizes as well; where the subscription is gone, a new one."""
        registration = action.registration
        try:
            id_ = registration.subscription_id or ""
            made = await self.means.graph.renew(id_, until=action.until)
        except NotFound:
            await self.look_over(await self.create(action.desired), registration)
            return
        renewed_at = milliseconds(self.means.clock())
        await self._put(msgspec.structs.replace(held(registration, made), renewed_at=renewed_at))

    async def delete(self, registration: Registration) -> None:
        """The end of a subscription. Recorded first, so that a crash between leaves it to us."""
        await self._retire(registration)
        if registration.subscription_id is not None:
            await self.means.graph.delete(registration.subscription_id)

    async def _retire(
        self, registration: Registration, *, unless: Registration | None = None
    ) -> None:
        """Marks the record as replaced, except where it holds another subscription by now."""
        if unless is not None and unless.id == registration.id:
            return
        record = await self.means.registrations.get(registration.id)
        if record is None or record.replaced_at is not None:
            return
        if record.subscription_id in (None, registration.subscription_id):
            now = milliseconds(self.means.clock())
            await self._put(msgspec.structs.replace(record, replaced_at=now))

    async def _make_way(
        self, registration: Registration, instead_of: Registration | None, error: Conflict
    ) -> Registration | None:
        """Ours that stands in the way: adopted, or removed (None) where it was to be replaced.

        Raises Conflict, with the ids, where what stands there does not prove to be ours.
        """
        blockers = await self._blockers(registration, error)
        for blocker in blockers:
            id_ = self.means.client_states.proven(blocker.client_state)
            if instead_of and (blocker.id == instead_of.subscription_id or id_ == instead_of.id):
                await self.delete(msgspec.structs.replace(instead_of, subscription_id=blocker.id))
                return None
            if id_ is not None and (adopted := await self._adopt(blocker, id_)) is not None:
                await self._retire(registration, unless=adopted)
                return adopted
        ids = ", ".join(blocker.id for blocker in blockers) or "unknown"
        raise Conflict(
            f"{error} (in the way: {ids})",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
        ) from error

    async def _blockers(self, registration: Registration, error: Conflict) -> list[Subscription]:
        """What Graph may mean by a conflict, with clientState: named in its text, else listed."""
        ids = _GUID.findall(str(error))
        if not ids:
            asked = asked_resource(registration).strip("/").lower()
            ids = [
                item.id
                async for item in self.means.graph.list()
                if item.resource.strip("/").lower() == asked
            ]
        found = []
        for id_ in ids:
            try:
                found.append(await self.means.graph.get(id_))
            except NotFound:
                continue
        return found

    async def _adopt(self, subscription: Subscription, id_: str) -> Registration | None:
        record = await self.means.registrations.get(id_)
        now = self.means.clock()
        record = record or recovered(subscription, id_, now=now, app=self.means.app)
        if record is None:
            return None
        adopted = msgspec.structs.replace(held(record, subscription), replaced_at=None)
        await self._put(adopted)
        return adopted

    async def _put(self, registration: Registration) -> None:
        await self.means.registrations.put(registration, fence=self.fence)

    def _ask(
        self, registration: Registration, desired: Desired, key: EncryptionKey | None
    ) -> NewSubscription:
        return NewSubscription(
            resource=asked_resource(registration),
            change_type=",".join(registration.change_types),
            notification_url=self.means.addresses.notifications,
            lifecycle_notification_url=self.means.addresses.lifecycle,
            expiration_date_time=self.means.clock() + desired.lifetime,
            client_state=self.means.client_states.make(registration.id),
            include_resource_data=key is not None,
            encryption_certificate=key.certificate if key else None,
            encryption_certificate_id=key.id if key else None,
        )
