"""Rules without a name turn the clocks as the zones do that have those rules by name."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.graph.values.custom_zone import CustomZone, Turn

SUNDAY = 6
TWO, THREE = time(2), time(3)


def zone(offset: int, to_daylight: Turn, to_standard: Turn) -> CustomZone:
    return CustomZone(
        timedelta(hours=offset),
        timedelta(hours=offset + 1),
        to_daylight=to_daylight,
        to_standard=to_standard,
    )


def sunday(occurrence: int, month: int, at: time) -> Turn:
    return Turn(month=month, weekday=SUNDAY, occurrence=occurrence, at=at)


ZONES = {
    "America/Los_Angeles": zone(-8, sunday(2, 3, TWO), sunday(1, 11, TWO)),
    "Europe/Berlin": zone(1, sunday(5, 3, TWO), sunday(5, 10, THREE)),
    "Australia/Sydney": zone(10, sunday(1, 10, TWO), sunday(1, 4, THREE)),
}
named = st.sampled_from(sorted(ZONES))
walls = st.datetimes(datetime(2010, 1, 1), datetime(2036, 12, 31))  # noqa: DTZ001 (walls)
turning_walls = st.sampled_from([(3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)]).flatmap(
    lambda day: st.datetimes(datetime(2026, *day), datetime(2026, *day, 6))  # noqa: DTZ001 (walls)
)


@given(named, walls | turning_walls)
def test_an_instant_is_shown_as_by_the_zone_with_a_name(name: str, when: datetime) -> None:
    instant = when.replace(tzinfo=UTC)
    ours, theirs = instant.astimezone(ZONES[name]), instant.astimezone(ZoneInfo(name))
    assert ours.replace(tzinfo=None) == theirs.replace(tzinfo=None)
    assert ours.fold == theirs.fold
    assert ours.utcoffset() == theirs.utcoffset()


@given(named, walls | turning_walls, st.sampled_from([0, 1]))
def test_a_wall_time_is_the_instant_of_the_zone_with_a_name(
    name: str, wall: datetime, fold: int
) -> None:
    ours = wall.replace(tzinfo=ZONES[name], fold=fold)
    assert ours.astimezone(UTC) == wall.replace(tzinfo=ZoneInfo(name), fold=fold).astimezone(UTC)


@pytest.mark.parametrize("turn", [None, sunday(1, 11, TWO)], ids=["none", "half"])
def test_without_both_turns_the_clocks_are_never_turned(turn: Turn | None) -> None:
    fixed = CustomZone(timedelta(hours=5), timedelta(hours=6), to_standard=turn)
    for month in range(1, 13):
        when = datetime(2026, month, 1, tzinfo=UTC).astimezone(fixed)
        assert (when.utcoffset(), when.tzname()) == (timedelta(hours=5), "Customized Time Zone")
