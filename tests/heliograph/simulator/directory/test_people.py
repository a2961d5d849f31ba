"""The people of a tenant, made when looked at: their ids, names and places lead to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.simulator.directory.numbering import Numbering
from heliograph.simulator.directory.people import People
from heliograph.simulator.directory.reporting import Reporting

COUNT = 1_000_000
PEOPLE = People(1, COUNT, domain="contoso.example", since="2026-01-01T00:00:00Z")
PLACES = st.integers(min_value=0, max_value=COUNT - 1)


@given(PLACES)
def test_id_and_name_lead_to_the_same_person(at: int) -> None:
    row = PEOPLE.row(at)
    assert row == PEOPLE.row(at)
    assert PEOPLE.place(row["id"]) == at
    assert PEOPLE.key(at) == row["id"]
    assert PEOPLE.named(row["userPrincipalName"].lower()) == row["id"]


@given(st.uuids(version=4))
def test_strangers_have_no_place(id_: object) -> None:
    assert PEOPLE.place(str(id_)) == -1


@pytest.mark.parametrize(
    "text", ["", "x", "lene", "0" * 36, "00000000-0000-1000-8000-000000000000"]
)
def test_what_is_no_id_has_no_place(text: str) -> None:
    assert PEOPLE.place(text) == -1
    assert PEOPLE.named(text) is None


@given(st.integers(min_value=0, max_value=2**64), st.integers())
def test_numbers_and_ids_are_each_others_inverse(number: int, seed: int) -> None:
    numbering = Numbering(seed)
    assert numbering.number(numbering.id(number)) == number


def test_ids_look_drawn_by_lot() -> None:
    ids = [PEOPLE.key(at) for at in range(10_000)]
    assert len(set(ids)) == len(ids)
    assert ids != sorted(ids)
    assert {id_[14] for id_ in ids} == {"4"}
    assert {id_[19] for id_ in ids} == set("89ab")
    assert len({id_[:8] for id_ in ids}) > 9_990


def test_other_seeds_give_other_people() -> None:
    other = People(2, 5, domain="contoso.example", since="2026-01-01T00:00:00Z")
    assert other.key(0) != PEOPLE.key(0)


@given(st.integers(min_value=0, max_value=200))
def test_licences_are_counted_without_looking(count: int) -> None:
    people = People(1, count, domain="contoso.example", since="2026-01-01T00:00:00Z")
    assert people.licences() == sum(people.has_mailbox(at) for at in range(count))
    assert people.licences() == sum(bool(people.row(at)["assignedLicenses"]) for at in range(count))


@given(PLACES)
def test_who_reports_to_whom_agrees_both_ways(at: int) -> None:
    for report in PEOPLE.reports(at):
        assert PEOPLE.manager(report) == at


@given(
    st.lists(st.tuples(st.integers(0, 11), st.one_of(st.none(), st.integers(0, 11))), max_size=20)
)
def test_changed_managers_agree_both_ways(changes: list[tuple[int, int | None]]) -> None:
    people = People(1, 12, domain="contoso.example", since="2026-01-01T00:00:00Z")
    reporting, true = Reporting(people), {}
    for at in range(12):
        true[people.key(at)] = reporting.manager(people.key(at))
    for user, chief in changes:
        manager = None if chief is None else people.key(chief)
        reporting.set(people.key(user), manager)
        true[people.key(user)] = manager
    for user_id, manager in true.items():
        assert reporting.manager(user_id) == manager
        assert set(reporting.reports(user_id)) == {
            who for who, boss in true.items() if boss == user_id
        }


@given(
    PLACES, st.sets(st.sampled_from(("department", "displayName", "surname", "city", "userType")))
)
def test_parts_agree_with_whole_rows(at: int, names: set[str]) -> None:
    part, row = PEOPLE.part(at, frozenset(names)), PEOPLE.row(at)
    assert {name: part[name] for name in names} == {name: row[name] for name in names}
