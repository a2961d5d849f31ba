"""Wall times and their zones."""

from datetime import UTC, datetime, timedelta

import pytest

from heliograph.simulator.outlook.times import (
    duration,
    in_utc,
    in_zone,
    moment,
    query_time,
    wall,
)
from heliograph.simulator.outlook.zones import iana, windows, zone
from heliograph.simulator.refusals import Refused

SUMMER = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Romance Standard Time", "Europe/Paris", "europe/PARIS"])
def test_zones_of_windows_and_of_the_tz_database_are_known(name: str) -> None:
    assert moment({"dateTime": "2026-07-01T10:00:00", "timeZone": name}) == SUMMER


def test_every_zone_of_windows_stands_for_one() -> None:
    assert {zone(name).key for name in windows()} <= {*iana()}


def test_times_have_seven_digits() -> None:
    assert in_utc(SUMMER) == {"dateTime": "2026-07-01T08:00:00.0000000", "timeZone": "UTC"}
    assert in_zone(SUMMER, "Tokyo Standard Time")["dateTime"] == "2026-07-01T17:00:00.0000000"


def test_an_offset_beside_the_zone_counts() -> None:
    value = {"dateTime": "2026-07-01T08:00:00Z", "timeZone": "Europe/Paris"}
    assert moment(value) == SUMMER
    assert wall(value) == datetime(2026, 7, 1, 10, 0)  # noqa: DTZ001 (on the wall)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"dateTime": "2026-07-01", "timeZone": "Mars"}, "TimeZoneNotSupportedException"),
        ({"dateTime": "2026-07-01"}, "TimeZoneNotSupportedException"),
        ({"dateTime": "soon", "timeZone": "UTC"}, "ErrorPropertyValidationFailure"),
        ({"timeZone": "UTC"}, "ErrorPropertyValidationFailure"),
    ],
)
def test_what_is_no_time_is_refused(value: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        moment(value)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-07-01T10:00:00 02:00", 8), ("2026-07-01T08:00:00", 8), ("2026-07-01", 0)],
)
def test_times_in_queries_are_utc_where_they_name_no_offset(text: str, hour: int) -> None:
    assert query_time(text) == SUMMER.replace(hour=hour)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("PT30M", 30), ("PT1H30M", 90), ("P1DT2H", 26 * 60), ("P1D", 24 * 60), ("1:30:00", 90)],
)
def test_durations_are_read(text: str, minutes: int) -> None:
    assert duration(text) == timedelta(minutes=minutes)
