"""`docs/graph.md` lists what the client does: each operation once, with what it asks of Graph."""

import re
from pathlib import Path

import pytest

from tests.docs.graph_operations import Operation, insight_sources, operations

PAGE = Path(__file__).parents[2] / "docs" / "graph.md"


def rows() -> dict[str, list[str]]:
    """The cells of each row that names an operation, or a source of an insight, by that name."""
    lines = re.findall(r"^\| `(\w+\.\w+|[\w/]+@\w+)` \|(.*)\|$", PAGE.read_text(), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in lines}


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
async def found() -> list[Operation]:
    """All operations; in place of those about insights, their sources."""
    by_one_call = [one for one in await operations() if not one.name.startswith("insights.")]
    return by_one_call + await insight_sources()


async def test_each_operation_has_a_row_and_each_row_an_operation(found: list[Operation]) -> None:
    listed = rows()
    missing = [
        f"| `{one.name}` | `{one.call}` | `{one.request.permission}` | `...` | |"
        for one in found
        if one.name not in listed
    ]
    assert not missing, "docs/graph.md lacks the rows:\n" + "\n".join(missing)
    insights = {one.name for one in await operations() if one.name.startswith("insights.")}
    assert set(listed) == {one.name for one in found} | insights


async def test_a_row_shows_the_call_that_is_made(found: list[Operation]) -> None:
    listed = rows()
    shown = {one.name: codes(listed[one.name][0])[0] for one in found}
    assert shown == {one.name: one.call for one in found}


async def test_a_row_names_the_permission_that_an_app_needs(found: list[Operation]) -> None:
    """The one that a refusal names. Of an app: none where Graph answers signed-in users alone."""
    listed = rows()
    for one in found:
        permission = one.request.permission
        cell = listed[one.name][1]
        if one.request.caller == "user":
            assert cell == "no", one.name
        else:
            assert codes(cell)[:1] == ([permission] if permission else []), one.name


async def test_a_row_names_the_permission_that_a_signed_in_user_needs(
    found: list[Operation],
) -> None:
    listed = rows()
    for one in found:
        scope = one.request.scope or (one.request.caller == "user" and one.request.permission)
        cell = listed[one.name][2]
        assert cell, one.name
        assert not scope or scope in codes(cell), one.name


async def test_the_sources_of_an_insight_are_listed_in_their_order() -> None:
    order = [one.name for one in await insight_sources()]
    assert [name for name in rows() if "@" in name] == order
