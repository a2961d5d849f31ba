"""What people in the tenant do by themselves, on command: the script of a working day.

It goes through the same rules as the API, and so through the same store.
"""

from heliograph.simulator.activity import calendar, contacts, mail, people, tasks
from heliograph.simulator.activity.triggers import Trigger, Triggers, Wish

__all__ = ["TRIGGERS", "Trigger", "Wish"]

TRIGGERS = Triggers(
    people.triggers, mail.triggers, calendar.triggers, contacts.triggers, tasks.triggers
)
"""All that can happen, by the names under which it is told: `users.created` and the like."""
