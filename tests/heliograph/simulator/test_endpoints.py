"""The states of an endpoint that answers late too often: thresholds of change-notifications.md, 4.5."""

from datetime import UTC, datetime, timedelta

import pytest

from heliograph.simulator.notify.endpoints import Endpoint, place

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PENALTY = timedelta(minutes=10)


def _after(first: int, late: int, *, is_first: bool = True, enough: int = 100) -> Endpoint:
    endpoint = Endpoint(enough=enough, penalty=PENALTY)
    for number in range(first):
        endpoint.record(NOW, is_late=number < late, is_first=is_first)
    return endpoint


@pytest.mark.parametrize(
    ("answers", "late", "is_first", "state"),
    [
        (100, 10, True, "normal"),
        (100, 11, True, "slow"),
        (99, 99, True, "normal"),
        (100, 15, False, "normal"),
        (100, 16, False, "drop"),
    ],
)
def test_row_15_state_follows_the_share_of_late_answers(
    answers: int, late: int, is_first: bool, state: str
) -> None:
    assert _after(answers, late, is_first=is_first).now(NOW) == state


def test_row_15_penalty_ends_after_ten_minutes_and_a_few_answers_decide() -> None:
    endpoint = _after(100, 50)
    assert endpoint.now(NOW + timedelta(minutes=9)) == "slow"
    later = NOW + PENALTY
    assert endpoint.now(later) == "normal"
    for _ in range(5):
        endpoint.record(later, is_late=True, is_first=True)
    assert endpoint.now(later) == "slow"


def test_row_15_answers_older_than_the_window_do_not_count() -> None:
    endpoint = _after(99, 99)
    endpoint.record(NOW + timedelta(minutes=11), is_late=True, is_first=True)
    assert endpoint.now(NOW + timedelta(minutes=11)) == "normal"


def test_row_15_endpoint_is_known_without_its_query() -> None:
    assert place("https://A:1/x?y=1") == place("https://a:1/x?z=2") != place("https://a:1/y")
