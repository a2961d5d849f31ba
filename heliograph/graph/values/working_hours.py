"""The working hours of a mailbox: on which days, from when to when, in which zone.

Pure. Read as part of the mailbox settings and of free/busy schedules.
https://learn.microsoft.com/graph/api/resources/workinghours
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo

import msgspec

from heliograph.graph.values.custom_zone import CustomZone, Turn
from heliograph.graph.values.items import Part
from heliograph.graph.values.spans import Span
from heliograph.graph.values.timezones import windows_name, zone

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = frozenset({"saturday", "sunday"})


class ZoneTurn(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """When a zone without a name turns its clocks each year."""

    time: str | None = None
    day_occurrence: int | None = None
    day_of_week: str | None = None
    month: int | None = None
    daylight_bias: int | None = None


class ZoneRules(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A zone by its name, or by rules where it is a `customTimeZone`."""

    name: str = "UTC"
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")
    bias: int | None = None
    standard_offset: ZoneTurn | None = None
    daylight_offset: ZoneTurn | None = None

    @property
    def zone(self) -> tzinfo:
        """What Python takes for a zone. Raises Invalid where neither name nor rules are known."""
        return zone(self.name) if self.bias is None else _custom(self)


class WorkingHours(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`days_of_week` in lower case; the times as Graph writes them, `08:00:00.0000000`."""

    days_of_week: list[str] = msgspec.field(default_factory=list)
    start_time: str = "08:00:00"
    end_time: str = "17:00:00"
    time_zone: ZoneRules = ZoneRules()

    def spans(self, start: datetime, end: datetime, *, also: Iterable[str] = ()) -> Iterator[Span]:
        """The hours between two aware times, in UTC and in order; *also* on these days.

        A time that the clocks show twice or leave out is read as in `timezones.instant`.
        """
        place = self.time_zone.zone
        opens, closes = time.fromisoformat(self.start_time), time.fromisoformat(self.end_time)
        days = {day.lower() for day in (*self.days_of_week, *also)}
        day = start.astimezone(place).date()
        while day <= end.astimezone(place).date():
            if DAYS[day.weekday()] in days:
                first = max(start, datetime.combine(day, opens, place).astimezone(UTC))
                last = min(end, datetime.combine(day, closes, place).astimezone(UTC))
                if first < last:
                    yield Span(first, last)
            day += timedelta(days=1)


def working_hours(
    opens: time, closes: time, *, zone_name: str, days: Iterable[str] = DAYS[:5]
) -> dict[str, object]:
    """Hours as the mailbox settings take them. The zone may have a name of Windows or of IANA."""
    return {
        "daysOfWeek": list(days),
        "startTime": opens.isoformat(),
        "endTime": closes.isoformat(),
        "timeZone": {"name": windows_name(zone_name)},
    }


def _custom(rules: ZoneRules) -> CustomZone:
    """The zone with *rules*.

    The page says that places ahead of UTC have a positive bias. What Graph answers, on its own
    pages too (480 for the Pacific coast), is the bias of Windows: UTC is local time and bias.
    """
    back, forward = rules.standard_offset or ZoneTurn(), rules.daylight_offset or ZoneTurn()
    standard = timedelta(minutes=-(rules.bias or 0))
    return CustomZone(
        standard,
        standard - timedelta(minutes=forward.daylight_bias or 0),
        to_standard=_turn(back),
        to_daylight=_turn(forward),
    )


def _turn(turn: ZoneTurn) -> Turn | None:
    if not turn.month or (turn.day_of_week or "").lower() not in DAYS:
        return None
    return Turn(
        month=turn.month,
        weekday=DAYS.index((turn.day_of_week or "").lower()),
        occurrence=turn.day_occurrence or 1,
        at=time.fromisoformat(turn.time or "00:00:00"),
    )
