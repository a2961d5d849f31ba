import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from heliograph.errors import Invalid, Throttled
from heliograph.graph import GraphClient, Request, Response
from heliograph.graph.calendar.schedules import Schedule
from heliograph.graph.calendar.slots import Spell
from heliograph.settings import Tenant

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
SIX = NINE + timedelta(hours=9)
INFORMATION: dict[str, Any] = {
    "scheduleId": LENE,
    "availabilityView": "000220000",
    "scheduleItems": [
        {
            "isPrivate": False,
            "status": "busy",
            "subject": "Payroll run",
            "location": "CPH 3.02",
            "start": {"dateTime": "2026-12-01T12:00:00.0000000", "timeZone": "UTC"},
            "end": {"dateTime": "2026-12-01T14:00:00.0000000", "timeZone": "UTC"},
        }
    ],
    "workingHours": {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": "Romance Standard Time"},
    },
}
UNKNOWN = {
    "scheduleId": "nobody@contoso.com",
    "error": {
        "message": "The address has no mailbox.",
        "responseCode": "ErrorMailRecipientNotFound",
    },
}


class Exchange:
    """Answers for every address, with a view of one digit for each interval."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def send(self, request: Request) -> Response:
        assert isinstance(request.json, dict)
        asked = {**request.json, "schedules": list(request.json["schedules"])}
        self.asked.append(asked)
        start, end = (
            datetime.fromisoformat(asked[name]["dateTime"]) for name in ("startTime", "endTime")
        )
        number = -(-(end - start) // timedelta(minutes=asked["availabilityViewInterval"]))
        seam = {
            "status": "oof",
            "start": {"dateTime": "2026-12-01T00:00:00"},
            "end": {"dateTime": "2027-12-01T00:00:00"},
        }
        value = [
            {
                "scheduleId": address.upper(),
                "availabilityView": "0" * number,
                "scheduleItems": [seam],
            }
            for address in asked["schedules"]
        ]
        await asyncio.sleep(0)
        return Response(status=200, content=msgspec.json.encode({"value": value}))


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def busy(exchange: Exchange, tenant: Tenant) -> GraphClient:
    return GraphClient(exchange, tenant=tenant)


async def test_a_schedule_is_typed(graph: GraphClient, recorder: "Recorder") -> None:
    """The payload of the reference, 12.5; an error of one address does not hurt the others."""
    recorder.answer(200, {"value": [INFORMATION, UNKNOWN]})
    lene, nobody = await graph.schedules.get(
        LENE, [LENE, "nobody@contoso.com"], start=NINE, end=SIX, interval=timedelta(hours=1)
    )
    assert (lene.address, lene.view) == (LENE, "000220000")
    assert lene.items[0].subject == "Payroll run"
    assert lene.working_hours is not None
    assert lene.working_hours.time_zone.name == "Romance Standard Time"
    assert lene.error is None
    assert nobody.error is not None
    assert nobody.error.response_code == "ErrorMailRecipientNotFound"
    assert recorder.calls == [f"POST /users/{LENE}/calendar/getSchedule"]
    assert recorder.last.json == {
        "schedules": [LENE, "nobody@contoso.com"],
        "startTime": {"dateTime": "2026-12-01T09:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-12-01T18:00:00", "timeZone": "UTC"},
        "availabilityViewInterval": 60,
    }
    assert not recorder.last.is_write
    assert recorder.last.is_repeatable
    assert recorder.is_outlook(LENE)


async def test_any_number_of_addresses_is_asked_for_by_twenties(
    busy: GraphClient, exchange: Exchange
) -> None:
    addresses = [f"u{number}@contoso.com" for number in range(45)]
    found = await busy.schedules.get(LENE, [*addresses, addresses[0]], start=NINE, end=SIX)
    assert [each.address for each in found] == [*addresses, addresses[0]]
    assert {each.view for each in found} == {"0" * 18}
    assert [len(asked["schedules"]) for asked in exchange.asked] == [20, 20, 5]


@pytest.mark.parametrize("minutes", [30, 7, 1440])
async def test_a_long_window_is_asked_for_in_pieces_of_whole_intervals(
    busy: GraphClient, exchange: Exchange, minutes: int
) -> None:
    interval, length = timedelta(minutes=minutes), timedelta(days=200, hours=1)
    (found,) = await busy.schedules.get(
        LENE, [LENE], start=NINE, end=NINE + length, interval=interval
    )
    assert len(found.view) == -(-length // interval)
    assert len(found.items) == 1, "what goes over a seam stands in both pieces"
    walls = [
        (asked["startTime"]["dateTime"], asked["endTime"]["dateTime"]) for asked in exchange.asked
    ]
    pieces = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in walls]
    assert len(pieces) == 4
    assert all(end - start <= timedelta(days=62) for start, end in pieces)
    assert all(not (end - start) % interval for start, end in pieces[:-1])
    assert [end for _, end in pieces[:-1]] == [start for start, _ in pieces[1:]]


async def test_an_empty_window_or_no_address_asks_nothing(
    busy: GraphClient, exchange: Exchange
) -> None:
    (found,) = await busy.schedules.get(LENE, [LENE], start=NINE, end=NINE)
    assert found.view == ""
    assert await busy.schedules.get(LENE, [], start=NINE, end=SIX) == []
    assert exchange.asked == []


@pytest.mark.parametrize(
    "interval", [timedelta(minutes=4), timedelta(minutes=1441), timedelta(minutes=5, seconds=1)]
)
async def test_an_interval_that_graph_refuses_is_not_sent(
    busy: GraphClient, exchange: Exchange, interval: timedelta
) -> None:
    with pytest.raises(
        Invalid, match=f"expected an interval of 5 to 1440 whole minutes, got {interval}"
    ):
        await busy.schedules.get(LENE, [LENE], start=NINE, end=SIX, interval=interval)
    assert exchange.asked == []


async def test_an_address_that_is_left_out_is_an_error_of_its_own(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [INFORMATION]})
    lene, other = await graph.schedules.get(LENE, [LENE, "x@contoso.com"], start=NINE, end=SIX)
    assert lene.error is None
    assert other.error is not None


async def test_one_refusal_ends_all(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": []}).refuse(429, "TooManyRequests").answer(200, {"value": []})
    with pytest.raises(Throttled):
        await graph.schedules.get(
            LENE, [f"u{number}@contoso.com" for number in range(60)], start=NINE, end=SIX
        )


class TestSpells:
    """What takes up somebody's time, whichever part of the answer tells it."""

    async def test_items_are_spells(self, graph: GraphClient, recorder: "Recorder") -> None:
        recorder.answer(200, {"value": [INFORMATION, UNKNOWN]})
        addresses = [LENE, "nobody@contoso.com"]
        lene, nobody = await graph.schedules.get(LENE, addresses, start=NINE, end=SIX)
        assert nobody.spells() is None
        assert lene.spells() == [
            Spell(NINE + timedelta(hours=3), NINE + timedelta(hours=5), "busy")
        ]

    def test_a_view_alone_tells_as_well(self) -> None:
        schedule = Schedule(address=LENE, start=NINE, interval=timedelta(hours=1), view="01234")
        found = schedule.spells()
        assert found is not None
        assert [(spell.start.hour, spell.status) for spell in found] == [
            (10, "tentative"),
            (11, "busy"),
            (12, "oof"),
            (13, "unknown"),
        ]
        assert found[0].end == found[1].start

    def test_who_is_free_has_none(self) -> None:
        free = Schedule(address=LENE, start=NINE, interval=timedelta(hours=1), view="00")
        assert free.spells() == []
