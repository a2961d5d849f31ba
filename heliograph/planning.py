"""The plan that makes Graph's subscriptions agree with the wishes: actions, each with its reason.

Pure. A plan names only subscriptions that it was given as ours, and the keeper carries it out.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit
from zlib import crc32

from heliograph.inventory import Actual, Subscription
from heliograph.subscriptions import REPLACED_STAYS, Registration, moment
from heliograph.wishes import Desired

CHALLENGED_AGAIN_AFTER = timedelta(minutes=1)
"""A challenge that follows a renewal this closely was sent before it, or is forged."""

_EARLIEST = 0.4  # of a subscription's life; half at the latest (reliability.md, L28)
_LATEST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Make a subscription: under *pending*, which was recorded and never made, where there is one.

    *lost* is the registration of one that Graph had before; what it missed must be found.
    """

    desired: Desired
    reason: str
    pending: Registration | None = None
    lost: Registration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """Extend the subscription of *registration* to *until*; where it is gone, make it again."""

    desired: Desired
    registration: Registration
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Make a subscription, then remove the one of *registration*."""

    desired: Desired
    registration: Registration
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove the subscription of *registration*; the record stays until Graph repeats no more."""

    registration: Registration
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Remove the record of a subscription that was replaced long ago."""

    registration: Registration
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Nothing to do before *until*."""

    registration: Registration
    until: datetime
    reason: str


Action = Create | Renew | Replace | Delete | Forget | Leave


def spread(registration_id: str) -> float:
    """A number in [0, 1) that stays the same for a registration and differs between them."""
    return crc32(registration_id.encode()) / 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every subscription must agree with besides its wish; None stands for anything.

    *challenged* holds the ids of registrations whose renewal Graph has asked for.
    """

    notification_url: str | None = None
    key_ids: Collection[str] | None = None
    challenged: Collection[str] = ()
    jitter: Callable[[str], float] = spread


def plan(
    desired: Iterable[Desired],
    actual: Iterable[Actual],
    *,
    now: datetime,
    terms: Terms | None = None,
) -> list[Action]:
    """The calls that turn *actual* into *desired*, deletions last. Performs none of them."""
    actual, terms = list(actual), terms or Terms()
    spare = _Spare(item for item in actual if item.registration.replaced_at is None)
    actions: list[Action] = []
    unserved = []
    for aim, wish in {_aim(wish): wish for wish in desired}.items():
        if (item := spare.take(aim, now)) is None:
            unserved.append(wish)
        else:
            actions.append(_keep(wish, item, now, terms))
    actions += [_begin(wish, spare.take_near(wish, now)) for wish in unserved]
    actions += [Delete(registration=r, reason="nothing asks for it") for r in spare.rest()]
    actions += _clear(actual, now)
    return actions


def renewal_due(registration: Registration, expires: datetime, jitter: float) -> datetime:
    """When to renew: at half of the granted life, by *jitter* (0 to 1) up to a tenth earlier."""
    start = moment(registration.renewed_at or registration.created_at)
    life = max(expires - start, timedelta(0))
    return start + life * (_LATEST - (_LATEST - _EARLIEST) * jitter)


_Aim = tuple[str, str, str, frozenset[str], bool, frozenset[str]]
_Place = tuple[str, str, str]


def _aim(item: Desired | Registration) -> _Aim:
    return (
        item.tenant_id,
        item.client_id,
        item.resource,
        frozenset(item.change_types),
        item.rich,
        frozenset(item.select),
    )


class _Spare:
    """The live subscriptions that no wish has taken yet; the healthiest is taken first."""

    def __init__(self, actual: Iterable[Actual]) -> None:
        self._by_aim: dict[_Aim, list[Actual]] = defaultdict(list)
        for item in actual:
            self._by_aim[_aim(item.registration)].append(item)

    def take(self, aim: _Aim, now: datetime) -> Actual | None:
        """The best one that is exactly what *aim* says."""
        items = self._by_aim.get(aim)
        if not items:
            return None
        best = max(items, key=lambda item: _health(item, now)) if len(items) > 1 else items[0]
        items.remove(best)
        return best

    def take_near(self, wish: Desired, now: datetime) -> Actual | None:
        """One for the same resource, in a form that nothing asks for."""
        place = _aim(wish)[:3]
        near = (aim for aim in self._places.get(place, ()) if self._by_aim[aim])
        aim = next(near, None)
        return None if aim is None else self.take(aim, now)

    @cached_property
    def _places(self) -> dict[_Place, list[_Aim]]:
        places: dict[_Place, list[_Aim]] = defaultdict(list)
        for aim in self._by_aim:
            places[aim[:3]].append(aim)
        return places

    def rest(self) -> Iterator[Registration]:
        """What nobody has taken."""
        for items in self._by_aim.values():
            for item in items:
                yield item.registration


def _health(item: Actual, now: datetime) -> tuple[float, bool]:
    expires = item.subscription.expiration_date_time if item.subscription else None
    return ((expires or now) - now).total_seconds(), item.registration.subscription_id is not None


def _keep(wish: Desired, item: Actual, now: datetime, terms: Terms) -> Action:
    registration = item.registration
    if item.subscription is None and registration.subscription_id is None:
        return Create(desired=wish, pending=registration, reason="it was asked for and not made")
    if item.subscription is None:
        return Create(desired=wish, lost=registration, reason="Graph has it no longer")
    expires = item.subscription.expiration_date_time
    if expires is not None and expires <= now:
        return Create(desired=wish, lost=registration, reason="it has expired")
    if fault := _disagreement(registration, item.subscription, terms):
        return Replace(desired=wish, registration=registration, reason=fault)
    due = renewal_due(registration, expires or now, terms.jitter(registration.id))
    if reason := _why_renew(registration, due, now, terms):
        until = now + wish.lifetime
        return Renew(desired=wish, registration=registration, until=until, reason=reason)
    return Leave(registration=registration, until=due, reason="it is as it should be")


def _why_renew(
    registration: Registration, due: datetime, now: datetime, terms: Terms
) -> str | None:
    if due <= now:
        return "half of its life is over"
    renewed = moment(registration.renewed_at or registration.created_at)
    if registration.id in terms.challenged and now - renewed > CHALLENGED_AGAIN_AFTER:
        return "Graph asks for it"
    return None


def _disagreement(registration: Registration, actual: Subscription, terms: Terms) -> str | None:
    if registration.rich and terms.key_ids is not None and registration.key_id not in terms.key_ids:
        return "it encrypts for a key that we do not hold"
    url = terms.notification_url
    if url is not None and _address(actual.notification_url or "") != _address(url):
        return "it notifies another address"
    return None


def _address(url: str) -> tuple[str, str | None, int | None, str, str]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else None)
    return parts.scheme, parts.hostname, port, parts.path, parts.query


def _begin(wish: Desired, near: Actual | None) -> Action:
    if near is None:
        return Create(desired=wish, reason="the configuration asks for it")
    reason = "the configuration asks for another form of it"
    return Replace(desired=wish, registration=near.registration, reason=reason)


def _clear(actual: Iterable[Actual], now: datetime) -> Iterator[Action]:
    for item in actual:
        registration = item.registration
        if registration.replaced_at is None:
            continue
        if item.subscription is not None:
            yield Delete(registration=registration, reason="it has been replaced")
        elif now - moment(registration.replaced_at) > REPLACED_STAYS:
            yield Forget(registration=registration, reason="it was replaced over 5 hours ago")
