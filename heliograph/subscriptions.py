"""What Heliograph knows of its subscriptions, and which ones the configuration asks for.

Pure: what Graph has is an argument. Ours is what we recorded, or what proved itself by its
clientState. What must happen so that Graph agrees with the wishes is decided in `planning`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

REPLACED_STAYS = timedelta(hours=5)
"""Graph repeats a notification for 4 hours, so a replaced registration is known a while longer."""

SHORTEST_LIFE = timedelta(minutes=45)
"""Graph silently raises whatever is shorter."""

# kind: what to ask for (basic, rich), a little under the maximum (change-notifications.md, 2.1)
_MAILBOX = timedelta(minutes=10_000), timedelta(minutes=1_400)
_DIRECTORY = timedelta(days=28), timedelta(days=28)
_LIVES = {
    "users": _DIRECTORY,
    "groups": _DIRECTORY,
    "messages": _MAILBOX,
    "events": _MAILBOX,
    "contacts": _MAILBOX,
}
_OTHER = timedelta(minutes=60), timedelta(minutes=60)  # the least of all maxima (2.3)

# Rich content must tell the order of two states and, for mail, the folder; no wish needs to say so.
_ALWAYS_SELECTED = {
    "messages": ("lastModifiedDateTime", "changeKey", "parentFolderId"),
    "events": ("lastModifiedDateTime", "changeKey"),
    "contacts": ("lastModifiedDateTime", "changeKey"),
}


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Heliograph knows of one subscription of its own. Stored before Graph is asked.

    Times are milliseconds since 1970. *owner* is the user of a mailbox resource as the wish names
    him, an id or a UPN. *resource* has no query. A replaced registration stays valid for 5 hours.
    """

    id: str
    tenant_id: str
    client_id: str
    resource: str
    kind: str
    owner: str | None = None
    change_types: tuple[str, ...] = ()
    rich: bool = False
    select: tuple[str, ...] = ()
    key_id: str | None = None
    subscription_id: str | None = None
    expires_at: int | None = None
    created_at: int = 0
    renewed_at: int | None = None
    replaced_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A wish for one resource of one tenant. *resource* is a path without a query."""

    tenant_id: str
    client_id: str
    resource: str
    kind: str
    owner: str | None = None
    change_types: tuple[str, ...]
    rich: bool = False
    select: tuple[str, ...] = ()
    lifetime: timedelta

    def register(self, id_: str, *, now: datetime, key_id: str | None = None) -> Registration:
        """The registration under which Graph is asked for this."""
        return Registration(
            id=id_,
            tenant_id=self.tenant_id,
            client_id=self.client_id,
            resource=self.resource,
            kind=self.kind,
            owner=self.owner,
            change_types=self.change_types,
            rich=self.rich,
            select=self.select,
            key_id=key_id,
            created_at=milliseconds(now),
        )


class Wish(Protocol):
    """An entry of the configuration."""

    @property
    def tenant(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def change_types(self) -> tuple[str, ...]: ...
    @property
    def rich(self) -> bool: ...
    @property
    def select(self) -> tuple[str, ...]: ...
    @property
    def for_each(self) -> tuple[str, ...]: ...
    @property
    def lifetime(self) -> timedelta | None: ...


class App(Protocol):
    """The app registration in a tenant that a subscription belongs to."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def client_id(self) -> str: ...


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
    def expiration_date_time(self) -> datetime: ...
    @property
    def encryption_certificate_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """A subscription of ours: what is recorded of it, and what Graph has of it, if anything."""

    registration: Registration
    subscription: Subscription | None = None


def expand(wishes: Iterable[Wish], tenants: Mapping[str, App]) -> list[Desired]:
    """The *wishes*, one for each resource; `{id}` stands for each user of a wish's list.

    A wish that says the same as one before it adds nothing.
    """
    found = (
        _desired(wish, resource, tenants[wish.tenant])
        for wish in wishes
        for resource in _resources(wish)
    )
    return list(dict.fromkeys(found))


