"""The subscriptions that the configuration asks for, one for each resource.

Pure. The limits are those of change-notifications.md, section 2.1; asked for is a little less.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from heliograph.errors import SettingsInvalid
from heliograph.resources import from_subscription
from heliograph.subscriptions import Registration, milliseconds

SHORTEST_LIFE = timedelta(minutes=45)
"""Graph silently raises whatever is shorter."""

# kind: the life to ask for, basic and rich
_MAILBOX = timedelta(minutes=10_000), timedelta(minutes=1_400)
_DIRECTORY = timedelta(days=28), timedelta(days=28)
_LIVES = {
    "users": _DIRECTORY,
    "groups": _DIRECTORY,
    "messages": _MAILBOX,
    "events": _MAILBOX,
    "contacts": _MAILBOX,
    "tasks": (timedelta(minutes=4_200), timedelta(minutes=4_200)),
}

# Rich content must tell the order of two states and, for mail, the folder: no wish need say so.
_ALWAYS_SELECTED = {
    "messages": ("lastModifiedDateTime", "changeKey", "parentFolderId"),
    "events": ("lastModifiedDateTime", "changeKey"),
    "contacts": ("lastModifiedDateTime", "changeKey"),
}


class Wish(Protocol):
    """An entry of the configuration. `{id}` in *resource* stands for each user of *for_each*."""

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
    """The app registration in a tenant that subscriptions belong to."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def client_id(self) -> str: ...


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


def expand(wishes: Iterable[Wish], tenants: Mapping[str, App]) -> list[Desired]:
    """The *wishes*, one for each resource; one that says the same as one before adds nothing.

    Raises SettingsInvalid for a resource that is none.
    """
    found = (
        _desired(wish, resource, tenants[wish.tenant])
        for wish in wishes
        for resource in _resources(wish)
    )
    return list(dict.fromkeys(found))


def _resources(wish: Wish) -> Iterator[str]:
    resource = wish.resource.strip("/")
    if "{id}" not in resource:
        yield resource
        return
    for user in wish.for_each:
        yield resource.replace("{id}", user)


def _desired(wish: Wish, resource: str, app: App) -> Desired:
    try:
        watched = from_subscription(resource)
    except ValueError as error:
        raise SettingsInvalid(
            [f"subscriptions.resource: {error}, got {resource[:200]!r}"]
        ) from None
    return Desired(
        tenant_id=app.tenant_id,
        client_id=app.client_id,
        resource=resource,
        kind=watched.kind,
        owner=watched.owner,
        change_types=tuple(sorted({word.lower() for word in wish.change_types})),
        rich=wish.rich,
        select=_selected(watched.kind, wish.select) if wish.rich else (),
        lifetime=_lifetime(watched.kind, wish),
    )


def _selected(kind: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The properties in *wanted*, and those that observing needs; Graph's names have no case."""
    names: dict[str, str] = {}
    for name in (*wanted, *_ALWAYS_SELECTED.get(kind, ())):
        names.setdefault(name.lower(), name)
    return tuple(names.values())


def _lifetime(kind: str, wish: Wish) -> timedelta:
    most = _LIVES[kind][wish.rich]
    return max(SHORTEST_LIFE, min(wish.lifetime or most, most))
