"""When people are free: their schedules, and the times at which a set of them could meet.

graph-users-api.md, 7.1 and 7.2. Only what stands in default calendars counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.outlook.events import Events
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.settings import Settings, clock_time, hours_zone
from heliograph.simulator.outlook.times import moment
from heliograph.simulator.store import Row

_DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3}
_CHANCES = {
    "free": 100.0,
    "workingElsewhere": 100.0,
    "tentative": 50.0,
    "unknown": 49.0,
    "busy": 0.0,
    "oof": 0.0,
}
_WORST_FIRST = ("oof", "busy", "tentative", "workingElsewhere")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_STEP = timedelta(minutes=30)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """A time in which somebody is not simply free, and the event that it stands for."""

    start: datetime
    end: datetime
    status: str
    row: Row

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether some of it lies between *start* and *end*."""
        return self.start < end and self.end > start


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """When could the *attendees* (by address) meet: for so *long*, in one of the *spans*?

    *domain* is work, personal or unrestricted. Candidates under *least* per cent drop.
    """

    attendees: Sequence[str]
    spans: Sequence[Span]
    long: timedelta
    domain: str
    least: float
    most: int
    needs_organizer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A time to meet, and how everybody stands to it."""

    start: datetime
    end: datetime
    confidence: float
    organizer: str
    attendees: Mapping[str, str]


class Schedules:
    """The schedules of all mailboxes."""

    def __init__(self, boxes: Mailboxes, events: Events, settings: Settings) -> None:
        self._boxes = boxes
        self._events = events
        self._settings = settings

    def busy(self, box: Mailbox, start: datetime, end: datetime) -> list[Busy]:
        """What keeps the owner of *box* from being free in the time between, earliest first."""
        found = self._events.between(box, start, end, calendar=box.calendar)
        kept = [
            Busy(
                start=moment(row["start"]),
                end=moment(row["end"]),
                status=row["showAs"],
                row=row,
            )
            for _, row in found
            if row["showAs"] in _WORST_FIRST and not row["isCancelled"]
        ]
        return sorted(kept, key=lambda each: (each.start, each.end))

    def view(self, busy: Sequence[Busy], start: datetime, end: datetime, step: timedelta) -> str:
        """A digit for each step of the time between: the worst that happens in it."""
        digits = []
        while start < end:
            then = min(start + step, end)
            digits.append(str(_DIGITS[_status(busy, start, then)]))
            start = then
        return "".join(digits)

    def meeting_times(self, organizer: Mailbox, asked: Question) -> tuple[list[Candidate], str]:
        """The best times to meet, and where there are none a word that says why."""
        start, end = min(one for one, _ in asked.spans), max(other for _, other in asked.spans)
        own = self.busy(organizer, start, end)
        others = {
            address: None if box is None else self.busy(box, start, end)
            for address, box in (
                (address, self._boxes.reached_by(address)) for address in asked.attendees
            )
        }
        found = [
            _judged(at, asked.long, own=own, others=others) for at in self._starts(organizer, asked)
        ]
        willing = [one for one in found if _CHANCES[one.organizer] > 0 or not asked.needs_organizer]
        good = [one for one in willing if one.confidence >= asked.least]
        best = sorted(good, key=lambda one: (-one.confidence, one.start))[: asked.most]
        return best, "" if best else _why_none(found, willing, others)

    def _starts(self, organizer: Mailbox, asked: Question) -> Iterator[datetime]:
        hours = self._settings.get(organizer)["workingHours"]
        for start, end in asked.spans:
            at = start
            while at + asked.long <= end:
                if asked.domain == "unrestricted" or _in_hours(
                    hours, at, at + asked.long, with_weekends=asked.domain == "personal"
                ):
                    yield at
                at += _STEP


def _in_hours(
    hours: Mapping[str, Any], start: datetime, end: datetime, *, with_weekends: bool
) -> bool:
    place = hours_zone(hours)
    first, last = start.astimezone(place), end.astimezone(place)
    days = {*hours["daysOfWeek"], *(_WEEK[5:] if with_weekends else ())}
    opens, closes = clock_time(hours["startTime"]), clock_time(hours["endTime"])
    return (
        first.date() == last.date()
        and _WEEK[first.weekday()] in days
        and opens <= first.time()
        and last.time() <= closes
    )


def _judged(
    start: datetime,
    long: timedelta,
    *,
    own: Sequence[Busy],
    others: Mapping[str, Sequence[Busy] | None],
) -> Candidate:
    end = start + long
    statuses = {
        address: "unknown" if busy is None else _status(busy, start, end)
        for address, busy in others.items()
    }
    chances = [_CHANCES[status] for status in statuses.values()]
    return Candidate(
        start=start,
        end=end,
        confidence=sum(chances) / len(chances) if chances else 100.0,
        organizer=_status(own, start, end),
        attendees=statuses,
    )


def _status(busy: Sequence[Busy], start: datetime, end: datetime) -> str:
    present = {each.status for each in busy if each.touches(start, end)}
    return next((status for status in _WORST_FIRST if status in present), "free")


def _why_none(
    found: Sequence[Candidate],
    willing: Sequence[Candidate],
    others: Mapping[str, Sequence[Busy] | None],
) -> str:
    if not found:
        return "unknown"
    if not willing:
        return "organizerUnavailable"
    knows_all = all(busy is not None for busy in others.values())
    return "attendeesUnavailable" if knows_all else "attendeesUnavailableOrUnknown"
