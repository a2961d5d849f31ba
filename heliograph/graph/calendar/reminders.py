"""Reminders of events: those of a window of time, put off or dismissed.

https://learn.microsoft.com/graph/api/user-reminderview
"""

from collections.abc import AsyncIterator
from datetime import datetime

from heliograph.graph.calls import IMMUTABLE_IDS, Calls
from heliograph.graph.mailbox import writing
from heliograph.graph.paths import quoted, user_path
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Location, Moment, Part
from heliograph.graph.values.times import iso, moment

_READ = "Calendars.Read"
_WRITE = "Calendars.ReadWrite"


class Reminder(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """When somebody is reminded of which event."""

    event_id: str = ""
    change_key: str | None = None
    event_subject: str | None = None
    event_location: Location | None = None
    event_start_time: Moment | None = None
    event_end_time: Moment | None = None
    event_web_link: str | None = None
    reminder_fire_time: Moment | None = None


class Reminders:
    """Calls about the reminders of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, user: str, *, start: datetime, end: datetime) -> AsyncIterator[Reminder]:
        """The reminders of events that take place between two aware times."""
        window = f"startDateTime='{quoted(iso(start))}',endDateTime='{quoted(iso(end))}'"
        request = Request(
            method="GET",
            path=f"{user_path(user)}/reminderView({window})",
            headers=IMMUTABLE_IDS,
            mailbox=user,
            permission=_READ,
        )
        return self._calls.pages(request, Reminder)

    async def snooze(self, user: str, event: str, until: datetime) -> None:
        """Reminds again at *until*."""
        json = {"newReminderTime": moment(until)}
        await self._calls.send(_act(user, event, "snoozeReminder", json))

    async def dismiss(self, user: str, event: str) -> None:
        """Reminds no more."""
        await self._calls.send(_act(user, event, "dismissReminder"))


def _act(user: str, event: str, action: str, json: object = None) -> Request:
    return writing("POST", user, "events", event, action, json=json, permission=_WRITE)
