"""Series: occurrences, exceptions and those called off: graph-users-api.md, 7.3, K12 and K13."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner
from tests.heliograph.simulator.graph.outlook.test_events import PARIS, at, event, window

DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "noEnd", "startDate": "2030-05-01"},
}
CROSSES = (400, "ErrorOccurrenceCrossingBoundary")


async def days(owner: Owner, first: int, last: int) -> list[str]:
    view = await owner.value(f"calendarView?{window(first, last)}&$top=100")
    return [one["start"]["dateTime"][8:13] for one in view]


@pytest.fixture
async def series(lene: Owner) -> dict[str, Any]:
    made: dict[str, Any] = await lene.post("events", event(recurrence=DAILY))
    return made


async def occurrence(owner: Owner, day: int, **more: Any) -> dict[str, Any]:
    (found,) = await owner.value(f"calendarView?{window(day, day + 1)}", **more)
    return found


async def test_the_master_is_listed_and_its_occurrences_are_viewed(
    lene: Owner, series: Any
) -> None:
    assert series["type"] == "seriesMaster"
    assert series["recurrence"]["range"] == {
        "type": "noEnd",
        "startDate": "2030-05-01",
        "endDate": "0001-01-01",
        "recurrenceTimeZone": "UTC",
        "numberOfOccurrences": 0,
    }
    assert series["recurrence"]["pattern"]["month"] == 0
    assert [one["id"] for one in await lene.value("events")] == [series["id"]]
    view = await lene.value(f"calendarView?{window(1, 4)}")
    assert [one["start"]["dateTime"][:13] for one in view] == [
        f"2030-05-0{day}T10" for day in (1, 2, 3)
    ]
    first = view[0]
    assert (first["type"], first["recurrence"]) == ("occurrence", None)
    assert first["seriesMasterId"] == series["id"]
    assert first["originalStart"] == "2030-05-01T10:00:00Z"
    assert first["subject"] == "Plan"
    assert len({one["id"] for one in view}) == len({one["iCalUId"] for one in view}) == 3
    instances = await lene.value(f"events/{series['id']}/instances?{window(1, 3)}")
    assert [one["id"] for one in instances] == [one["id"] for one in view[:2]]
    refused = await lene.refused("GET", f"events/{first['id']}/instances?{window(1, 3)}")
    assert refused == (400, "ErrorInvalidRequest")


async def test_an_occurrence_is_found_by_both_forms_of_its_id(lene: Owner, series: Any) -> None:
    default = await occurrence(lene, 2)
    immutable = await occurrence(lene, 2, headers=IMMUTABLE)
    assert default["id"] != immutable["id"]
    assert (await lene.get(f"events/{default['id']}"))["start"] == default["start"]
    seen = await lene.get(f"events/{immutable['id']}", headers=IMMUTABLE)
    assert (seen["id"], seen["seriesMasterId"]) == (immutable["id"], immutable["seriesMasterId"])
    master = await lene.get(f"events/{seen['seriesMasterId']}", headers=IMMUTABLE)
    assert master["type"] == "seriesMaster"
    nonsense = default["id"].replace("20300502", "20300230")
    assert await lene.refused("GET", f"events/{nonsense}") == (404, "ErrorItemNotFound")


async def test_wall_time_holds_over_the_change_of_the_clocks(lene: Owner) -> None:
    """Clocks in Paris go back on 27 October 2030."""
    start = {"dateTime": "2030-10-26T09:00:00", "timeZone": PARIS}
    end = {"dateTime": "2030-10-26T10:00:00", "timeZone": PARIS}
    recurrence = {
        **DAILY,
        "range": {"type": "numbered", "numberOfOccurrences": 2, "startDate": "2030-10-26"},
    }
    made = await lene.post("events", event(start=start, end=end, recurrence=recurrence))
    assert made["recurrence"]["range"]["recurrenceTimeZone"] == PARIS
    query = "startDateTime=2030-10-01T00:00:00Z&endDateTime=2030-11-01T00:00:00Z"
    view = await lene.value(f"calendarView?{query}")
    assert [one["start"]["dateTime"][11:13] for one in view] == ["07", "08"]


@pytest.mark.parametrize(
    ("pattern", "span", "found"),
    [
        (
            {"type": "daily", "interval": 2},
            {"type": "numbered", "numberOfOccurrences": 3},
            ["01", "03", "05"],
        ),
        (
            {"type": "weekly", "interval": 1, "daysOfWeek": ["Monday", "wednesday"]},
            {"type": "endDate", "endDate": "2030-05-13"},
            ["01", "06", "08", "13"],
        ),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, {"type": "noEnd"}, ["31"]),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["friday"], "index": "second"},
            {"type": "noEnd"},
            ["10"],
        ),
        (
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 20, "month": 5},
            {"type": "noEnd"},
            ["20"],
        ),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "daysOfWeek": ["sunday"],
                "index": "last",
                "month": 5,
            },
            {"type": "noEnd"},
            ["26"],
        ),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
async def test_patterns_are_expanded(
    lene: Owner, pattern: Any, span: Any, found: list[str]
) -> None:
    """May 2030 begins on a Wednesday."""
    recurrence = {"pattern": pattern, "range": {"startDate": "2030-05-01", **span}}
    made = await lene.post("events", event(recurrence=recurrence))
    query = "startDateTime=2030-05-01T00:00:00Z&endDateTime=2030-06-01T00:00:00Z&$top=50"
    view = await lene.value(f"calendarView?{query}")
    assert [one["start"]["dateTime"][8:10] for one in view] == found
    assert made["start"]["dateTime"][8:10] == found[0]


@pytest.mark.parametrize(
    ("pattern", "span", "code"),
    [
        ({"type": "weekly", "interval": 1}, {"type": "noEnd"}, "ErrorPropertyValidationFailure"),
        ({"type": "daily", "interval": 0}, {"type": "noEnd"}, "ErrorPropertyValidationFailure"),
        ({"type": "hourly", "interval": 1}, {"type": "noEnd"}, "RequestBodyRead"),
        ({"type": "daily", "interval": 1}, {}, "ErrorPropertyValidationFailure"),
        ({"type": "daily", "interval": 1}, {"type": "numbered"}, "ErrorPropertyValidationFailure"),
        (
            {"type": "daily", "interval": 1},
            {"type": "endDate", "endDate": "2030-04-30"},
            "ErrorRecurrenceEndDateTooSmall",
        ),
        (
            {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
            {"type": "endDate", "endDate": "2030-05-02"},
            "ErrorRecurrenceHasNoOccurrence",
        ),
    ],
)
async def test_a_malformed_series_is_refused(
    lene: Owner, pattern: Any, span: Any, code: str
) -> None:
    recurrence = {"pattern": pattern, "range": span}
    assert await lene.refused("POST", "events", event(recurrence=recurrence)) == (400, code)


async def test_a_changed_occurrence_is_an_exception_under_its_id(lene: Owner, series: Any) -> None:
    path = f"events/{(await occurrence(lene, 2))['id']}"
    changed = await lene.patch(
        path, {"subject": "Special", "start": at(14, day=2), "end": at(15, day=2)}
    )
    assert (changed["type"], changed["seriesMasterId"]) == ("exception", series["id"])
    assert changed["originalStart"] == "2030-05-02T10:00:00Z"
    assert await days(lene, 1, 4) == ["01T10", "02T14", "03T10"]
    assert (await occurrence(lene, 2))["id"] == changed["id"]
    master = f"events/{series['id']}"
    assert (await lene.get(master))["changeKey"] != series["changeKey"]
    for query in ("$select=exceptionOccurrences", "$expand=exceptionOccurrences"):
        asked = await lene.get(f"{master}?{query}")
        assert [one["subject"] for one in asked["exceptionOccurrences"]] == ["Special"]
    await lene.patch(master, {"subject": "Ordinary"})
    view = await lene.value(f"calendarView?{window(1, 4)}")
    assert [one["subject"] for one in view] == ["Ordinary", "Special", "Ordinary"]


async def test_an_occurrence_stays_between_its_neighbours(lene: Owner, series: Any) -> None:
    path = f"events/{(await occurrence(lene, 2))['id']}"
    for start, end in (
        (at(10, day=3), at(11, day=3)),
        (at(9, day=1), at(9, day=1)),
        (at(12, day=3), at(13, day=3)),
    ):
        assert await lene.refused("PATCH", path, {"start": start, "end": end}) == CROSSES
    await lene.patch(path, {"start": at(9, day=3), "end": at(10, day=3)})
    assert await days(lene, 1, 4) == ["01T10", "03T09", "03T10"]


@pytest.mark.parametrize("way", ["delete", "cancel", "exception"])
async def test_an_occurrence_is_called_off(lene: Owner, series: Any, way: str) -> None:
    path = f"events/{(await occurrence(lene, 2))['id']}"
    if way == "exception":
        await lene.patch(path, {"subject": "Special"})
    if way == "cancel":
        await lene.post(f"{path}/cancel", {}, status=202)
    else:
        await lene.delete(path)
    assert await days(lene, 1, 4) == ["01T10", "03T10"]
    assert await lene.refused("GET", path) == (404, "ErrorItemNotFound")
    asked = await lene.get(f"events/{series['id']}?$select=cancelledOccurrences")
    assert asked["cancelledOccurrences"] == [f"OID.{series['id']}.2030-05-02"]


async def test_another_pattern_forgets_the_exceptions(lene: Owner, series: Any) -> None:
    second, third = [f"events/{(await occurrence(lene, day))['id']}" for day in (2, 3)]
    await lene.patch(second, {"subject": "Special"})
    await lene.delete(third)
    changed = await lene.patch(f"events/{series['id']}", {"start": at(12), "end": at(13)})
    assert changed["recurrence"]["pattern"]["type"] == "daily"
    view = await lene.value(f"calendarView?{window(1, 4)}")
    assert [(one["subject"], one["start"]["dateTime"][11:13]) for one in view] == [
        ("Plan", "12")
    ] * 3
    single = await lene.patch(f"events/{series['id']}", {"recurrence": None})
    assert (single["type"], single["recurrence"]) == ("singleInstance", None)
    assert len(await lene.value(f"calendarView?{window(1, 4)}")) == 1


async def test_a_series_goes_with_all_that_belongs_to_it(lene: Owner, series: Any) -> None:
    path = f"events/{(await occurrence(lene, 2))['id']}"
    await lene.patch(path, {"subject": "Special"})
    await lene.delete(f"events/{series['id']}")
    assert await days(lene, 1, 9) == []
    assert (await lene.refused("GET", path))[0] == 404


async def test_a_series_of_whole_days_floats(lene: Owner) -> None:
    body = event(
        isAllDay=True, start=at(0, zone=PARIS), end=at(0, day=2, zone=PARIS), recurrence=DAILY
    )
    await lene.post("events", body)
    view = await lene.value(
        f"calendarView?{window(2, 3)}", headers={"prefer": f'outlook.timezone="{PARIS}"'}
    )
    assert [one["start"]["dateTime"] for one in view] == ["2030-05-02T00:00:00.0000000"]


async def test_attendees_follow_a_series_and_its_exceptions(lene: Owner, amir: Owner) -> None:
    made = await lene.post("events", event(recurrence=DAILY, attendees=[amir.person]))
    assert await days(amir, 1, 3) == ["01T10", "02T10"]
    second = f"events/{(await occurrence(lene, 2))['id']}"
    await lene.patch(second, {"start": at(15, day=2), "end": at(16, day=2)})
    assert await days(amir, 1, 3) == ["01T10", "02T15"]
    await lene.post(f"events/{(await occurrence(lene, 1))['id']}/cancel", {}, status=202)
    assert (await occurrence(amir, 1))["isCancelled"] is True
    theirs = await occurrence(amir, 2)
    await amir.post(f"events/{theirs['id']}/accept", {}, status=202)
    seen = await lene.get(second)
    assert seen["attendees"][0]["status"]["response"] == "accepted"
    assert (await lene.get(f"events/{made['id']}"))["attendees"][0]["status"]["response"] == "none"
    await amir.post(f"events/{(await occurrence(amir, 3))['id']}/decline", {}, status=202)
    assert await days(amir, 3, 4) == []
    assert (await occurrence(lene, 3))["attendees"][0]["status"]["response"] == "declined"
    await lene.patch(f"events/{made['id']}", {"start": at(8), "end": at(9)})
    assert await days(amir, 1, 4) == ["01T08", "02T08", "03T08"]
