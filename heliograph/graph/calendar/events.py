"""Events of a mailbox's calendars: meetings and appointments.

Times are asked for in UTC. Where no *calendar* is named, the default one is meant.
https://learn.microsoft.com/graph/api/resources/event
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from heliograph.errors import Conflict
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, recipients, writing
from heliograph.graph.query import options, properties_of
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Event
from heliograph.graph.values.times import iso, moment

_READ = "Calendars.Read"
_WRITE = "Calendars.ReadWrite"
_SAME_TRANSACTION = "errorduplicatetransactionid"
_LOOK_BACK = 50

EVENT_FIELDS = properties_of(Event, without={"body"})
"""What an Event is asked for, unless the caller selects: all but its body."""


def plan_event(
    *,
    subject: str,
    start: datetime,
    end: datetime,
    attendees: Iterable[str] = (),
    place: str = "",
    text: str = "",
) -> dict[str, object]:
    """An event as `create` takes it, from aware times and the addresses of who must come."""
    return {
        "subject": subject,
        "start": moment(start),
        "end": moment(end),
        "attendees": [{"type": "required", **each} for each in recipients(attendees)],
        "location": {"displayName": place},
        "body": {"contentType": "text", "content": text},
    }


class Events:
    """Calls into the calendars of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self, user: str, event: str, *, select: Sequence[str] = (*EVENT_FIELDS, "body")
    ) -> Event:
        """One event with its body. Raises NotFound."""
        return await self._calls.fetch(_read(user, event, select), Event)

    async def get_properties(
        self, user: str, event: str, select: Sequence[str]
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        return await self._calls.fetch_properties(_read(user, event, select))

    def list(
        self,
        user: str,
        *,
        calendar: str = "",
        select: Sequence[str] = EVENT_FIELDS,
        where: str = "",
        order_by: str = "",
    ) -> AsyncIterator[Event]:
        """Single events and masters of series, without their occurrences."""
        params = options(select=select, where=where, order_by=order_by, top=100)
        place = (*_within(calendar), "events")
        return self._calls.pages(reading(user, *place, params=params, permission=_READ), Event)

    def view(
        self,
        user: str,
        *,
        start: datetime,
        end: datetime,
        calendar: str = "",
        select: Sequence[str] = EVENT_FIELDS,
    ) -> AsyncIterator[Event]:
        """Whatever takes place between two aware times, occurrences of series included."""
        place = (*_within(calendar), "calendarView")
        params = {**_between(start, end), **options(select=select, top=100)}
        return self._calls.pages(reading(user, *place, params=params, permission=_READ), Event)

    def instances(
        self,
        user: str,
        master: str,
        *,
        start: datetime,
        end: datetime,
        select: Sequence[str] = EVENT_FIELDS,
    ) -> AsyncIterator[Event]:
        """The occurrences of one series between two aware times."""
        params = {**_between(start, end), **options(select=select, top=100)}
        place = ("events", master, "instances")
        return self._calls.pages(reading(user, *place, params=params, permission=_READ), Event)

    async def create(self, user: str, properties: Properties, *, calendar: str = "") -> Event:
        """A new event, which invites its attendees at once. Needs subject, start and end.

        With a `transactionId` it may be sent twice, and the event that exists already is given.
        """
        transaction = properties.get("transactionId")
        place = (*_within(calendar), "events")
        request = writing("POST", user, *place, json=properties, permission=_WRITE)
        request = replace(request, repeatable=transaction is not None)
        try:
            return await self._calls.fetch(request, Event)
        except Conflict as error:
            if error.code.lower() != _SAME_TRANSACTION:
                raise
            return await self._created_before(user, calendar, transaction, error)

    async def update(self, user: str, event: str, properties: Properties) -> Event:
        """The event with *properties* set; attendees are told, and replaced whole."""
        request = writing("PATCH", user, "events", event, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Event)

    async def delete(self, user: str, event: str) -> None:
        """Deletes the event, and cancels the meeting where *user* organizes it.

        Done as well if it is gone.
        """
        await self._calls.remove(writing("DELETE", user, "events", event, permission=_WRITE))

    async def _created_before(
        self, user: str, calendar: str, transaction: object, error: Conflict
    ) -> Event:
        # `transactionId` cannot be filtered by, and what is sent again was created just now.
        latest = self.list(user, calendar=calendar, order_by="createdDateTime desc")
        seen = 0
        async for event in latest:
            seen += 1
            if event.transaction_id == transaction:
                return event
            if seen == _LOOK_BACK:
                break
        raise error


def _within(calendar: str) -> tuple[str, ...]:
    return ("calendars", calendar) if calendar else ()


def _read(user: str, event: str, select: Sequence[str]) -> Request:
    return reading(user, "events", event, params=options(select=select), permission=_READ)


def _between(start: datetime, end: datetime) -> dict[str, str]:
    return {"startDateTime": iso(start), "endDateTime": iso(end)}
