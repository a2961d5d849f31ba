from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import (
    Conflict,
    Forbidden,
    GraphError,
    Invalid,
    NotFound,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from heliograph.keeping.troubles import (
    ROUND_EVERY,
    SLOW,
    Addresses,
    Trouble,
    from_error,
    is_hopeless,
    pause,
)

ADDRESSES = Addresses.below("https://example.org")


def a_trouble(error: GraphError | None = None) -> Trouble:
    error = error or Unavailable("Graph answered 503", status=503)
    return from_error(error, resource="users", addresses=ADDRESSES)


def invalid(code: str) -> Invalid:
    return Invalid(f"Graph answered 400: {code}", status=400, code=code)


@pytest.mark.parametrize(
    ("error", "event", "is_hasty"),
    [
        (invalid("ValidationError"), "keeper.handshake_failed", True),
        (invalid("InvalidRequest"), "keeper.handshake_failed", True),
        (invalid("ExtensionError"), "keeper.refused", False),
        (Forbidden("403", status=403), "keeper.forbidden", False),
        (Unauthenticated("401", status=401), "keeper.unauthenticated", False),
        (Conflict("409", status=409), "keeper.conflict", False),
        (Throttled("429", status=429), "keeper.throttled", True),
        (Unavailable("503", status=503), "keeper.graph_away", True),
        (NotFound("404", status=404), "keeper.refused", False),
    ],
    ids=lambda value: getattr(value, "code", "") or str(value),
)
def test_an_error_is_told_in_the_words_of_an_operator(
    error: GraphError, event: str, is_hasty: bool
) -> None:
    trouble = a_trouble(error)
    assert (trouble.event, trouble.is_hasty) == (event, is_hasty)
    assert trouble.said == str(error)
    assert trouble.check


def test_a_refused_list_is_no_failed_handshake() -> None:
    trouble = from_error(invalid("InvalidRequest"), resource="", addresses=ADDRESSES)
    assert trouble.event == "keeper.refused"


def test_a_missing_permission_is_named() -> None:
    error = Forbidden("403", status=403)
    error.permission = "Mail.Read"
    assert "Mail.Read" in a_trouble(error).check


def test_addresses_lie_below_the_public_url() -> None:
    addresses = Addresses.below("https://example.org/prefix/")
    assert addresses.notifications == "https://example.org/prefix/graph/notifications"
    assert addresses.lifecycle == "https://example.org/prefix/graph/lifecycle"


def test_the_first_tries_follow_each_other_quickly() -> None:
    waits = [pause([a_trouble()], n, chance=0.0).total_seconds() for n in range(1, 12)]
    assert waits[:3] == [0.2, 0.5, 1.0]
    assert waits == sorted(waits)
    assert waits[-1] == 60.0


@given(st.integers(1, 100), st.floats(0, 1), st.integers(0, 600))
def test_what_graph_asks_to_wait_is_waited(failed: int, chance: float, seconds: int) -> None:
    throttled = a_trouble(Throttled("429", status=429, retry_after=seconds))
    wait = pause([throttled, a_trouble()], failed, chance=chance)
    assert wait >= timedelta(seconds=seconds)
    assert wait <= max(timedelta(seconds=seconds), SLOW)


def test_what_only_a_person_can_mend_is_looked_at_every_minute() -> None:
    conflict = a_trouble(Conflict("409", status=409))
    assert pause([conflict], 1, chance=0.0) == SLOW


def test_without_troubles_a_round_comes_every_few_minutes() -> None:
    assert pause([], 0, chance=0.0) == ROUND_EVERY
    assert pause([], 0, chance=1.0) == ROUND_EVERY * 0.8


def test_hopeless_is_when_all_tries_failed_for_what_they_share() -> None:
    handshake, away = a_trouble(invalid("ValidationError")), a_trouble()
    refused = a_trouble(Forbidden("Graph answered 403", status=403))
    assert is_hopeless([handshake, handshake])
    assert is_hopeless([away, handshake])
    assert not is_hopeless([handshake, None])
    assert not is_hopeless([handshake, refused])
    assert not is_hopeless([])
