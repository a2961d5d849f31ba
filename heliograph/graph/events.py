"""Events of a mailbox's default calendar.

Times are asked for in UTC. https://learn.microsoft.com/graph/api/resources/event
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from heliograph.errors import Conflict, NotFound
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.items import Event
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options

_READ = "Calendars.Read"
_WRITE = "Calendars.ReadWrite"
_SAME_TRANSACTION = "errorduplicatetransactionid"
_LOOK_BACK = 50

EVENT_FIELDS = (
    "id",
    "attendees",
    "bodyPreview",
    "categories",
    "changeKey",
    "createdDateTime",
    "end",
    "iCalUId",
    "importance",
    "isAllDay",
    "isCancelled",
    "isDraft",
    "isOrganizer",
    "lastModifiedDateTime",
    "location",
    "organizer",
    "responseStatus",
    "sensitivity",
    "seriesMasterId",
    "showAs",
    "start",
    "subject",
    "transactionId",
    "type",
    "webLink",
)
"""What an Event is asked for, unless the caller selects: all but its body."""


def moment(time: datetime) -> dict[str, str]:
    """An aware *time* as `start` and `end` of an event take it."""
    utc = time.astimezone(UTC).replace(tzinfo=None)
    return {"dateTime": utc.isoformat(timespec="seconds"), "timeZone": "UTC"}


class Calendar:
    """Calls into the calendar of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self, user: str, event: str, *, select: Sequence[str] = (*EVENT_FIELDS, "body")
    ) -> Event:
        """One event with its body. Raises NotFound."""
        request = reading(user, "events", event, params=options(select=select), permission=_READ)
        return await self._calls.fetch(request, Event)

    async def get_properties(
        self, user: str, event: str, select: Sequence[str]
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        request = reading(user, "events", event, params=options(select=select), permission=_READ)
        return await self._calls.fetch_properties(request)

    def list(
        self,
        user: str,
        *,
        select: Sequence[str] = EVENT_FIELDS,
        where: str = "",
        order_by: str = "",
        top: int = 100,
    ) -> AsyncIterator[Event]:
        """Single events and masters of series, without their occurrences."""
        params = options(select=select, where=where, order_by=order_by, top=top)
        return self._calls.pages(reading(user, "events", params=params, permission=_READ), Event)

    def view(
        self,
        user: str,
        *,
        start: datetime,
        end: datetime,
        select: Sequence[str] = EVENT_FIELDS,
    ) -> AsyncIterator[Event]:
        """Whatever takes place between two aware times, occurrences of series included."""
        params = {
            "startDateTime": _iso(start),
            "endDateTime": _iso(end),
            **options(select=select, top=100),
        }
        request = reading(user, "calendarView", params=params, permission=_READ)
        return self._calls.pages(request, Event)

    async def create(self, user: str, properties: Properties) -> Event:
        """A new event, which invites its attendees at once. Needs subject, start and end.

        With a `transactionId` it may be sent twice, and the event that exists already is given.
        """
        transaction = properties.get("transactionId")
        request = writing("POST", user, "events", json=properties, permission=_WRITE)
        request = replace(request, repeatable=transaction is not None)
        try:
            return await self._calls.fetch(request, Event)
        except Conflict as error:
            if error.code.lower() != _SAME_TRANSACTION:
                raise
            return await self._created_before(user, transaction, error)

    async def update(self, user: str, event: str, properties: Properties) -> Event:
        """The event with *properties* set; attendees are told, and replaced whole."""
        request = writing("PATCH", user, "events", event, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Event)

    async def delete(self, user: str, event: str) -> None:
        """Deletes the event; the organizer's attendees are told. Done as well if it is gone."""
        try:
            await self._calls.send(writing("DELETE", user, "events", event, permission=_WRITE))
        except NotFound:
            return

    async def cancel(self, user: str, event: str, *, comment: str = "") -> None:
        """Cancels a meeting that *user* organizes, with a *comment* to the attendees."""
        request = writing(
            "POST",
            user,
            "events",
            event,
            "cancel",
            json={"comment": comment},
            permission=_WRITE,
        )
        await self._calls.send(request)

    async def _created_before(self, user: str, transaction: object, error: Conflict) -> Event:
        # `transactionId` cannot be filtered by, and what is sent again was created just now.
        params = options(select=EVENT_FIELDS, order_by="createdDateTime desc", top=_LOOK_BACK)
        request = reading(user, "events", params=params, permission=_READ)
        seen = 0
        async for event in self._calls.pages(request, Event):
            seen += 1
            if event.transaction_id == transaction:
                return event
            if seen == _LOOK_BACK:
                break
        raise error


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
