"""Paths as official clients write them."""

import pytest

from heliograph.simulator.graph.calls import options
from heliograph.simulator.paths import arguments, split


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/users('a@b')/messages('AAMk%3D')", ("users", "a@b", "messages", "AAMk=")),
        ("/users/x/calendarView/delta()", ("users", "x", "calendarView", "delta")),
        ("/users('o''neil@b')/", ("users", "o'neil@b")),
    ],
)
def test_keys_in_parentheses_are_segments(path: str, segments: tuple[str, ...]) -> None:
    assert split(path) == segments


@pytest.mark.parametrize(
    ("written", "start"),
    [
        (
            "reminderView(startDateTime='2026-12-01T08:00:00',endDateTime='x')",
            "2026-12-01T08:00:00",
        ),
        ("reminderView(StartDateTime=2026-12-01T08:00:00Z,EndDateTime=x)", "2026-12-01T08:00:00Z"),
        ("reminderView(StartDateTime='2026-12-01'EndDateTime='x')", "2026-12-01"),
        ("reminderView(endDateTime='a,b', startDateTime='it''s')", "it's"),
        ("reminderView(startDateTime='a'endDateTime='b')", "a"),
    ],
)
def test_arguments_are_read_with_and_without_quotes(written: str, start: str) -> None:
    assert arguments(split(f"/users/x/{written}"))["startdatetime"] == start


def test_options_have_no_case() -> None:
    assert options("$SELECT=a&startdatetime=b&Own=c") == {
        "$select": "a",
        "startDateTime": "b",
        "Own": "c",
    }
