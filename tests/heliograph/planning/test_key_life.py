"""Old keys go when nothing has named them for 5 hours, and never earlier."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from heliograph.planning.key_life import Use, due, idle, state
from heliograph.subscriptions import milliseconds

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
FIVE_HOURS = timedelta(hours=5)


def test_a_key_tells_where_it_stands() -> None:
    assert state("new", "new", Use()) == "current"
    assert state("old", "new", Use(subscriptions=1)) == "rotating"
    assert state("old", "new", Use(lanes=1, dead_letters=1)) == "old"


def test_a_key_goes_five_hours_after_the_last_thing_that_named_it() -> None:
    since = idle(["old", "new"], "new", {}, {}, milliseconds(NOW))
    assert not due(since, now=NOW + FIVE_HOURS)
    assert due(since, now=NOW + FIVE_HOURS + timedelta(seconds=1)) == {"old"}


KEYS = ("k0", "k1", "k2")
USES = st.fixed_dictionaries(
    {
        key: st.builds(
            Use, **dict.fromkeys(("subscriptions", "lanes", "dead_letters"), st.integers(0, 1))
        )
        for key in KEYS
    }
)


@given(st.lists(st.tuples(st.integers(0, 600), USES, st.sampled_from(KEYS)), max_size=30))
def test_whatever_happens_no_key_goes_before_it_was_unused_for_five_hours(
    looks: list[tuple[int, dict[str, Use], str]],
) -> None:
    now, since = NOW, dict[str, int]()
    named_at = dict.fromkeys(KEYS, NOW)
    for minutes, uses, newest in looks:
        now += timedelta(minutes=minutes)
        since = idle(KEYS, newest, uses, since, milliseconds(now))
        named_at |= {key: now for key in KEYS if uses[key] or key == newest}
        assert all(now - named_at[key] > FIVE_HOURS for key in due(since, now=now))
