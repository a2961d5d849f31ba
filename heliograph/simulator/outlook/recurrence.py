"""On which days a series happens: a pattern and a range, as Graph writes them.

https://learn.microsoft.com/graph/api/resources/recurrencepattern
"""

import calendar
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import count, islice, takewhile
from typing import Any

from heliograph.simulator.refusals import Refused

Pattern = Mapping[str, Any]

NO_DATE = "0001-01-01"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INDEXES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_NEEDED = {
    "daily": (),
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}
_LATEST = date(4500, 1, 1)


def checked(given: Mapping[str, Any], *, start: date, zone: str) -> dict[str, Any]:
    """The recurrence that *given* is, complete, of a series that begins on *start* in *zone*."""
    pattern, span = given.get("pattern") or {}, given.get("range") or {}
    type_ = str(pattern.get("type"))
    needed = _NEEDED.get(type_)
    if needed is None or not all(pattern.get(name) for name in needed):
        raise _refused(f"The recurrence pattern lacks one of: {', '.join(needed or ('type',))}.")
    if (pattern.get("interval") or 0) < 1:
        raise _refused("The interval of a recurrence pattern is at least 1.")
    complete = {
        "pattern": {
            "month": 0,
            "dayOfMonth": 0,
            "daysOfWeek": [],
            "firstDayOfWeek": "sunday",
            "index": "first",
            **_given(pattern),
        },
        "range": {
            "endDate": NO_DATE,
            "recurrenceTimeZone": zone,
            "numberOfOccurrences": 0,
            "startDate": start.isoformat(),
            **_given(span),
        },
    }
    _check_range(complete["range"])
    if next(dates(complete), None) is None:
        raise Refused(
            400,
            "ErrorRecurrenceHasNoOccurrence",
            "The specified recurrence pattern has no occurrences.",
        )
    return complete


def dates(recurrence: Mapping[str, Any], *, until: date = _LATEST) -> Iterator[date]:
    """The days of the series in their order, at most to *until*."""
    span = recurrence["range"]
    start = date.fromisoformat(span["startDate"])
    last = until
    if span["type"] == "endDate":
        last = min(until, date.fromisoformat(span["endDate"]))
    found = takewhile(lambda day: day <= last, _all(recurrence["pattern"], start))
    return islice(found, span["numberOfOccurrences"]) if span["type"] == "numbered" else found


def _all(pattern: Pattern, start: date) -> Iterator[date]:
    return (day for day in _WALKS[pattern["type"]](pattern, start) if day >= start)


def _daily(pattern: Pattern, start: date) -> Iterator[date]:
    for step in count(0, pattern["interval"]):
        yield start + timedelta(days=step)


def _weekly(pattern: Pattern, start: date) -> Iterator[date]:
    first = _DAYS.index(pattern["firstDayOfWeek"])
    week = start - timedelta(days=(start.weekday() - first) % 7)
    steps = sorted((_DAYS.index(day) - first) % 7 for day in set(pattern["daysOfWeek"]))
    for weeks in count(0, pattern["interval"]):
        for step in steps:
            yield week + timedelta(days=weeks * 7 + step)


def _monthly(pattern: Pattern, start: date) -> Iterator[date]:
    for year, month in _months(start.year, start.month, pattern["interval"]):
        yield _in_month(pattern, year, month)


def _yearly(pattern: Pattern, start: date) -> Iterator[date]:
    for year, month in _months(start.year, pattern["month"], pattern["interval"] * 12):
        yield _in_month(pattern, year, month)


def _months(year: int, month: int, interval: int) -> Iterator[tuple[int, int]]:
    for step in count(0, interval):
        yield year + (month - 1 + step) // 12, (month - 1 + step) % 12 + 1


def _in_month(pattern: Pattern, year: int, month: int) -> date:
    days = calendar.monthrange(year, month)[1]
    if pattern["type"].startswith("absolute"):
        # In a month that is too short it is the last day.
        return date(year, month, min(pattern["dayOfMonth"], days))
    wanted = {_DAYS.index(day) for day in pattern["daysOfWeek"]}
    found = [day for day in range(1, days + 1) if date(year, month, day).weekday() in wanted]
    return date(year, month, found[_INDEXES[pattern["index"]]])


_WALKS: Mapping[str, Callable[[Pattern, date], Iterator[date]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "absoluteMonthly": _monthly,
    "relativeMonthly": _monthly,
    "absoluteYearly": _yearly,
    "relativeYearly": _yearly,
}


def _check_range(span: Mapping[str, Any]) -> None:
    if span.get("type") not in {"endDate", "noEnd", "numbered"}:
        raise _refused("The type of a recurrence range is endDate, noEnd or numbered.")
    if span["type"] == "numbered" and span["numberOfOccurrences"] < 1:
        raise _refused("A numbered range has a positive numberOfOccurrences.")
    if span["type"] == "endDate" and span["endDate"] < span["startDate"]:
        raise Refused(
            400,
            "ErrorRecurrenceEndDateTooSmall",
            "The end date of the recurrence is before its start date.",
        )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _refused(text: str) -> Refused:
    return Refused(400, "ErrorPropertyValidationFailure", text)
