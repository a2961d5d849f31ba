"""How many subscriptions Graph still grants: for users and groups together, and for each mailbox.

Pure. Counted is what this app has; what other apps have in a mailbox cannot be known.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from heliograph.offers import DIRECTORY_QUOTA, MAILBOX_QUOTA
from heliograph.planning.actions import Action, Create, Hold, Replace
from heliograph.planning.inventory import Actual, Subscription
from heliograph.planning.wishes import Desired
from heliograph.resources import from_subscription

_DIRECTORY = ""
"""Stands for users and groups; a mailbox is named by its owner."""


class Quotas:
    """What is taken of each quota, while a plan is made."""

    def __init__(
        self, actual: Iterable[Actual], foreign: Iterable[Subscription], *, now: datetime
    ) -> None:
        self._taken = Counter(
            item.registration.owner or _DIRECTORY for item in actual if item.is_alive(now)
        )
        for other in foreign:
            try:
                self._taken[from_subscription(other.resource).owner or _DIRECTORY] += 1
            except ValueError:  # of a kind with quotas of its own
                continue

    def admit(self, action: Action) -> Action:
        """*action*, or what may be done in its place where the quota has no room for it."""
        match action:
            case Create(desired=desired):
                if self._has_room(desired):
                    return action
                return Hold(desired=desired, reason=_reason(desired))
            case Replace(desired=desired):
                return action if self._has_room(desired) else replace(action, delete_first=True)
            case _:
                return action

    def _has_room(self, desired: Desired) -> bool:
        scope = desired.owner or _DIRECTORY
        has_room = self._taken[scope] < (MAILBOX_QUOTA if scope else DIRECTORY_QUOTA)
        self._taken[scope] += has_room
        return has_room


def _reason(desired: Desired) -> str:
    if desired.owner:
        return f"Graph grants {MAILBOX_QUOTA} subscriptions for a mailbox, and they are used up"
    return (
        f"Graph grants an app {DIRECTORY_QUOTA} subscriptions to users and groups in a tenant, and "
        f"they are used up: the resource {desired.kind!r} watches all of them with one"
    )
