"""Which of Graph's subscriptions are ours, and what is recorded of them.

Pure. Ours is what we recorded, or what proved itself by its clientState; nothing else is looked at
any further, as it may belong to another deployment with the same app registration.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import unquote

import msgspec

from heliograph.planning.wishes import App
from heliograph.resources import from_subscription
from heliograph.subscriptions import Registration, milliseconds


class Subscription(Protocol):
    """A subscription as Graph lists it; the entity of the Graph client is one."""

    @property
    def id(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def change_type(self) -> str: ...
    @property
    def notification_url(self) -> str | None: ...
    @property
    def expiration_date_time(self) -> datetime | None: ...
    @property
    def encryption_certificate_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """A subscription of ours: what is recorded of it, and what Graph has of it, if anything."""

    registration: Registration
    subscription: Subscription | None = None
    is_recorded: bool = True
    """False where the record was lost, or says nothing of the subscription."""

    def is_alive(self, now: datetime) -> bool:
        """Whether Graph has it at *now*, as far as is known."""
        if self.subscription is None:
            return False
        expires = self.subscription.expiration_date_time
        return expires is None or expires > now


def join(
    registrations: Iterable[Registration],
    listed: Iterable[Subscription],
    proven: Mapping[str, str],
    *,
    now: datetime,
    app: App,
) -> list[Actual]:
    """What is ours of the subscriptions that *app* has in Graph, and what is only recorded.

    *proven* names the registration id that a subscription id has proved. Such a one gets its record
    back where that was lost; one that exists beside the recorded one counts as replaced.
    """
    known = {registration.id: registration for registration in registrations}
    recorded = frozenset(known)
    ours = _ours(known.values(), listed, proven)
    holders = {r.id: r.subscription_id for r in known.values() if r.subscription_id in ours}
    found = []
    for id_, subscription in ours.values():
        is_holder = holders.setdefault(id_, subscription.id) == subscription.id
        record = known.get(id_) or recovered(subscription, id_, now=now, app=app)
        if record is None:
            continue
        is_recorded = id_ in recorded and record.subscription_id == subscription.id
        known[id_] = record
        record = held(record, subscription)
        if not is_holder:
            record = msgspec.structs.replace(record, replaced_at=milliseconds(now))
        found.append(
            Actual(registration=record, subscription=subscription, is_recorded=is_recorded)
        )
    return found + [Actual(registration=r) for r in known.values() if r.id not in holders]


def held(registration: Registration, subscription: Subscription) -> Registration:
    """*registration* with the id and the end of its *subscription*, as Graph tells them."""
    expires = subscription.expiration_date_time
    expires_at = registration.expires_at if expires is None else milliseconds(expires)
    if (registration.subscription_id, registration.expires_at) == (subscription.id, expires_at):
        return registration
    return msgspec.structs.replace(
        registration, subscription_id=subscription.id, expires_at=expires_at
    )


def recovered(
    subscription: Subscription, id_: str, *, now: datetime, app: App
) -> Registration | None:
    """The lost record of a *subscription* that proved *id_*; None for a path we know nothing of."""
    resource, _, query = subscription.resource.strip("/").partition("?")
    try:
        watched = from_subscription(resource)
    except ValueError:
        return None
    options = {name: unquote(value) for name, _, value in _options(query)}
    return Registration(
        id=id_,
        tenant_id=app.tenant_id,
        client_id=app.client_id,
        resource=resource,
        kind=watched.kind,
        owner=watched.owner,
        change_types=tuple(sorted(w.strip().lower() for w in subscription.change_type.split(","))),
        rich=bool(subscription.encryption_certificate_id),
        select=tuple(filter(None, options.get("$select", "").split(","))),
        filter=options.get("$filter", ""),
        key_id=subscription.encryption_certificate_id or None,
        created_at=milliseconds(now),
    )


def _options(query: str) -> Iterator[tuple[str, str, str]]:
    return (part.partition("=") for part in query.split("&"))


def _ours(
    registrations: Iterable[Registration],
    listed: Iterable[Subscription],
    proven: Mapping[str, str],
) -> dict[str, tuple[str, Subscription]]:
    """By subscription id: the registration id, and the subscription."""
    recorded = {r.subscription_id: r.id for r in registrations if r.subscription_id}
    return {
        subscription.id: (id_, subscription)
        for subscription in listed
        if (id_ := recorded.get(subscription.id) or proven.get(subscription.id))
    }
