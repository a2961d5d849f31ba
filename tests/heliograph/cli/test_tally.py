"""Adding up what the logs say: what is missing must show."""

from typing import Any

from heliograph.cli.tally import Expected, Tally

LANE = "t/users/u1"
CREATED = Expected(kind="users", what="created")


def accepted(*lanes: str) -> dict[str, Any]:
    return {"event_name": "notification.accepted", "lanes": list(lanes)}


def looked(lane: str = LANE) -> dict[str, Any]:
    return {"event_name": "look.finished", "lane": lane}


def observed(change_id: str = "c1", what: str = "created", **more: Any) -> dict[str, Any]:
    event = {"event_name": "change.observed", "change_id": change_id, "lane": LANE, "what": what}
    return event | more


def ran(change_id: str = "c1", outcome: str = "done", **more: Any) -> dict[str, Any]:
    event = {"event_name": "run.finished", "change_id": change_id, "lane": LANE}
    return event | {"handler": "audit.changes", "outcome": outcome} | more


def tally(*events: dict[str, Any]) -> Tally:
    result = Tally()
    for event in events:
        result.feed(event)
    return result


def test_change_that_was_observed_and_handled_is_not_missing() -> None:
    done = tally(accepted(LANE), observed(), looked(), ran(latency_ms=7))
    assert done.missing([CREATED]) == []
    assert (done.notifications, done.changes, done.runs, done.latencies) == (1, 1, 1, [7])


def test_change_that_no_handler_finished_is_missing() -> None:
    assert tally(accepted(LANE), observed(), looked()).missing([CREATED]) == [CREATED]
    assert tally(observed(), ran(outcome="dead")).missing([CREATED]) == [CREATED]


def test_one_change_does_not_answer_two_expectations() -> None:
    assert tally(observed(), ran()).missing([CREATED, CREATED]) == [CREATED]


def test_field_must_be_among_the_changed_ones() -> None:
    moved = Expected(kind="users", what="updated", field="department")
    assert tally(observed(what="updated", fields=["jobTitle"]), ran()).missing([moved]) == [moved]
    assert tally(observed(what="updated", fields=["department"]), ran()).missing([moved]) == []


def test_news_that_nobody_looked_at_shows() -> None:
    assert tally(accepted(LANE, "t/users/u2"), looked()).unseen == ["t/users/u2"]


def test_run_may_end_before_its_change_is_logged() -> None:
    assert tally(ran(), observed()).missing([CREATED]) == []
