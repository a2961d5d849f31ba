"""The subscriptions of the tenant, found by what they watch. Expired ones are not there."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from cryptography import x509

from heliograph.simulator.clock import Clock
from heliograph.simulator.notify.kinds import KINDS
from heliograph.simulator.notify.resources import Watched
from heliograph.simulator.permissions import held, is_delegated

Identity = tuple[str, frozenset[str], str, str]

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""The id of that role's template, in every tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The key that rich content is encrypted for, as the subscriber named it."""

    id: str
    text: str
    parsed: x509.Certificate


@dataclass(slots=True, kw_only=True)
class Subscription:
    """One subscription. What may change is the expiry, the URL, the certificate and the token.

    Its creator is a signed-in user where it is *delegated*, else the app's own principal.
    """

    id: str
    application_id: str
    creator_id: str
    is_delegated: bool
    tenant_id: str
    resource: str
    watched: Watched
    owner: str
    folder: str
    change_types: tuple[str, ...]
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime
    authorized_until: datetime | None
    is_rich: bool
    certificate: Certificate | None
    tls_version: str
    audience: str | None
    immutable_ids: bool
    challenged_at: datetime | None = None

    @property
    def place(self) -> tuple[str, str]:
        """What it is found by: the kind, and the mailbox, or the one object, or the tenant."""
        return self.watched.kind, self.owner or self.watched.target or self.tenant_id

    @property
    def shares(self) -> "tuple[Share, ...]":
        """What it takes its part of."""
        if not self.watched.facts.in_directory:
            return (Share(owner=self.owner),)
        app, tenant = self.application_id, self.tenant_id
        return Share(app=app, tenant=tenant), Share(tenant=tenant), Share(app=app)

    def is_seen_by(self, claims: Mapping[str, Any]) -> bool:
        """Whether a caller with these *claims* may know of it (1.3)."""
        app, who = str(claims["appid"]), str(claims["oid"])
        if self.tenant_id != claims["tid"]:
            return False
        if not is_delegated(claims):
            return self.application_id == app
        if "Subscription.Read.All" in held(claims):
            is_chief = GLOBAL_ADMINISTRATOR in claims.get("wids", ())
            return is_chief or self.creator_id == who
        return self.is_delegated and (self.application_id, self.creator_id) == (app, who)

    @property
    def identity(self) -> Identity:
        """What no two subscriptions of an app in a tenant may share."""
        resource, changes = self.resource.strip("/").lower(), frozenset(self.change_types)
        return resource, changes, self.application_id, self.tenant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Whose subscriptions are counted together: those to one mailbox; or, to the directory, those
    of an app in a tenant, of all apps in it, of an app in all tenants.
    """

    owner: str = ""
    app: str = ""
    tenant: str = ""


class Registry:
    """All subscriptions that have not run out."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._by_id: dict[str, Subscription] = {}
        self._entered: list[str] = []
        self._by_place: dict[tuple[str, str], dict[str, Subscription]] = {}
        self._identities: dict[Identity, str] = {}
        self._counts: Counter[Share] = Counter()

    def add(self, subscription: Subscription) -> None:
        """Enter a subscription."""
        self._by_id[subscription.id] = subscription
        self._entered.append(subscription.id)
        self._by_place.setdefault(subscription.place, {})[subscription.id] = subscription
        self._identities[subscription.identity] = subscription.id
        self._counts.update(subscription.shares)

    def remove(self, id_: str) -> Subscription | None:
        """Take a subscription out; None where there is none."""
        found = self._by_id.pop(id_, None)
        if found is not None:
            self._by_place[found.place].pop(id_, None)
            self._identities.pop(found.identity, None)
            self._counts.subtract(found.shares)
        return found

    def get(self, id_: str) -> Subscription | None:
        """The subscription with this id that has not run out."""
        found = self._by_id.get(id_.lower())
        return found if found is not None and self._lives(found) else None

    def lives(self, id_: str) -> bool:
        """Whether there is a subscription with this id that has not run out."""
        return self.get(id_) is not None

    def is_paused(self, id_: str) -> bool:
        """Whether what the subscription's creator may see is not known any more."""
        found = self._by_id.get(id_)
        until = None if found is None else found.authorized_until
        return until is not None and self.clock.now() >= until

    def __len__(self) -> int:
        """How many there are; some may have run out without being asked for since."""
        return len(self._by_id)

    def newest(self, most: int) -> list[Subscription]:
        """The newest, at *most* so many."""
        return list(islice(reversed(self._by_id.values()), most))

    def since(self, place: int) -> Iterator[tuple[int, Subscription]]:
        """Those from *place* on in the order of their entry, each with the place after its own."""
        for at in range(place, len(self._entered)):
            found = self.get(self._entered[at])
            if found is not None:
                yield at + 1, found

    def all(self) -> list[Subscription]:
        """Every subscription that has not run out, oldest first."""
        return [found for found in list(self._by_id.values()) if self._lives(found)]

    def twin(self, subscription: Subscription) -> Subscription | None:
        """One that asks for the same of the same resource."""
        id_ = self._identities.get(subscription.identity)
        return None if id_ is None else self.get(id_)

    def watching(self, kind: str, *, place: str, tenant: str) -> Iterator[Subscription]:
        """Those that watch the mailbox of the user *place*, or the object *place* of the directory
        or all like it.
        """
        if kind not in KINDS:
            return
        if kind not in KINDS:
            return
        names = (tenant, place) if KINDS[kind].in_directory else (place,)
        for name in names:
            for found in list(self._by_place.get((kind, name), {}).values()):
                if self._lives(found):
                    yield found

    def count(self, share: Share) -> int:
        """How many there are of *share*; some may have run out without being asked for since."""
        return self._counts[share]

    def _lives(self, subscription: Subscription) -> bool:
        if subscription.expires > self.clock.now():
            return True
        self.remove(subscription.id)
        return False
