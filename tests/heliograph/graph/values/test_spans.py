from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from heliograph.graph.values.spans import Span, intersection, union

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)


def at(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Span(*map(at, pair)))
)


def minutes(of: list[Span]) -> set[int]:
    """Each minute that begins in one of the spans."""
    return {
        minute for minute in range(61) if any(span.start <= at(minute) < span.end for span in of)
    }


def is_a_set(of: list[Span]) -> bool:
    return all(span.start < span.end for span in of) and all(
        one.end < other.start for one, other in pairwise(of)
    )


@given(spans)
def test_a_union_holds_what_any_span_holds(given_spans: list[Span]) -> None:
    joined = union(given_spans)
    assert minutes(joined) == minutes(given_spans)
    assert is_a_set(joined)


@given(spans, spans)
def test_an_intersection_holds_what_both_sets_hold(one: list[Span], other: list[Span]) -> None:
    common = intersection(union(one), union(other))
    assert minutes(common) == minutes(one) & minutes(other)
    assert is_a_set(union(common))
    assert common == sorted(common)
