from datetime import UTC, datetime, time, timedelta

import msgspec
import pytest

from heliograph.errors import Invalid
from heliograph.graph.values.spans import Span
from heliograph.graph.values.working_hours import DAYS, WEEKEND, WorkingHours, working_hours


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(opens: str, closes: str, zone: str, *days: str) -> WorkingHours:
    return msgspec.convert(
        {
            "daysOfWeek": days or DAYS,
            "startTime": opens,
            "endTime": closes,
            "timeZone": {"name": zone},
        },
        WorkingHours,
        strict=False,
    )


def on(day: str, of: WorkingHours) -> list[Span]:
    """The whole hours of that day, as the clocks of the zone count it."""
    around = of.spans(utc(day) - timedelta(days=1), utc(day) + timedelta(days=2))
    place = of.time_zone.zone
    return [span for span in around if span.start.astimezone(place).date().isoformat() == day]


def test_hours_as_graph_writes_them() -> None:
    """The payload of the reference, 12.5: a week of Copenhagen, in the name of Windows."""
    given = msgspec.json.decode(
        b"""{"daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
             "startTime": "08:00:00.0000000", "endTime": "16:30:00.0000000",
             "timeZone": {"name": "Romance Standard Time"}}""",
        type=WorkingHours,
    )
    week = list(given.spans(utc("2026-11-23"), utc("2026-11-30")))
    assert len(week) == 5
    assert week[0] == Span(utc("2026-11-23T07:00"), utc("2026-11-23T15:30"))


def test_days_may_have_capitals_and_others_may_be_added() -> None:
    monday = hours("08:00", "17:00", "UTC", "Monday")
    week = list(monday.spans(utc("2026-11-23"), utc("2026-11-30"), also=WEEKEND))
    assert [span.start.strftime("%A") for span in week] == ["Monday", "Saturday", "Sunday"]


def test_hours_are_cut_to_what_is_asked_for() -> None:
    given = hours("08:00", "17:00", "UTC")
    assert list(given.spans(utc("2026-11-23T09:00"), utc("2026-11-23T10:00"))) == [
        Span(utc("2026-11-23T09:00"), utc("2026-11-23T10:00"))
    ]
    assert list(given.spans(utc("2026-11-23T17:00"), utc("2026-11-24T08:00"))) == []


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-03-27", "07:00"),
        ("2026-03-30", "06:00"),
        ("2026-10-23", "06:00"),
        ("2026-10-26", "07:00"),
    ],
)
def test_hours_follow_daylight_saving(day: str, opens: str) -> None:
    for name in ("W. Europe Standard Time", "Europe/Berlin"):
        (span,) = on(day, hours("08:00", "17:00", name))
        assert span.start == utc(f"{day}T{opens}")
        assert span.end - span.start == timedelta(hours=9)


@pytest.mark.parametrize(
    ("day", "length"),
    [("2026-03-28", 3), ("2026-03-29", 2), ("2026-10-25", 4)],
    ids=["any-day", "an-hour-left-out", "an-hour-twice"],
)
def test_a_night_is_as_long_as_it_really_is(day: str, length: int) -> None:
    (span,) = on(day, hours("01:00", "04:00", "Europe/Berlin"))
    assert span.end - span.start == timedelta(hours=length)


@pytest.mark.parametrize(
    ("opens", "closes", "start", "end"),
    [
        ("02:30", "06:00", "01:30", "04:00"),
        ("01:00", "02:30", "00:00", "01:30"),
        ("02:15", "02:45", "01:15", "01:45"),
    ],
    ids=["opens-in-the-gap", "closes-in-the-gap", "within"],
)
def test_a_time_that_the_clocks_leave_out_counts_from_before(
    opens: str, closes: str, start: str, end: str
) -> None:
    """RFC 5545, 3.3.5: on 29 March 2026 the clocks of Berlin go from 02:00 to 03:00."""
    (span,) = on("2026-03-29", hours(opens, closes, "Europe/Berlin"))
    assert span == Span(utc(f"2026-03-29T{start}"), utc(f"2026-03-29T{end}"))


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    """On 25 October 2026 those of Berlin go from 03:00 to 02:00."""
    (span,) = on("2026-10-25", hours("02:30", "05:00", "Europe/Berlin"))
    assert span == Span(utc("2026-10-25T00:30"), utc("2026-10-25T04:00"))


def test_hours_of_another_day_reach_into_this_one() -> None:
    given = hours("08:00", "17:00", "Pacific/Auckland")
    first, second = given.spans(utc("2026-11-23"), utc("2026-11-24"))
    assert first == Span(utc("2026-11-23T00:00"), utc("2026-11-23T04:00"))
    assert second == Span(utc("2026-11-23T19:00"), utc("2026-11-24T00:00"))


def test_a_zone_by_rules_is_the_zone_with_a_name() -> None:
    """As `getSchedule` answers for the Pacific coast, on Graph's own page."""
    given = msgspec.json.decode(
        b"""{"daysOfWeek": ["monday"], "startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000",
             "timeZone": {"@odata.type": "#microsoft.graph.customTimeZone", "bias": 480,
               "name": "Customized Time Zone",
               "standardOffset": {"time": "02:00:00.0000000", "dayOccurrence": 1,
                 "dayOfWeek": "sunday", "month": 11, "year": 0},
               "daylightOffset": {"daylightBias": -60, "time": "02:00:00.0000000",
                 "dayOccurrence": 2, "dayOfWeek": "sunday", "month": 3, "year": 0}}}""",
        type=WorkingHours,
    )
    year = utc("2026-01-01"), utc("2027-01-01")
    named = hours("08:00", "17:00", "Pacific Standard Time", "monday")
    assert list(given.spans(*year)) == list(named.spans(*year))


def test_a_zone_by_half_of_its_rules_is_never_turned() -> None:
    given = msgspec.json.decode(
        b'{"daysOfWeek": ["monday"], "timeZone": {"name": "Customized Time Zone", "bias": -60}}',
        type=WorkingHours,
    )
    (span,) = on("2026-07-06", given)
    assert span.start == utc("2026-07-06T07:00")


def test_hours_in_a_zone_that_nobody_knows_are_refused() -> None:
    with pytest.raises(Invalid, match="expected a time zone of Windows or IANA, got 'Mars'"):
        on("2026-11-23", hours("08:00", "17:00", "Mars"))


def test_hours_are_written_in_a_zone_of_windows() -> None:
    assert working_hours(time(9), time(17, 30), zone_name="Europe/Copenhagen") == {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "09:00:00",
        "endTime": "17:30:00",
        "timeZone": {"name": "Romance Standard Time"},
    }
    with pytest.raises(Invalid):
        working_hours(time(9), time(17), zone_name="Mars/Base")
