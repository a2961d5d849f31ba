"""Rows that are made when looked at, with changes over them: they behave as a dictionary does."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from heliograph.simulator.directory.memberships import Roster, Team
from heliograph.simulator.directory.people import People
from heliograph.simulator.layers import Layered, Order

PEOPLE = People(1, 6, domain="contoso.example", since="2026-01-01T00:00:00Z")
KEYS = [*(PEOPLE.key(at) for at in range(6)), "new", "newer"]
ACTS = st.lists(st.tuples(st.sampled_from(("set", "pop", "delete")), st.sampled_from(KEYS)))


@given(ACTS)
def test_layered_rows_are_as_those_of_a_dictionary(acts: list[tuple[str, str]]) -> None:
    layered = Layered(PEOPLE)
    plain: dict[str, Any] = {key: PEOPLE.row(at) for at, key in enumerate(KEYS[:6])}
    for number, (act, key) in enumerate(acts):
        if act == "set":
            layered[key] = plain[key] = {"id": key, "number": number}
        elif act == "pop":
            assert layered.pop(key, None) == plain.pop(key, None)
        elif key in plain:
            del layered[key]
            del plain[key]
    assert len(layered) == len(plain)
    assert dict(layered.items()) == plain
    assert {row["id"] for row in layered.parts(frozenset({"id"}))} == set(plain)
    newest_first = [*reversed(layered)]
    assert sorted(newest_first) == sorted(plain)
    assert all((key in layered) == (key in plain) for key in KEYS)
    assert all(layered.get(key) == plain.get(key) for key in KEYS)


def test_order_is_that_of_the_base_and_then_of_arrival() -> None:
    order = Order(PEOPLE)
    order.append("new")
    assert len(order) == 7
    assert order[4:] == [*KEYS[4:6], "new"]
    assert (order[0], order[-1]) == (KEYS[0], "new")


@given(ACTS)
def test_roster_is_as_a_set_of_members(acts: list[tuple[str, str]]) -> None:
    roster = Roster(team=Team(people=PEOPLE, places=range(0, 6, 2)))
    plain = {KEYS[at] for at in (0, 2, 4)}
    for act, key in acts:
        if act == "set" and key not in plain:
            roster.add(key)
            plain.add(key)
        elif act != "set" and key in plain:
            roster.remove(key)
            plain.remove(key)
    assert set(roster) == plain
    newest_first = [*reversed(roster)]
    assert (len(roster), sorted(newest_first)) == (len(plain), sorted(plain))
    assert all((key in roster) == (key in plain) for key in KEYS)
    places = [place for place, _ in roster.walk()]
    assert all(
        [key for _, key in roster.walk(place)] == list(roster)[at + 1 :]
        for at, place in enumerate(places)
    )
