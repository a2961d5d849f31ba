"""How many licences there are and how many are taken, and who has a mailbox by them.

It follows the directory's own writes, so that its counts are true whoever writes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from heliograph.simulator.clock import Clock
from heliograph.simulator.directory.people import People
from heliograph.simulator.directory.skus import ALL, ENTERPRISE, EXCHANGE, VISIO
from heliograph.simulator.store import Event, Row

_FREE = 25
"""So many licences are free when the tenant begins; of the last product none is."""

_ALWAYS = datetime.min.replace(tzinfo=UTC)

MAILBOX_KEPT = timedelta(days=30)
"""So long a mailbox outlives its licence."""


class Licensing:
    """The products that the tenant has bought, and the mailboxes that came with them."""

    def __init__(self, people: People, clock: Clock, *, mailbox_delay: float) -> None:
        self.taken = Counter({ENTERPRISE.id: people.licences(), VISIO.id: _FREE})
        self.bought = {sku: self.taken[sku] + _FREE for sku in ALL} | {VISIO.id: _FREE}
        self._people = people
        self._clock = clock
        self._delay = timedelta(seconds=mailbox_delay)
        self._since: dict[str, datetime] = {}
        self._until: dict[str, datetime] = {}

    def follow(self, event: Event) -> None:
        """Take notice of what *event* gives to a user, or takes."""
        if event.kind != "users":
            return
        before = () if event.before is None else _skus(event.before)
        after = () if event.after is None or event.what == "deleted" else _skus(event.after)
        self.taken.subtract(before)
        self.taken.update(after)
        if event.what == "purged":
            self._since.pop(event.key, None)
            self._until[event.key] = self._clock.now()
        elif event.after is not None:
            self._follow_mailbox(event.key, had=event.before, has=event.after)

    def free(self, sku: str) -> int:
        """How many licences of a product nobody has."""
        return self.bought[sku] - self.taken[sku]

    def buy(self, sku: str) -> None:
        """Have one more licence than are taken."""
        self.bought[sku] = max(self.bought[sku], self.taken[sku] + 1)

    def mailbox_at(self, user: str) -> datetime | None:
        """When *user* has a mailbox from; None for one who has none, or none any more."""
        until = self._until.get(user)
        if until is not None and self._clock.now() >= until:
            return None
        at = self._people.place(user)
        began = _ALWAYS if at >= 0 and self._people.has_mailbox(at) else None
        return self._since.get(user, began)

    def has_mailbox(self, user: str) -> bool:
        """Whether *user* has a mailbox that answers."""
        since = self.mailbox_at(user)
        return since is not None and self._clock.now() >= since

    def _follow_mailbox(self, user: str, *, had: Row | None, has: Row) -> None:
        if has_exchange(has):
            if self.mailbox_at(user) is None:
                self._since[user] = self._clock.now() + self._delay
            self._until.pop(user, None)
        elif had is not None and has_exchange(had):
            self._until[user] = self._clock.now() + MAILBOX_KEPT


def has_exchange(row: Row) -> bool:
    """Whether the licences of a user bring a mailbox."""
    return any(
        plan["servicePlanId"] in EXCHANGE and plan["capabilityStatus"] == "Enabled"
        for plan in row.get("assignedPlans", ())
    )


def details(row: Row) -> Iterable[Mapping[str, Any]]:
    """What each licence of a user is made of."""
    for licence in row.get("assignedLicenses", ()):
        sku = ALL[licence["skuId"]]
        yield {
            "id": sku.id,
            "skuId": sku.id,
            "skuPartNumber": sku.name,
            "servicePlans": [
                {
                    **shown,
                    "provisioningStatus": "Disabled"
                    if shown["servicePlanId"] in licence["disabledPlans"]
                    else "Success",
                }
                for shown in plans(sku.id)
            ],
        }


def plans(sku: str) -> list[dict[str, Any]]:
    """The services in a product."""
    return [
        {
            "servicePlanId": plan.id,
            "servicePlanName": plan.name,
            "provisioningStatus": "Success",
            "appliesTo": "User",
        }
        for plan in ALL[sku].plans
    ]


def _skus(row: Row) -> list[str]:
    return [licence["skuId"] for licence in row.get("assignedLicenses", ())]
