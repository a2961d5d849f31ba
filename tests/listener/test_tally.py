"""What the listener says of what it stored."""

import asyncio

from structlog.testing import capture_logs

from heliograph.notifications import decode
from heliograph.validation import Decision, check
from listener.tally import LOGGED_AT_MOST, Tally
from tests.heliograph.entra import TENANT
from tests.listener.builders import a_body, a_registration


def decisions(count: int, *, refused: bool = False) -> list[Decision]:
    (notification,) = decode(a_body()).value
    registration = None if refused else a_registration()
    one = check(notification, proven=None, registration=registration, received_at=1)
    return [one] * count


async def test_posts_of_one_turn_share_a_line() -> None:
    tally = Tally({TENANT: "contoso"})
    with capture_logs() as logs:
        for _ in range(3):
            tally.stored(decisions(2), None)
        assert not logs
        await asyncio.sleep(0)
    (line,) = logs
    assert (line["event"], line["count"]) == ("notification.accepted", 6)


async def test_no_id_is_left_out_because_posts_share_lines() -> None:
    tally = Tally({TENANT: "contoso"})
    with capture_logs() as logs:
        for _ in range(7):
            tally.stored(decisions(30), None)
        await asyncio.sleep(0)
    assert [line["count"] for line in logs] == [90, 90, 30]
    assert all(line["count"] == len(line["lanes"]) <= LOGGED_AT_MOST for line in logs)


async def test_refused_ones_are_told_apart() -> None:
    tally = Tally({TENANT: "contoso"})
    with capture_logs() as logs:
        tally.stored(decisions(2), None)
        tally.stored(decisions(3, refused=True), "expired")
        await asyncio.sleep(0)
    assert [line["event"] for line in logs] == ["notification.accepted", "notification.refused"]
    assert (logs[1]["reasons"], logs[1]["proof"]) == ({"client_state": 3}, "expired")
