from collections.abc import Sequence

import pytest

from heliograph.errors import (
    Forbidden,
    Gone,
    GraphError,
    Invalid,
    NotFound,
    NotPermitted,
    Unavailable,
)
from heliograph.graph.insights.sources import Ask, Findings, first_of

NOBODY = NotPermitted("Graph takes it from a signed-in user alone", "run `heliograph login t`")


def telling(*items: int) -> Ask[int]:
    async def ask() -> Sequence[int]:
        return items

    return ask


def refusing(error: GraphError) -> Ask[int]:
    async def ask() -> Sequence[int]:
        raise error

    return ask


async def test_the_first_that_has_something_answers() -> None:
    found = await first_of({"a": telling(1), "b": telling(2)}, ("b", "a"))
    assert found == Findings(source="b", items=(2,))


@pytest.mark.parametrize(
    "error",
    [NOBODY, Forbidden("403"), NotFound("404"), Gone("410"), Invalid("400")],
    ids=lambda error: type(error).__name__,
)
async def test_a_shut_source_is_passed_over(error: GraphError) -> None:
    found = await first_of({"a": refusing(error), "b": telling(2)}, ("a", "b"))
    assert (found.source, found.items) == ("b", (2,))
    assert found.passed_over == {"a": str(error)}


async def test_an_empty_source_is_passed_over_as_retired_ones_answer_so() -> None:
    found = await first_of({"a": telling(), "b": telling(2)}, ("a", "b"))
    assert (found.source, found.passed_over) == ("b", {"a": "it has nothing"})


async def test_nothing_anywhere_is_nothing_of_the_first_that_answered() -> None:
    sources = {"a": refusing(NOBODY), "b": telling(), "c": telling()}
    found = await first_of(sources, ("a", "b", "c"))
    assert (found.source, found.items) == ("b", ())
    assert set(found.passed_over) == {"a", "c"}


async def test_a_source_that_is_away_is_waited_for_and_not_passed_over() -> None:
    """Another source would tell something else than the first one does an hour later."""
    with pytest.raises(Unavailable):
        await first_of({"a": refusing(Unavailable("503")), "b": telling(2)}, ("a", "b"))


async def test_all_shut_raises_what_graph_said_itself_with_the_others_noted() -> None:
    sources = {"a": refusing(NOBODY), "b": refusing(NotFound("no such user"))}
    with pytest.raises(NotFound) as told:
        await first_of(sources, ("a", "b"))
    assert told.value.__notes__ == [f"a: {NOBODY}", "b: no such user"]
    with pytest.raises(NotPermitted):
        await first_of(sources, ("a",))


async def test_an_unknown_source_is_named() -> None:
    with pytest.raises(Invalid, match="out of a, b are expected, not c"):
        await first_of({"a": telling(1), "b": telling(2)}, ("a", "c"))
