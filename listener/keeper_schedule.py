"""When what a subscription watches is looked over, although nothing says that anything was missed.

Directories never report a loss, and links to their changes live for 7 days. A keeper that starts
cannot know how long nobody listened, so that everything has its turn soon after.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from heliograph.planning.planner import spread
from heliograph.subscriptions import Registration, moment

DIRECTORY_EVERY = timedelta(hours=6)
MAILBOX_EVERY = timedelta(hours=24)

FIRST = 0.25
"""Within so much of its interval everything has its first turn, spread out."""

AT_ONCE = 500
"""So many are asked for together; the rest comes a minute later."""


class Schedule:
    """The next turn of each registration, from the start of this process on."""

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}

    def due(self, registrations: Iterable[Registration], *, now: datetime) -> list[Registration]:
        """Whose turn it is at *now*; each comes again after its interval."""
        alive = [one for one in registrations if one.subscription_id and not one.replaced_at]
        known, self._next = self._next, {}
        due: list[Registration] = []
        for registration in alive:
            every = DIRECTORY_EVERY if registration.owner is None else MAILBOX_EVERY
            share = spread(registration.id)
            at = known.get(registration.id) or _first(registration, every * FIRST * share, now)
            if at <= now and len(due) < AT_ONCE:
                due.append(registration)
                at = now + every * (1 - share / 10)
            self._next[registration.id] = at
        return due


def _first(registration: Registration, after: timedelta, now: datetime) -> datetime:
    """What was made just now has been looked over just now."""
    return max(now, moment(registration.created_at)) + after
