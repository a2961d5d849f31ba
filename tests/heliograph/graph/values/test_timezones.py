from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from heliograph.errors import Invalid
from heliograph.graph.values.timezones import instant, windows_name, zone


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("romance standard time", "Europe/Paris"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Europe/Copenhagen", "Europe/Copenhagen"),
        ("Etc/GMT+7", "Etc/GMT+7"),
    ],
)
def test_both_sorts_of_names_are_known(name: str, iana: str) -> None:
    assert zone(name) == ZoneInfo(iana)


@pytest.mark.parametrize("name", ["UTC", "utc", "tzone://Microsoft/Utc"])
def test_utc_has_several_names(name: str) -> None:
    assert zone(name) is UTC


@pytest.mark.parametrize("name", sorted(win_tz))
def test_each_zone_of_windows_has_rules(name: str) -> None:
    assert zone(name).utcoffset(datetime(2026, 12, 1)) is not None  # noqa: DTZ001 (a wall time)
    assert windows_name(name) == name


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("Europe/Copenhagen", "Romance Standard Time"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_of_iana_has_a_name_in_windows(name: str, windows: str) -> None:
    assert windows_name(name) == windows


@pytest.mark.parametrize(
    "name", ["", "Nowhere Standard Time", "../../etc/passwd", "Europe", "x" * 999]
)
def test_other_names_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(Invalid, match="expected a time zone") as refused:
        zone(name)
    assert len(str(refused.value)) < 150
    with pytest.raises(Invalid, match="expected a time zone that Windows knows"):
        windows_name(name)


@pytest.mark.parametrize(
    ("wall", "name", "time"),
    [
        ("2026-12-01T08:00:00.0000000", "UTC", "2026-12-01T08:00Z"),
        ("2026-12-01T08:00:00.1234567", "UTC", "2026-12-01T08:00:00.123456Z"),
        ("2026-12-01T08:00:00", "W. Europe Standard Time", "2026-12-01T07:00Z"),
        ("2026-07-01T08:00:00", "W. Europe Standard Time", "2026-07-01T06:00Z"),
        ("2026-03-29T02:30:00", "W. Europe Standard Time", "2026-03-29T01:30Z"),
        ("2026-10-25T02:30:00", "W. Europe Standard Time", "2026-10-25T00:30Z"),
        ("2026-12-01T08:00:00Z", "W. Europe Standard Time", "2026-12-01T08:00Z"),
    ],
    ids=["utc", "seven-digits", "winter", "summer", "left-out", "twice", "with-an-offset"],
)
def test_a_wall_time_is_an_instant(wall: str, name: str, time: str) -> None:
    assert instant(wall, name) == datetime.fromisoformat(time)
