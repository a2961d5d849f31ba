"""The plan that makes Graph's subscriptions agree with the wishes.

Pure. A plan touches only subscriptions that it was given as ours, or was told to take over, and
asks for nothing that Graph's quotas forbid. The keeper carries it out.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zlib import crc32

from heliograph.planning.actions import (
    Action,
    Adopt,
    Create,
    Delete,
    Forget,
    Leave,
    Rekey,
    Renew,
    Replace,
    TakeOver,
)
from heliograph.planning.inventory import Actual, Subscription
from heliograph.planning.pairing import Spare
from heliograph.planning.quotas import Quotas
from heliograph.planning.wishes import Desired
from heliograph.subscriptions import REPLACED_STAYS, Registration, moment

CHALLENGED_AGAIN_AFTER = timedelta(minutes=1)
"""A challenge that follows a renewal this closely was sent before it, or is forged."""

IN_DANGER = timedelta(hours=2)
"""What ends sooner is renewed before anything else: at Graph's limits the rest may take as long."""

# Shares of a subscription's life (reliability.md, L28).
_EARLIEST = 0.4
_LATEST = 0.5
_AT_LEAST_LEFT = timedelta(minutes=15)
"""For what was adopted late in its life; at its shortest a life has more left at half."""


def spread(registration_id: str) -> float:
    """A number in [0, 1) that stays the same for a registration and differs between them."""
    return crc32(registration_id.encode()) / 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a plan must agree with besides the wishes; None stands for anything.

    Of *key_ids*, the keys that we hold, *newest_key_id* is the one to encrypt for.
    *proof_id* names the key that must have made each clientState, while root secrets rotate.
    *challenged* holds the ids of registrations whose renewal is asked for, *foreign* what Graph
    has of this app and is not ours, *given_up* the ids of those among it that may be removed.
    """

    notification_url: str | None = None
    key_ids: Collection[str] | None = None
    newest_key_id: str | None = None
    proof_id: str | None = None
    challenged: Collection[str] = ()
    foreign: Collection[Subscription] = ()
    given_up: Collection[str] = ()
    jitter: Callable[[str], float] = spread


def plan(
    desired: Iterable[Desired],
    actual: Iterable[Actual],
    *,
    now: datetime,
    terms: Terms | None = None,
) -> list[Action]:
    """The calls that turn *actual* into *desired*, the most urgent first, deletions last.

    Performs none of them. Two wishes that Graph would take for the same are a mistake.
    """
    actual, terms = list(actual), terms or Terms()
    spare = Spare(actual)
    quotas = Quotas(actual, terms.foreign, now=now)
    in_the_way = {_twin(item.resource, item.change_type): item.id for item in terms.foreign}
    todo: list[Action] = []
    leaves: list[Action] = []
    unserved = []
    for wish in desired:
        item = spare.take(wish, now)
        if item is None or not item.is_alive(now):
            unserved.append((wish, item))
            continue
        action = _keep(wish, item, now, terms)
        (leaves if isinstance(action, Leave) else todo).append(action)
    # What Graph takes for the same as a wish must make way for that one, and for no other.
    near = [spare.take_near(wish, now, is_twin=True) for wish, _ in unserved]
    for (wish, dead), twin in zip(unserved, near, strict=True):
        found = twin or spare.take_near(wish, now)
        action = _begin(wish, dead, found, in_the_way.get(_twin_of(wish)), terms)
        if dead is not None and not isinstance(action, Create):
            spare.give_back(dead)
        todo.append(action)
    todo.sort(key=lambda action: _urgency(action, now, terms))
    return [*map(quotas.admit, todo), *leaves, *_clear(spare.rest(), now)]


def renewal_due(registration: Registration, expires: datetime, jitter: float) -> datetime:
    """When to renew: at half of the granted life, by *jitter* (0 to 1) up to a tenth earlier."""
    start = moment(registration.renewed_at or registration.created_at)
    life = max(expires - start, timedelta(0))
    return min(start + life * (_LATEST - (_LATEST - _EARLIEST) * jitter), expires - _AT_LEAST_LEFT)


_Twin = tuple[str, frozenset[str]]


def _twin(resource: str, change_types: str) -> _Twin:
    """What no two subscriptions of an app may share."""
    words = (word.strip().lower() for word in change_types.split(","))
    return resource.strip("/").lower(), frozenset(words)


def _twin_of(wish: Desired) -> _Twin:
    return wish.asked_resource.strip("/").lower(), frozenset(wish.change_types)


def _keep(wish: Desired, item: Actual, now: datetime, terms: Terms) -> Action:
    registration, subscription = item.registration, item.subscription
    assert subscription is not None, "what lives is there"  # noqa: S101 (a mistake of ours)
    if fault := _disagreement(registration, subscription, terms):
        return Replace(desired=wish, registration=registration, reason=fault)
    if registration.rich and terms.newest_key_id not in {None, registration.key_id}:
        return Rekey(
            desired=wish,
            registration=registration,
            until=now + wish.lifetime,
            reason="it shall encrypt for the newest key",
        )
    expires = subscription.expiration_date_time or now
    due = renewal_due(registration, expires, terms.jitter(registration.id))
    if reason := _why_renew(registration, due, now, terms):
        return Renew(
            desired=wish,
            registration=registration,
            expires=expires,
            until=now + wish.lifetime,
            reason=reason,
        )
    if not item.is_recorded:
        return Adopt(registration=registration, reason="its clientState proves that it is ours")
    return Leave(registration=registration, until=due, reason="it is as it should be")


def _why_renew(
    registration: Registration, due: datetime, now: datetime, terms: Terms
) -> str | None:
    if due <= now:
        return "half of its life is over"
    if registration.id not in terms.challenged:
        return None
    renewed = moment(registration.renewed_at or registration.created_at)
    return "Graph asks for it" if now - renewed > CHALLENGED_AGAIN_AFTER else None


def _disagreement(registration: Registration, actual: Subscription, terms: Terms) -> str | None:
    if registration.rich and terms.key_ids is not None and registration.key_id not in terms.key_ids:
        return "it encrypts for a key that we do not hold"
    if terms.proof_id not in {None, registration.proof_id}:
        return "its clientState was made with the old root secret"
    url = terms.notification_url
    if url is not None and not _is_same_address(actual.notification_url or "", url):
        return "it notifies another address"
    return None


def _is_same_address(one: str, other: str) -> bool:
    return one == other or _address(one) == _address(other)


def _address(url: str) -> tuple[str, str | None, int | None, str, str]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else None)
    return parts.scheme, parts.hostname, port, parts.path, parts.query


def _begin(
    wish: Desired, dead: Actual | None, near: Actual | None, foreign: str | None, terms: Terms
) -> Action:
    if near is not None:
        reason = "the configuration asks for another form of it"
        return Replace(desired=wish, registration=near.registration, reason=reason)
    if foreign is not None and (wish.take_over or foreign in terms.given_up):
        reason = "another deployment's is in the way, and was given up"
        return TakeOver(desired=wish, subscription_id=foreign, reason=reason)
    if dead is not None:
        return _make_again(wish, dead, foreign)
    reason = "the configuration asks for it"
    if foreign is not None:
        reason += f"; Graph may refuse it, as {foreign} of another deployment is there"
    return Create(desired=wish, in_the_way=foreign, reason=reason)


def _make_again(wish: Desired, dead: Actual, foreign: str | None) -> Create:
    registration = dead.registration
    if registration.subscription_id is None:
        reason = "it was asked for and not made"
        return Create(desired=wish, pending=registration, in_the_way=foreign, reason=reason)
    reason = "it has expired" if dead.subscription else "Graph has it no longer"
    return Create(desired=wish, lost=registration, in_the_way=foreign, reason=reason)


def _urgency(action: Action, now: datetime, terms: Terms) -> tuple[int, float]:
    match action:
        case Renew(expires=expires) if expires - now < IN_DANGER:
            return 0, (expires - now).total_seconds()
        case Renew(registration=registration) if registration.id in terms.challenged:
            return 1, 0.0
        case Create(lost=None, in_the_way=foreign):
            return 2, float(foreign is not None)
        case Create():
            return 1, 1.0
        case Renew(expires=expires):
            return 4, (expires - now).total_seconds()
        case _:
            return 3, 0.0


def _clear(unwanted: Iterable[Actual], now: datetime) -> Iterator[Action]:
    for item in unwanted:
        registration = item.registration
        if registration.replaced_at is None:
            yield Delete(registration=registration, reason="nothing asks for it")
        elif item.subscription is not None:
            yield Delete(registration=registration, reason="it has been replaced")
        elif now - moment(registration.replaced_at) > REPLACED_STAYS:
            yield Forget(registration=registration, reason="it was replaced over 5 hours ago")