def kind_and_owner(resource: str) -> tuple[str, str | None]:
    """What a *resource* path leads to, and the user whose mailbox holds it, where there is one.

    `users`, `users/{id}` and `groups/{id}/members` are directory objects and have no owner.
    """
    path = resource.partition("?")[0].strip("/")
    segments = re.sub(r"\('([^')]*)'\)", r"/\1", path).split("/")
    match segments:
        case ["users", owner, *_, kind]:
            return kind, owner
        case ["users" | "groups" as kind, *_]:
            return kind, None
        case _:
            return segments[-1], None


def asked_resource(registration: Registration) -> str:
    """The path that Graph is asked for: with `$select` where the content is to be sent along."""
    if not registration.select:
        return registration.resource
    return f"{registration.resource}?$select={','.join(registration.select)}"


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
    by_subscription = {r.subscription_id: r.id for r in known.values() if r.subscription_id}
    ours = {
        subscription.id: (id_, subscription)
        for subscription in listed
        if (id_ := by_subscription.get(subscription.id) or proven.get(subscription.id))
    }
    holders = {r.id: r.subscription_id for r in known.values() if r.subscription_id in ours}
    found = []
    for id_, subscription in ours.values():
        is_holder = holders.setdefault(id_, subscription.id) == subscription.id
        if id_ not in known:
            known[id_] = _recovered(subscription, id_, now, app)
        record = msgspec.structs.replace(
            known[id_],
            subscription_id=subscription.id,
            expires_at=milliseconds(subscription.expiration_date_time),
            replaced_at=known[id_].replaced_at if is_holder else milliseconds(now),
        )
        found.append(Actual(registration=record, subscription=subscription))
    return found + [Actual(registration=r) for r in known.values() if r.id not in holders]


def moment(milliseconds_: int) -> datetime:
    """The time that a record means."""
    return datetime.fromtimestamp(milliseconds_ / 1000, UTC)


def milliseconds(time: datetime) -> int:
    """*time* as a record holds it."""
    return round(time.timestamp() * 1000)


def _resources(wish: Wish) -> Iterator[str]:
    resource = wish.resource.strip("/")
    if "{id}" not in resource:
        yield resource
        return
    for user in wish.for_each:
        yield resource.replace("{id}", user)


def _desired(wish: Wish, resource: str, app: App) -> Desired:
    kind, owner = kind_and_owner(resource)
    return Desired(
        tenant_id=app.tenant_id,
        client_id=app.client_id,
        resource=resource,
        kind=kind,
        owner=owner,
        change_types=tuple(sorted({word.lower() for word in wish.change_types})),
        rich=wish.rich,
        select=_selected(kind, wish.select) if wish.rich else (),
        lifetime=_lifetime(kind, wish),
    )


def _selected(kind: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The properties in *wanted*, and those that observing needs; Graph's names have no case."""
    names: dict[str, str] = {}
    for name in (*wanted, *_ALWAYS_SELECTED.get(kind, ())):
        names.setdefault(name.lower(), name)
    return tuple(names.values())


def _lifetime(kind: str, wish: Wish) -> timedelta:
    most = _LIVES.get(kind, _OTHER)[wish.rich]
    return max(SHORTEST_LIFE, min(wish.lifetime or most, most))


def _recovered(subscription: Subscription, id_: str, now: datetime, app: App) -> Registration:
    resource, _, query = subscription.resource.strip("/").partition("?")
    kind, owner = kind_and_owner(resource)
    select = re.search(r"\$select=([^&]*)", query)
    return Registration(
        id=id_,
        tenant_id=app.tenant_id,
        client_id=app.client_id,
        resource=resource,
        kind=kind,
        owner=owner,
        change_types=tuple(sorted(w.strip().lower() for w in subscription.change_type.split(","))),
        rich=bool(subscription.encryption_certificate_id),
        select=tuple(select[1].split(",")) if select else (),
        key_id=subscription.encryption_certificate_id or None,
        created_at=milliseconds(now),
    )
