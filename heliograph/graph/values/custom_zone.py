"""A time zone that has no name, only rules: how far from UTC, and when daylight saving turns.

Exchange gives the working hours of many mailboxes in such a zone.
https://learn.microsoft.com/graph/api/resources/customtimezone
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When the clocks are turned each year: on the *occurrence*-th such day of the month.

    An *occurrence* of 5 is the last. *weekday* counts from 0 on Mondays; *at* is what the clocks
    show before they are turned.
    """

    month: int
    weekday: int
    occurrence: int
    at: time

    def of(self, year: int) -> datetime:
        """The wall time of this turn in *year*."""
        first = date(year, self.month, 1)
        day = first + timedelta(days=(self.weekday - first.weekday()) % 7)
        day += timedelta(weeks=min(self.occurrence, 5) - 1)
        if day.month != self.month:
            day -= timedelta(weeks=1)
        return datetime.combine(day, self.at)


class CustomZone(tzinfo):
    """*standard* and *daylight* are the distances from UTC; the turns lead to the one they name."""

    def __init__(
        self,
        standard: timedelta,
        daylight: timedelta,
        *,
        to_standard: Turn | None = None,
        to_daylight: Turn | None = None,
    ) -> None:
        self._standard = standard
        self._shift = daylight - standard
        self._turns = (to_daylight, to_standard) if to_daylight and to_standard else None

    def utcoffset(self, when: datetime | None) -> timedelta:
        return self._standard + self.dst(when)

    def dst(self, when: datetime | None) -> timedelta:
        if when is None or self._turns is None:
            return _NONE
        wall = when.replace(tzinfo=None)
        forward, back = (turn.of(wall.year) for turn in self._turns)
        if forward <= wall < forward + self._shift:  # left out: counts from before, or from after
            return self._shift if when.fold else _NONE
        if back - self._shift <= wall < back and when.fold:  # shown for the second time
            return _NONE
        return self._shift if _is_between(wall, forward, back) else _NONE

    def tzname(self, _when: datetime | None) -> str:
        return "Customized Time Zone"

    def fromutc(self, when: datetime) -> datetime:
        standard = when.replace(tzinfo=None) + self._standard
        if self._turns is None:
            return standard.replace(tzinfo=self)
        forward, back = (turn.of(standard.year) for turn in self._turns)
        back -= self._shift  # both as clocks show it that are never turned
        if _is_between(standard, forward, back):
            return (standard + self._shift).replace(tzinfo=self)
        is_second = back <= standard < back + self._shift
        return standard.replace(tzinfo=self, fold=int(is_second))


def _is_between(wall: datetime, forward: datetime, back: datetime) -> bool:
    """Is it daylight saving time? South of the equator it lasts over the turn of the year."""
    if forward < back:
        return forward <= wall < back
    return not back <= wall < forward
