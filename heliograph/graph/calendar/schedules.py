"""Free/busy: what the calendars of people and rooms say about a window of time.

Graph takes 20 addresses and 62 days at once; here any number of both.
https://learn.microsoft.com/graph/api/calendar-getschedule
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from heliograph.errors import Invalid
from heliograph.graph.calendar.slots import Spell
from heliograph.graph.calls import IMMUTABLE_IDS, Calls
from heliograph.graph.paths import user_path
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Moment, Part
from heliograph.graph.values.spans import Span
from heliograph.graph.values.times import moment, utc
from heliograph.graph.values.working_hours import WorkingHours

MOST_ADDRESSES = 20
MOST_DAYS = timedelta(days=62)
HALF_HOUR = timedelta(minutes=30)

_READ = "Calendars.ReadBasic.All"
_STATUS_OF_DIGIT = {"0": "free", "1": "tentative", "2": "busy", "3": "oof"}


class ScheduleItem(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Something in a calendar. Subject and location are there where the caller may see them."""

    start: Moment
    end: Moment
    status: str = "unknown"
    subject: str | None = None
    location: str | None = None
    is_private: bool | None = None


class ScheduleError(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Why nothing is known: an address without a mailbox, or one that may not be looked at."""

    message: str | None = None
    response_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What is known of one address. Where *error* is set, that is nothing.

    *view* has a digit for each *interval* from *start* on, for the worst of it: 0 free or working
    elsewhere, 1 tentative, 2 busy, 3 out of office.
    """

    address: str
    start: datetime
    interval: timedelta
    view: str = ""
    items: tuple[ScheduleItem, ...] = ()
    working_hours: WorkingHours | None = None
    error: ScheduleError | None = None

    def spells(self) -> list[Spell] | None:
        """What takes up their time, in UTC; None where nothing is known.

        The view tells it where there are no items: of some, one may see no more than that.
        """
        if self.error is not None:
            return None
        if self.items:
            return [Spell(item.start.at, item.end.at, item.status) for item in self.items]
        return list(self._seen())

    def _seen(self) -> Iterator[Spell]:
        for number, digit in enumerate(self.view):
            status = _STATUS_OF_DIGIT.get(digit, "unknown")
            if status != "free":
                start = self.start + number * self.interval
                yield Spell(start, start + self.interval, status)


class _Information(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`scheduleInformation`, for one address in one window."""

    schedule_id: str
    availability_view: str | None = None
    schedule_items: list[ScheduleItem] | None = None
    working_hours: WorkingHours | None = None
    error: ScheduleError | None = None


class _Answer(msgspec.Struct, frozen=True):
    value: list[_Information]


_Piece = Mapping[str, _Information]  # by the address in lower case


class Schedules:
    """Calls for free/busy. *user* is the id or UPN of who asks; an app asks as anybody."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self,
        user: str,
        addresses: Sequence[str],
        *,
        start: datetime,
        end: datetime,
        interval: timedelta = HALF_HOUR,
    ) -> list[Schedule]:
        """What is known of each address between two aware times, in the order of *addresses*.

        Raises Invalid for an *interval* that is not of 5 to 1440 whole minutes.
        """
        minutes = _minutes(interval)
        begin = utc(start)
        windows = list(_windows(begin, utc(end), minutes))
        chunks = list(_chunks(list(dict.fromkeys(addresses))))
        requests = [
            _request(user, chunk, window, minutes) for window in windows for chunk in chunks
        ]
        pieces = await self._all(requests)
        each_window = [
            _joined(pieces[at : at + len(chunks)]) for at in range(0, len(pieces), len(chunks) or 1)
        ]
        return [
            _schedule(address, each_window, start=begin, interval=interval) for address in addresses
        ]

    async def _all(self, requests: Sequence[Request]) -> list[_Piece]:
        """The answers in order; the mailbox's own budget says how many are asked for at once."""
        asking = [asyncio.create_task(self._one(request)) for request in requests]
        try:
            return await asyncio.gather(*asking)
        finally:
            for task in asking:
                task.cancel()

    async def _one(self, request: Request) -> _Piece:
        answer = await self._calls.fetch(request, _Answer)
        return {each.schedule_id.lower(): each for each in answer.value}


def _minutes(interval: timedelta) -> int:
    minutes, rest = divmod(interval, timedelta(minutes=1))
    if rest or not 5 <= minutes <= 1440:
        raise Invalid(f"expected an interval of 5 to 1440 whole minutes, got {interval}")
    return minutes


def _windows(start: datetime, end: datetime, minutes: int) -> Iterator[Span]:
    """The window in pieces that Graph takes; each but the last holds whole intervals."""
    length = MOST_DAYS - MOST_DAYS % timedelta(minutes=minutes)
    while start < end:
        yield Span(start, min(start + length, end))
        start += length


def _chunks(addresses: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(addresses), MOST_ADDRESSES):
        yield addresses[at : at + MOST_ADDRESSES]


def _request(user: str, addresses: Sequence[str], window: Span, minutes: int) -> Request:
    return Request(
        method="POST",
        path=user_path(user, "calendar", "getSchedule"),
        headers=IMMUTABLE_IDS,
        json={
            "schedules": addresses,
            "startTime": moment(window.start),
            "endTime": moment(window.end),
            "availabilityViewInterval": minutes,
        },
        mailbox=user,
        permission=_READ,
        asks_only=True,
    )


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    return {address: found for piece in pieces for address, found in piece.items()}


def _schedule(
    address: str, windows: Sequence[_Piece], *, start: datetime, interval: timedelta
) -> Schedule:
    """The pieces of *address* as one. What goes over a seam stands in two of them."""
    found = [window.get(address.lower()) for window in windows]
    pieces = [piece for piece in found if piece is not None]
    errors = [piece.error for piece in pieces if piece.error is not None]
    if len(pieces) < len(found):
        errors.append(ScheduleError(message="Graph left the address out of its answer"))
    items = dict.fromkeys(item for piece in pieces for item in piece.schedule_items or ())
    return Schedule(
        address=address,
        start=start,
        interval=interval,
        view="".join(piece.availability_view or "" for piece in pieces),
        items=tuple(items),
        working_hours=next((each.working_hours for each in pieces if each.working_hours), None),
        error=errors[0] if errors else None,
    )
