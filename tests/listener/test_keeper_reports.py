from collections.abc import MutableMapping, Sequence
from typing import Any

from structlog.testing import capture_logs

from heliograph.keeping.troubles import Trouble
from listener.keeper_reports import EACH_OF, LOUD_AFTER, Reports


def troubles(count: int, event: str = "keeper.forbidden", **fields: Any) -> list[Trouble]:
    return [
        Trouble(event=event, resource=f"users/{n}/events", said="403", check="consent?", **fields)
        for n in range(count)
    ]


def told(
    reports: Reports, found: Sequence[Trouble], *, failed: int = 1
) -> list[MutableMapping[str, Any]]:
    with capture_logs() as logs:
        reports.tell(found, failed=failed)
    return logs


def test_many_that_are_kept_by_one_thing_are_one_line() -> None:
    (line,) = told(Reports(), troubles(10_000))
    assert (line["event"], line["log_level"]) == ("keeper.forbidden", "error")
    assert (line["resource"], line["resources"]) == ("users/0/events", 10_000)
    assert (line["said"], line["check"]) == ("403", "consent?")


def test_a_trouble_is_told_once_and_so_is_its_end() -> None:
    reports = Reports()
    assert len(told(reports, troubles(1))) == 1
    assert told(reports, troubles(2)) == []
    assert [line["event"] for line in told(reports, [])] == ["keeper.recovered"]
    assert told(reports, []) == []
    assert len(told(reports, troubles(1))) == 1


def test_what_may_pass_by_itself_is_loud_only_when_it_stays() -> None:
    reports = Reports()
    hasty = troubles(1, "keeper.handshake_failed", is_hasty=True)
    levels = [told(reports, hasty, failed=n)[0]["log_level"] for n in (1, LOUD_AFTER)]
    assert levels == ["info", "error"]


def test_conflicts_are_told_one_by_one_as_each_needs_a_decision() -> None:
    reports = Reports()
    assert len(told(reports, troubles(3, "keeper.conflict"))) == 3
    assert len(told(Reports(), troubles(1_000, "keeper.conflict"))) == EACH_OF + 1
