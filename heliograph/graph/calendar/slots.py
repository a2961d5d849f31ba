"""Free times for a meeting, found in what is known of people's calendars.

Pure. Answers what Graph's `findMeetingTimes` answers, by its documented rules: the confidence of a
slot is the mean of the attendees' chances to come; slots stand in the order of confidence, then of
time. https://learn.microsoft.com/graph/api/user-findmeetingtimes
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from heliograph.graph.calendar.suggestions import (
    Availability,
    Found,
    Invitee,
    MeetingNeeds,
    Suggestion,
)
from heliograph.graph.values.spans import Span, intersection, union
from heliograph.graph.values.working_hours import WEEKEND, WorkingHours

CHANCES = {
    "oof": 0.0,
    "busy": 0.0,
    "unknown": 49.0,
    "tentative": 50.0,
    "workingElsewhere": 100.0,
    "free": 100.0,
}
"""How likely somebody comes, in percent, from the worst to the best.

Graph's pages say free, unknown and busy; the others are our own choice.
"""

_RANK = {status: rank for rank, status in enumerate(CHANCES)}

STEP = timedelta(minutes=30)
"""Meetings begin on the full or the half hour of the organizer's clock, where they can."""


class Spell(NamedTuple):
    """A time for which somebody's calendar says something: busy, tentative, oof, ..."""

    start: datetime
    end: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invitee, or the organizer, and what is known of their time; None where nothing is."""

    invitee: Invitee
    spells: Sequence[Spell] | None
    hours: WorkingHours | None = None


class _Slot(NamedTuple):
    """A time to begin, and what everybody does then: first the organizer, then the attendees."""

    start: datetime
    doing: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """The mean of the attendees' chances; without attendees nobody can be missing."""
        attendees = self.doing[1:]
        return sum(CHANCES[each] for each in attendees) / len(attendees) if attendees else 100.0


def find_slots(needs: MeetingNeeds, organizer: Person, attendees: Sequence[Person]) -> Found:
    """The slots that *needs* asks for. *attendees* are its own, in its order."""
    open_ = _open_spans(needs, organizer, attendees)
    people = [organizer, *attendees]
    round_ = _best(needs, _round_starts(open_, needs.duration, _clock(organizer)), people)
    if round_.suggestions:
        return round_
    # Whatever can be found at all begins where the way becomes free.
    exact = _best(needs, _exact_starts(open_, needs.duration, people), people)
    return exact if exact.suggestions or round_.empty_reason == "unknown" else round_


def _open_spans(needs: MeetingNeeds, organizer: Person, attendees: Sequence[Person]) -> list[Span]:
    """When the meeting may take place, whoever is free."""
    open_ = union(Span(start.astimezone(UTC), end.astimezone(UTC)) for start, end in needs.windows)
    if needs.activity_domain == "unrestricted" or not open_:
        return open_
    also = WEEKEND if needs.activity_domain == "personal" else ()
    bound = [person for person in attendees if person.invitee.type == "required"]
    if not needs.is_organizer_optional:
        bound.append(organizer)
    for hours in (person.hours for person in bound):
        if hours is not None:
            spans = hours.spans(open_[0].start, open_[-1].end, also=also)
            open_ = intersection(open_, union(spans))
            if not open_:
                break
    return open_


def _clock(organizer: Person) -> tzinfo:
    return organizer.hours.time_zone.zone if organizer.hours else UTC


def _round_starts(open_: Iterable[Span], duration: timedelta, clock: tzinfo) -> list[datetime]:
    """When a meeting may begin on the full or the half hour."""
    return [
        start for span in open_ for start in _rounded(span.start, clock, until=span.end - duration)
    ]


def _rounded(start: datetime, clock: tzinfo, *, until: datetime) -> Iterator[datetime]:
    while start <= until:
        wall = start.astimezone(clock)
        past = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        if not past % STEP:
            yield start
        start += STEP - past % STEP


def _exact_starts(
    open_: Sequence[Span], duration: timedelta, people: Iterable[Person]
) -> list[datetime]:
    """When a span opens, or something that somebody does ends within it."""
    ends = {spell.end for person in people for spell in person.spells or ()}
    times = sorted(ends | {span.start for span in open_})
    return [
        time
        for span in open_
        for time in times[bisect_left(times, span.start) : bisect_right(times, span.end - duration)]
    ]


def _best(needs: MeetingNeeds, starts: Sequence[datetime], people: Sequence[Person]) -> Found:
    """The best of the slots that begin at *starts*; the organizer is the first of *people*."""
    doings = [_doings(person, starts, needs.duration) for person in people]
    slots = [_Slot(start, tuple(each[at] for each in doings)) for at, start in enumerate(starts)]
    reason = "unknown"
    for sieve, keeps in _sieves(needs, people).items():
        if not slots:
            break
        reason = _or_unknown(sieve, slots)
        slots = [slot for slot in slots if keeps(slot)]
    if not slots:
        return Found(suggestions=(), empty_reason=reason)
    slots.sort(key=lambda slot: (-slot.confidence, slot.start))
    best = enumerate(slots[: needs.max_candidates], start=1)
    return Found(
        suggestions=tuple(_suggestion(needs, people, slot, order=order) for order, slot in best)
    )


def _sieves(needs: MeetingNeeds, people: Sequence[Person]) -> dict[str, Callable[[_Slot], bool]]:
    """What a slot must stand, by Graph's word for the case that none does."""
    rooms = [at for at, each in enumerate(people) if at and each.invitee.type == "resource"]
    optional = needs.is_organizer_optional
    return {
        "organizerUnavailable": lambda slot: optional or CHANCES[slot.doing[0]] > 0,
        "locationsUnavailable": lambda slot: all(CHANCES[slot.doing[at]] > 0 for at in rooms),
        "attendeesUnavailable": lambda slot: slot.confidence >= needs.minimum_attendee_percentage,
    }


def _or_unknown(reason: str, slots: Iterable[_Slot]) -> str:
    is_unknown = any("unknown" in slot.doing[1:] for slot in slots)
    return f"{reason}OrUnknown" if reason == "attendeesUnavailable" and is_unknown else reason


def _doings(person: Person, starts: Sequence[datetime], duration: timedelta) -> list[str]:
    """What *person* does at worst in each of the slots that begin at *starts*."""
    if person.spells is None:
        return ["unknown"] * len(starts)
    doings = ["free"] * len(starts)
    for spell in person.spells:
        status = spell.status if spell.status in CHANCES else "unknown"
        first = bisect_right(starts, spell.start - duration)
        last = bisect_left(starts, spell.end) if spell.start < spell.end else 0
        for at in range(first, last):
            doings[at] = min(doings[at], status, key=_RANK.__getitem__)
    return doings


def _suggestion(
    needs: MeetingNeeds, people: Sequence[Person], slot: _Slot, *, order: int
) -> Suggestion:
    organizer, *doing = slot.doing
    attendees = tuple(
        Availability(address=each.invitee.address, type=each.invitee.type, availability=status)
        for each, status in zip(people[1:], doing, strict=True)
    )
    able = sum(CHANCES[status] == CHANCES["free"] for status in doing)
    return Suggestion(
        start=slot.start,
        end=slot.start + needs.duration,
        confidence=slot.confidence,
        order=order,
        organizer_availability=organizer,
        attendees=attendees,
        reason=f"{able} of {len(attendees)} attendees are free",
        locations=tuple(each.address for each in attendees if each.type == "resource"),
    )
