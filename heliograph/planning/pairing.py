"""Which subscription of ours serves which wish: the one that is just so, else one that comes near.

Pure. What becomes of the pairs is decided in `planning`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cached_property

import msgspec

from heliograph.planning.inventory import Actual
from heliograph.planning.wishes import Desired
from heliograph.subscriptions import Registration

Aim = tuple[str, str, str, str, tuple[str, ...], bool, frozenset[str] | None]
_PLACE, _FORM = 3, 5  # so much of an aim says where it is, and what Graph compares


def aim(item: Desired | Registration) -> Aim:
    """All that a wish says of its subscription, but for how long it is to live."""
    return (
        item.resource,
        item.tenant_id,
        item.client_id,
        item.filter,
        item.change_types,
        item.rich,
        frozenset(item.select) if item.select else None,
    )


class Spare:
    """What no wish has taken yet; the healthiest is taken first."""

    def __init__(self, actual: Iterable[Actual]) -> None:
        self._by_aim: dict[Aim, list[Actual]] = defaultdict(list)
        self._past = []
        for item in actual:
            if item.registration.replaced_at is not None and item.subscription is None:
                self._past.append(item)
            else:
                self._by_aim[aim(item.registration)].append(item)

    def take(self, wish: Desired, now: datetime) -> Actual | None:
        """The best one that is exactly what *wish* says."""
        return self._take(aim(wish), now)

    def give_back(self, item: Actual) -> None:
        """The wish that took *item* is served by something else."""
        self._by_aim[aim(item.registration)].append(item)

    def take_near(self, wish: Desired, now: datetime, *, is_twin: bool = False) -> Actual | None:
        """One that lives, for the same resource, in a form that nothing asks for."""
        wanted, same = aim(wish), _FORM if is_twin else _PLACE
        for near in self._places.get(wanted[:_PLACE], ()):
            lives = any(item.is_alive(now) for item in self._by_aim[near])
            if lives and near[:same] == wanted[:same]:
                return self._take(near, now)
        return None

    def _take(self, wanted: Aim, now: datetime) -> Actual | None:
        items = self._by_aim.get(wanted)
        if not items:
            return None
        best = max(items, key=lambda item: _health(item, now)) if len(items) > 1 else items[0]
        items.remove(best)
        return _taken_back(best) if best.registration.replaced_at else best

    @cached_property
    def _places(self) -> dict[tuple[object, ...], list[Aim]]:
        places: dict[tuple[object, ...], list[Aim]] = defaultdict(list)
        for known in self._by_aim:
            places[known[:_PLACE]].append(known)
        return places

    def rest(self) -> Iterator[Actual]:
        """What nobody has taken."""
        for items in self._by_aim.values():
            yield from items
        yield from self._past


def _taken_back(item: Actual) -> Actual:
    """*item* for a wish that would have nothing else: it was given up, and is there still."""
    registration = msgspec.structs.replace(item.registration, replaced_at=None)
    return replace(item, registration=registration, is_recorded=False)


def _health(item: Actual, now: datetime) -> tuple[bool, bool, float, bool]:
    registration, subscription = item.registration, item.subscription
    expires = subscription.expiration_date_time if subscription else None
    left = ((expires or now) - now).total_seconds()
    return (
        item.is_alive(now),
        registration.replaced_at is None,
        left,
        bool(registration.subscription_id),
    )
