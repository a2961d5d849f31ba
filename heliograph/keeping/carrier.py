"""Carries out a plan's actions for one tenant: the calls of Graph, and the records around them.

A registration is stored before Graph is asked, so that a notification which overtakes the answer
is known. What Graph refuses goes up as GraphError; a lost lease stops everything as LeaseLost.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never
from uuid import uuid4

import msgspec
import structlog

from heliograph.client_state import ClientStates
from heliograph.encryption_keys import EncryptionKey
from heliograph.errors import Conflict, GraphError, Invalid, NotFound
from heliograph.graph.subscriptions import NewSubscription, Subscription
from heliograph.keeping.conflicts import Conflicts
from heliograph.keeping.mirror import Mirror
from heliograph.keeping.records import Records
from heliograph.keeping.troubles import Addresses
from heliograph.offers import offer_of
from heliograph.planning.actions import (
    Action,
    Adopt,
    Create,
    Delete,
    Forget,
    Hold,
    Leave,
    Rekey,
    Renew,
    Replace,
    TakeOver,
)
from heliograph.planning.inventory import held
from heliograph.planning.wishes import App, Desired
from heliograph.subscriptions import Registration, milliseconds

log = structlog.get_logger()

Resync = Callable[[Registration, str], Awaitable[None]]
"""Asks for a look at everything that a registration watches, and says why: `created`, `recreated`,
`replaced`, or what Graph said. A subscription comes first, then the look: so there is no gap."""


class Keys(Protocol):
    """Where the keys for rich notifications come from."""

    async def current(self) -> EncryptionKey: ...
    async def all(self) -> list[EncryptionKey]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Carries out actions for one tenant."""

    app: App
    graph: Mirror
    records: Records
    client_states: ClientStates
    keys: Keys
    addresses: Addresses
    resync: Resync
    clock: Callable[[], datetime]

    async def carry_out(self, action: Action) -> None:
        """Does what *action* says. Raises GraphError, LeaseLost and QueueUnavailable."""
        match action:
            case Leave() | Hold():
                return
            case Create(desired=desired, pending=pending, lost=lost):
                made = await self._create(desired, pending=pending)
                await self._look_over(made, lost)
            case TakeOver(desired=desired, subscription_id=id_):
                await self.graph.delete(id_)
                await self._look_over(await self._create(desired), None)
            case Adopt(registration=registration):
                await self.records.put(registration)
            case Renew():
                (error,) = await self.renew([action])
                if error is not None:
                    raise error
                return
            case Replace():
                await self._replace(action)
            case Delete(registration=registration):
                await self._delete(registration)
            case Forget(registration=registration):
                await self.records.remove([registration.id])
            case _:
                assert_never(action)
        _tell(action)

    async def renew(self, actions: Sequence[Renew]) -> list[GraphError | None]:
        """Later ends, which reauthorize as well, in one call for 20; an error for each, or None.

        Where a subscription is gone, a new one is made. Raises LeaseLost and QueueUnavailable.
        """
        ends = {action.registration.subscription_id or "": action.until for action in actions}
        outcomes = await self.graph.renew_many(ends)
        made = {id_: found for id_, found in outcomes.items() if isinstance(found, Subscription)}

        def renewed(registration: Registration) -> Registration:
            found = held(registration, made[registration.subscription_id or ""])
            return msgspec.structs.replace(found, renewed_at=milliseconds(self.clock()))

        done = [a for a in actions if a.registration.subscription_id in made]
        await self.records.update([action.registration for action in done], renewed)
        for action in done:
            _tell(action)
        return [
            await self._made_again(action, outcomes[action.registration.subscription_id or ""])
            for action in actions
        ]

    async def _made_again(
        self, action: Renew, outcome: Subscription | GraphError
    ) -> GraphError | None:
        """What still stands against the renewal, after a lost subscription was made again."""
        if not isinstance(outcome, NotFound):
            return outcome if isinstance(outcome, GraphError) else None
        try:
            made = await self._create(action.desired)
            await self._look_over(made, action.registration)
        except GraphError as error:
            return error
        return None

    async def _create(
        self,
        desired: Desired,
        *,
        pending: Registration | None = None,
        instead_of: Registration | None = None,
    ) -> Registration:
        """A new subscription, under the *pending* record where there is one."""
        key = await self.keys.current() if desired.rich else None
        id_ = pending.id if pending else uuid4().hex
        wanted = desired.register(id_, now=self.clock(), key_id=key.id if key else None)
        wanted = msgspec.structs.replace(wanted, proof_id=self.client_states.newest)
        await self.records.put(wanted)
        offer = offer_of(desired.resource)
        permission = offer.permission if offer else None
        ask = self._ask(wanted, desired, key)
        try:
            made = await self.graph.create(ask, permission=permission)
        except Conflict as error:
            adopted = await self._conflicts.make_way(wanted, desired, instead_of, error)
            if adopted is not None:
                return adopted
            made = await self.graph.create(ask, permission=permission)
            await self.resync(wanted, "replaced")
        registration = held(wanted, made)
        await self.records.put(registration)
        return registration

    async def _look_over(self, made: Registration, lost: Registration | None) -> None:
        """What is there is to be read, and what a *lost* one missed is to be found."""
        if lost is not None and lost.id != made.id:
            await self._retire(lost)
        await self.resync(made, "recreated" if lost else "created")

    async def _replace(self, action: Replace) -> None:
        if isinstance(action, Rekey) and await self._rekey(action):
            return
        if action.delete_first:
            await self._delete(action.registration)
            made = await self._create(action.desired)
            await self.resync(made, "replaced")
        else:
            await self._create(action.desired, instead_of=action.registration)
            await self._delete(action.registration)

    async def _rekey(self, action: Rekey) -> bool:
        """Whether Graph encrypts for the newest key now, without another subscription.

        Graph says nowhere that PATCH takes a certificate, so what it has afterwards is looked at.
        """
        key, id_ = await self.keys.current(), action.registration.subscription_id or ""
        try:
            found = await self.graph.rekey(id_, key, until=action.until)
        except NotFound:
            await self._look_over(await self._create(action.desired), action.registration)
            return True
        except Invalid:
            return False
        now = milliseconds(self.clock())
        is_taken = found.encryption_certificate_id == key.id

        def moved(registration: Registration) -> Registration:
            registration = msgspec.structs.replace(held(registration, found), renewed_at=now)
            return (
                msgspec.structs.replace(registration, key_id=key.id) if is_taken else registration
            )

        await self.records.update([action.registration], moved)
        if not is_taken:
            log.info("keeper.certificate_kept", resource=action.resource, subscription_id=id_)
        return is_taken

    async def _delete(self, registration: Registration) -> None:
        """The end of a subscription. Recorded first, so that a crash between leaves it to us."""
        await self._retire(registration)
        if registration.subscription_id is not None:
            await self.graph.delete(registration.subscription_id)

    async def _retire(self, registration: Registration) -> None:
        """Marks the record as replaced, except where it holds another subscription by now."""
        record = self.records.get(registration.id) or registration
        if record.replaced_at is None and record.subscription_id in {
            None,
            registration.subscription_id,
        }:
            now = milliseconds(self.clock())
            await self.records.put(msgspec.structs.replace(record, replaced_at=now))

    @property
    def _conflicts(self) -> Conflicts:
        return Conflicts(
            app=self.app,
            graph=self.graph,
            records=self.records,
            client_states=self.client_states,
            clock=self.clock,
        )

    def _ask(
        self, registration: Registration, desired: Desired, key: EncryptionKey | None
    ) -> NewSubscription:
        return NewSubscription(
            resource=desired.asked_resource,
            change_type=",".join(registration.change_types),
            notification_url=self.addresses.notifications,
            lifecycle_notification_url=self.addresses.lifecycle,
            expiration_date_time=self.clock() + desired.lifetime,
            client_state=self.client_states.make(registration.id),
            include_resource_data=key is not None,
            encryption_certificate=key.certificate if key else None,
            encryption_certificate_id=key.id if key else None,
        )


def _tell(action: Action) -> None:
    did = type(action).__name__.lower()
    log.info("keeper.acted", action=did, resource=action.resource, reason=action.reason)
