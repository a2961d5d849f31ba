"""The subscriptions that the configuration asks for, one for each resource.

Pure: who the users of a group or a filter are is found elsewhere, and handed in. What Graph grants
stands in `offers`; asked for is a little less.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from heliograph.errors import SettingsInvalid
from heliograph.offers import SHORTEST_LIFE, Offer, offer_of
from heliograph.resources import from_subscription
from heliograph.settings import Audience, GroupMembers, SubscriptionWish
from heliograph.subscriptions import Registration, asked_resource, milliseconds

MANY_GROUPS = 10
"""More groups than this are watched by one subscription to all: Graph grants an app but 100."""

# Rich content must tell the order of two states and, for mail, the folder: no wish need say so.
_ALWAYS_SELECTED = {
    "messages": ("lastModifiedDateTime", "changeKey", "parentFolderId"),
    "events": ("lastModifiedDateTime", "changeKey"),
    "contacts": ("lastModifiedDateTime", "changeKey"),
}

Found = Mapping[tuple[str, Audience], Sequence[str]]
"""The users of each audience, by the name of its tenant: ids, where the directory was asked."""


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
    filter: str = ""
    lifetime: timedelta
    take_over: bool = False

    @property
    def asked_resource(self) -> str:
        """The path that Graph is asked for."""
        return asked_resource(self.resource, self.select, self.filter)

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
            filter=self.filter,
            key_id=key_id,
            created_at=milliseconds(now),
        )


def expand(
    wishes: Iterable[SubscriptionWish],
    tenants: Mapping[str, App],
    found: Found = MappingProxyType({}),
) -> list[Desired]:
    """The *wishes*, one for each resource and user.

    Of several that Graph would take for the same, the first stands. *found* holds the users of each
    audience that is no list. Raises SettingsInvalid for a resource that is none.
    """
    desired: dict[tuple[str, str, str, frozenset[str]], Desired] = {}
    for wish in wishes:
        offer = _offer(wish.resource)
        for resource in _resources(wish, found):
            one = _desired(wish, offer, resource, tenants[wish.tenant])
            key = (one.tenant_id, resource.lower(), one.filter, frozenset(one.change_types))
            desired.setdefault(key, one)
    return list(desired.values())


def with_sources(wishes: Iterable[SubscriptionWish]) -> list[SubscriptionWish]:
    """*wishes*, and what must be watched to know who their users are, where none of them does."""
    wishes = list(wishes)
    watched = {
        (wish.tenant, wish.resource.strip("/").lower())
        for wish in wishes
        if "updated" in wish.change_types
    }
    sources = [(wish.tenant, source(wish.for_each)) for wish in wishes]
    counts = Counter(tenant for tenant, needed in set(sources) if needed.startswith("groups/"))
    for tenant, needed in dict.fromkeys(sources):
        kind = needed.partition("/")[0]
        if not needed or {(tenant, kind), (tenant, needed)} & watched:
            continue
        resource = kind if counts[tenant] > MANY_GROUPS else needed
        watched.add((tenant, resource))
        wishes.append(
            SubscriptionWish(tenant=tenant, resource=resource, change_types=("updated", "deleted"))
        )
    return wishes


def source(audience: Audience) -> str:
    """What tells when *audience* has changed: `users` or `groups/<id>`; empty for a list."""
    if isinstance(audience, tuple):
        return ""
    return f"groups/{audience.group}" if isinstance(audience, GroupMembers) else "users"


def _offer(resource: str) -> Offer:
    offer = offer_of(resource)
    if offer is None or not offer.is_observed:
        expected = "a resource that can be watched"
        raise SettingsInvalid(
            [f"subscriptions.resource: expected {expected}, got {resource[:200]!r}"]
        )
    return offer


def _resources(wish: SubscriptionWish, found: Found) -> Iterator[str]:
    resource = wish.resource.strip("/")
    if "{id}" not in resource:
        yield resource
        return
    audience = wish.for_each
    for user in audience if isinstance(audience, tuple) else found[wish.tenant, audience]:
        yield resource.replace("{id}", user)


def _desired(wish: SubscriptionWish, offer: Offer, resource: str, app: App) -> Desired:
    most = offer.asked_rich if wish.rich else offer.asked
    return Desired(
        tenant_id=app.tenant_id,
        client_id=app.client_id,
        resource=resource,
        kind=offer.kind,
        owner=from_subscription(resource).owner,
        change_types=tuple(sorted({word.lower() for word in wish.change_types})),
        rich=wish.rich,
        select=_selected(offer.kind, wish.select) if wish.rich else (),
        filter=wish.filter,
        lifetime=max(SHORTEST_LIFE, min(wish.lifetime or most, most)),
        take_over=wish.take_over,
    )


def _selected(kind: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The properties in *wanted*, and those that observing needs; Graph's names have no case."""
    names: dict[str, str] = {}
    for name in (*wanted, *_ALWAYS_SELECTED.get(kind, ())):
        names.setdefault(name.lower(), name)
    return tuple(names.values())
