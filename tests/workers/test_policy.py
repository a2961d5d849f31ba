"""When to try again, and when to give up."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import Invalid, SealBroken, Throttled
from heliograph.outcomes import Again, Dead, Drop, Dropped, Retry
from heliograph.queue.records import Attempt
from workers.policy import GIVE_UP_AFTER, LONGEST_DELAY, describe, judge, park, scheduled

HOUR = 3_600_000


def attempts(count: int, *, what: Any = "failed") -> tuple[Attempt, ...]:
    return tuple(Attempt(at=0, error="x", what=what) for _ in range(count))


@given(failed=st.integers(0, 200), chance=st.floats(0, 1))
def test_delay_grows_to_an_hour_at_most(failed: int, chance: float) -> None:
    outcome = judge(ValueError(), attempts(failed), now=0, chance=chance)
    assert isinstance(outcome, Again)
    assert (
        timedelta() <= outcome.after <= min(LONGEST_DELAY, timedelta(seconds=2 ** min(failed, 12)))
    )


def test_l11_work_is_given_up_after_a_day() -> None:
    day = int(GIVE_UP_AFTER.total_seconds() * 1000)
    assert isinstance(judge(ValueError(), attempts(1), now=day - 1, chance=1), Again)
    assert isinstance(judge(ValueError(), attempts(1), now=day, chance=1), Dead)


def test_graph_says_how_long_to_wait() -> None:
    outcome = judge(Throttled("busy", retry_after=120.0), (), now=0, chance=0)
    assert isinstance(outcome, Again)
    assert outcome.after == timedelta(minutes=2)


def test_handler_says_how_long_to_wait() -> None:
    outcome = judge(Retry(after=7), attempts(9), now=0, chance=1)
    assert isinstance(outcome, Again)
    assert outcome.after == timedelta(seconds=7)


def test_attempt_that_a_person_asked_for_uses_up_nothing() -> None:
    asked = Attempt(at=0, error="asked for by lene", what="manual")
    by_itself = attempts(2)
    assert scheduled((*by_itself, asked, Attempt(at=0, error="x"))) == list(by_itself)
    later = judge(ValueError(), (*by_itself, asked, *attempts(1)), now=0, chance=1)
    assert later == judge(ValueError(), by_itself, now=0, chance=1)


def test_what_graph_will_never_take_is_not_tried_again() -> None:
    assert isinstance(judge(Invalid("no", status=400), (), now=0, chance=1), Dead)


def test_drop_ends_with_its_reason() -> None:
    assert judge(Drop("a guest"), (), now=0, chance=1) == Dropped(reason="a guest")


def test_what_we_did_not_seal_is_never_tried_again() -> None:
    assert isinstance(judge(SealBroken("forged"), (), now=0, chance=1), Dead)


@pytest.mark.parametrize(("age", "expected"), [(0, Again), (HOUR - 1, Again), (HOUR, Dead)])
def test_unknown_handler_is_parked_for_an_hour(age: int, expected: type) -> None:
    parked = (Attempt(at=-HOUR, error="failed before", number=1), *attempts(1, what="parked"))
    assert isinstance(park(parked, "no such handler", now=age, chance=1), expected)


def test_description_is_one_short_clean_line() -> None:
    text = describe(ValueError("a\r\nb\x1b[31m\u2028" + "x" * 1000))
    assert len(text) <= 300
    assert text.isprintable()
