"""On which days a series happens."""

from datetime import date, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.simulator.outlook.recurrence import checked, dates

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def series(pattern: dict[str, Any], start: date, **span: Any) -> dict[str, Any]:
    range_ = {"type": "noEnd", **span}
    return checked(
        {"pattern": {"interval": 1, **pattern}, "range": range_}, start=start, zone="UTC"
    )


patterns = st.one_of(
    st.just({"type": "daily"}),
    st.fixed_dictionaries(
        {
            "type": st.just("weekly"),
            "daysOfWeek": st.lists(st.sampled_from(DAYS), min_size=1),
            "firstDayOfWeek": st.sampled_from(DAYS),
        }
    ),
    st.fixed_dictionaries({"type": st.just("absoluteMonthly"), "dayOfMonth": st.integers(1, 31)}),
    st.fixed_dictionaries(
        {
            "type": st.just("relativeMonthly"),
            "daysOfWeek": st.lists(st.sampled_from(DAYS), min_size=1),
            "index": st.sampled_from(["first", "second", "third", "fourth", "last"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("absoluteYearly"),
            "dayOfMonth": st.integers(1, 31),
            "month": st.integers(1, 12),
        }
    ),
)
starts = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@given(patterns, st.integers(1, 5), starts)
def test_days_rise_and_none_is_before_the_start(pattern: Any, interval: int, start: date) -> None:
    found = list(islice(dates(series({**pattern, "interval": interval}, start)), 20))
    assert len(found) == 20
    assert found[0] >= start
    assert all(one < other for one, other in pairwise(found))


@given(patterns, starts, st.integers(1, 30))
def test_a_numbered_series_has_so_many_days(pattern: Any, start: date, number: int) -> None:
    recurrence = series(pattern, start, type="numbered", numberOfOccurrences=number)
    assert len(list(dates(recurrence))) == number


@given(patterns, starts, st.integers(400, 3_000))
def test_no_day_is_after_the_end(pattern: Any, start: date, length: int) -> None:
    end = start + timedelta(days=length)
    ended = list(dates(series(pattern, start, type="endDate", endDate=end.isoformat())))
    assert ended == list(dates(series(pattern, start), until=end))
    assert ended[-1] <= end


@given(patterns, starts)
def test_days_of_the_week_are_those_of_the_pattern(pattern: Any, start: date) -> None:
    found = islice(dates(series(pattern, start)), 10)
    if "daysOfWeek" in pattern:
        assert {DAYS[day.weekday()] for day in found} <= set(pattern["daysOfWeek"])


@pytest.mark.parametrize(
    ("pattern", "start", "found"),
    [
        ({"type": "daily", "interval": 2}, "2026-01-30", ["01-30", "02-01", "02-03"]),
        # Weeks are counted from the one of the start: its own other days may be before it.
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "friday"]},
            "2026-01-28",
            ["01-30", "02-09", "02-13"],
        ),
        (
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["tuesday", "sunday"],
                "firstDayOfWeek": "monday",
            },
            "2026-08-04",
            ["08-04", "08-09", "08-18"],
        ),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, "2026-01-15", ["01-31", "02-28", "03-31"]),
        (
            {"type": "relativeMonthly", "daysOfWeek": ["thursday"], "index": "last"},
            "2026-01-15",
            ["01-29", "02-26", "03-26"],
        ),
        (
            {"type": "relativeMonthly", "daysOfWeek": DAYS[:5], "index": "first"},
            "2026-01-15",
            ["02-02", "03-02", "04-01"],
        ),
    ],
)
def test_known_series(pattern: Any, start: str, found: list[str]) -> None:
    days = islice(dates(series(pattern, date.fromisoformat(start))), 3)
    assert [day.isoformat()[5:] for day in days] == found


def test_leap_days_fall_on_the_last_of_february_in_other_years() -> None:
    recurrence = series({"type": "absoluteYearly", "dayOfMonth": 29, "month": 2}, date(2028, 1, 1))
    assert [day.isoformat() for day in islice(dates(recurrence), 2)] == ["2028-02-29", "2029-02-28"]
