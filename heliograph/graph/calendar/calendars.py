"""Calendars of a mailbox, and the groups that they stand in. Their events are in `events`.

https://learn.microsoft.com/graph/api/resources/calendar
"""

from collections.abc import AsyncIterator

from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options, properties_of
from heliograph.graph.values.items import EmailAddress
from heliograph.graph.values.objects import Entity

_READ = "Calendars.ReadBasic.All"
_WRITE = "Calendars.ReadWrite"


class Calendar(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One calendar. Those that others share with the owner are among them."""

    name: str | None = None
    color: str | None = None
    hex_color: str | None = None
    change_key: str | None = None
    is_default_calendar: bool | None = None
    is_removable: bool | None = None
    can_edit: bool | None = None
    can_share: bool | None = None
    can_view_private_items: bool | None = None
    default_online_meeting_provider: str | None = None
    owner: EmailAddress | None = None


class CalendarGroup(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A group of calendars. Three are built in: my, other, and people's calendars."""

    name: str | None = None
    change_key: str | None = None
    class_id: str | None = None


_CALENDAR = options(select=properties_of(Calendar))
_GROUP = options(select=properties_of(CalendarGroup))
_MANY = options(top=100)


class Calendars:
    """Calls into the calendars of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, calendar: str = "") -> Calendar:
        """One calendar, else the default one. Raises NotFound."""
        place = ("calendars", calendar) if calendar else ("calendar",)
        request = reading(user, *place, params=_CALENDAR, permission=_READ)
        return await self._calls.fetch(request, Calendar)

    def list(self, user: str, *, group: str = "") -> AsyncIterator[Calendar]:
        """The calendars of one *group*, or all."""
        params = {**_CALENDAR, **_MANY}
        request = reading(user, *_within(group), params=params, permission=_READ)
        return self._calls.pages(request, Calendar)

    async def create(self, user: str, properties: Properties, *, group: str = "") -> Calendar:
        """A new calendar in *group*, or in the owner's own. Needs a `name`."""
        request = writing("POST", user, *_within(group), json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Calendar)

    async def update(self, user: str, calendar: str, properties: Properties) -> Calendar:
        """The calendar with *properties* set: `name`, `color`, `isDefaultCalendar`."""
        request = writing("PATCH", user, "calendars", calendar, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Calendar)

    async def delete(self, user: str, calendar: str) -> None:
        """Deletes it with its events. Done as well if it is gone; the default one must stay."""
        await self._calls.remove(writing("DELETE", user, "calendars", calendar, permission=_WRITE))


class CalendarGroups:
    """Calls into the calendar groups of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, group: str) -> CalendarGroup:
        """One group. Raises NotFound."""
        request = reading(user, "calendarGroups", group, params=_GROUP, permission=_READ)
        return await self._calls.fetch(request, CalendarGroup)

    def list(self, user: str) -> AsyncIterator[CalendarGroup]:
        """All groups."""
        params = {**_GROUP, **_MANY}
        request = reading(user, "calendarGroups", params=params, permission=_READ)
        return self._calls.pages(request, CalendarGroup)

    async def create(self, user: str, name: str) -> CalendarGroup:
        """A new group without calendars."""
        json = {"name": name}
        request = writing("POST", user, "calendarGroups", json=json, permission=_WRITE)
        return await self._calls.fetch(request, CalendarGroup)

    async def rename(self, user: str, group: str, name: str) -> CalendarGroup:
        """The group under its new *name*."""
        json = {"name": name}
        request = writing("PATCH", user, "calendarGroups", group, json=json, permission=_WRITE)
        return await self._calls.fetch(request, CalendarGroup)

    async def delete(self, user: str, group: str) -> None:
        """Deletes an empty group. Done as well if it is gone; those built in must stay."""
        request = writing("DELETE", user, "calendarGroups", group, permission=_WRITE)
        await self._calls.remove(request)


def _within(group: str) -> tuple[str, ...]:
    return ("calendarGroups", group, "calendars") if group else ("calendars",)
