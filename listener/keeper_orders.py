"""The orders of one tenant: which of them may be acted on now, and when the others may.

One that was just acted on waits for its cool-down, however often it is given, so that forged and
repeated notifications cost at most one call in that time; and none is forgotten.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from heliograph.keeping.records import Records
from heliograph.orders import Given, Orders, What
from heliograph.subscriptions import moment

COOL_DOWNS: dict[What, timedelta] = {
    "renew": timedelta(minutes=1),
    "recreate": timedelta(minutes=1),
    "resync": timedelta(minutes=5),
    "expand": timedelta(seconds=5),
}

_Key = tuple[What, str]


class OrderBook:
    """Orders that were given and are not done."""

    def __init__(self, orders: Orders, records: Records) -> None:
        self._orders = orders
        self._records = records
        self._given: dict[bytes, Given] = {}
        self._acted: dict[_Key, datetime] = {}

    def take(self, given: Iterable[Given]) -> bool:
        """Takes what there is; whether something of it is new, or was given again."""
        before, self._given = self._given, {one.record: one for one in given}
        return any(one != before.get(record) for record, one in self._given.items())

    def due(self, now: datetime) -> list[Given]:
        """What may be acted on now."""
        self._acted = {key: at for key, at in self._acted.items() if now < at + _cool_down(key[0])}
        return [given for given in self._given.values() if self._due_at(given, now) <= now]

    def next_due(self, now: datetime) -> datetime | None:
        """When something of what waits now may be acted on; None where nothing waits."""
        return min((self._due_at(given, now) for given in self._given.values()), default=None)

    async def end(self, given: Given, *, now: datetime) -> None:
        """Says that *given* was acted on. Raises QueueUnavailable."""
        self._acted[_key(given)] = now
        await self._orders.done(given)
        self._given.pop(given.record, None)

    def _due_at(self, given: Given, now: datetime) -> datetime:
        acted = self._acted.get(_key(given))
        record = self._records.get(given.order.registration)
        if given.order.what == "renew" and record is not None:
            # A challenge that follows any renewal this closely was sent before it.
            renewed = moment(record.renewed_at or record.created_at)
            acted = max(acted, renewed) if acted else renewed
        return now if acted is None else acted + _cool_down(given.order.what)


def _key(given: Given) -> _Key:
    return given.order.what, given.order.registration or given.order.reason


def _cool_down(what: What) -> timedelta:
    return COOL_DOWNS.get(what, timedelta(0))
