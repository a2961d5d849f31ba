"""Which change types an event means to a subscription (change-notifications.md, 2.2).

The directory says `updated` for all but a purge. A mailbox tells moves as a deletion and a
creation, and a filter makes items appear and vanish.
"""

from heliograph.simulator.notify.registry import Subscription
from heliograph.simulator.store import Event, Row

Told = tuple[str, Row]
"""A change type, and the state of the item that it is told with."""


def told(subscription: Subscription, event: Event) -> list[Told]:
    """What *subscription* is told of *event*, of the change types that it asked for."""
    found = (
        _of_directory(subscription, event)
        if subscription.watched.facts.in_directory
        else _of_mailbox(subscription, event)
    )
    return [entry for entry in found if entry[0] in subscription.change_types]


def _of_directory(subscription: Subscription, event: Event) -> list[Told]:
    row = event.after or event.before or {"id": event.key}
    if subscription.watched.relation and "members" not in event.detail:
        return []
    return [("deleted" if event.what == "purged" else "updated", row)]


def _of_mailbox(subscription: Subscription, event: Event) -> list[Told]:
    before, after = event.before, event.after
    was = before is not None and _watches(subscription, before)
    is_ = after is not None and _watches(subscription, after)
    found: list[Told] = []
    if was and before is not None and (not is_ or event.what == "moved"):
        found.append(("deleted", before))
    if is_ and after is not None:
        if was and event.what != "moved":
            found.append(("updated", after))
        else:
            found.append(("created", after))
    return found


def _watches(subscription: Subscription, row: Row) -> bool:
    if subscription.folder and row.get("parentFolderId") != subscription.folder:
        return False
    condition = subscription.watched.filter
    return condition is None or condition.holds(row)
