from datetime import UTC, datetime, timedelta, timezone

import pytest

from heliograph.graph.values.times import duration, iso, moment, utc

COPENHAGEN = timezone(timedelta(hours=1))
TEN = datetime(2026, 12, 1, 10, tzinfo=COPENHAGEN)


def test_times_go_out_in_utc() -> None:
    assert utc(TEN) == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert iso(TEN) == "2026-12-01T09:00:00Z"
    assert moment(TEN) == {"dateTime": "2026-12-01T09:00:00", "timeZone": "UTC"}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="a time with a zone is expected, not 2026-12-01T10:00:00"):
        moment(TEN.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=30), "PT0H30M"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(days=2), "PT48H0M"),
    ],
    ids=["half-hour", "ninety-minutes", "days"],
)
def test_a_length_of_time_is_written(length: timedelta, text: str) -> None:
    assert duration(length) == text
