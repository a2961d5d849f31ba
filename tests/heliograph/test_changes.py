"""What a look tells: from the snapshot and what was seen to changes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.changes import Change, Sighting, Snapshot, canonical, classify
from heliograph.lanes import Lane

USER = Lane(tenant="t", kind="users", id="u1")
GROUP = Lane(tenant="t", kind="groups", id="g1")
MESSAGE = Lane(tenant="t", kind="messages", id="m1", owner="u1")


def look(
    lane: Lane, before: Snapshot | None, seen: Sighting, most: int = 500
) -> tuple[list[Change], Snapshot | None]:
    pieces = list(classify(lane, before, seen, causes=(), observed_at=1, most=most))
    changes = [change for piece in pieces for change in piece.changes]
    return changes, pieces[-1].snapshot if pieces else before


def present(properties: dict[str, Any] | None = None, **more: Any) -> Sighting:
    return Sighting(presence="present", properties=properties or {}, **more)


def test_changed_department_is_told_with_before_and_after() -> None:
    before = Snapshot(version=3, properties={"department": "Sales", "jobTitle": "Clerk"})
    changes, after = look(USER, before, present({"department": "Marketing", "jobTitle": "Clerk"}))
    assert [(c.what, c.changed) for c in changes] == [
        ("updated", {"department": ("Sales", "Marketing")})
    ]
    assert after is not None
    assert after.version == 4


def test_equal_state_tells_nothing_and_stores_nothing() -> None:
    before = Snapshot(version=3, properties={"department": "Sales"})
    assert look(USER, before, present({"department": "Sales"})) == ([], before)


@pytest.mark.parametrize(
    ("lane", "before", "seen", "what"),
    [
        (USER, None, present(is_new=True), "created"),
        (USER, None, present(), "updated"),
        (MESSAGE, None, present({"isDraft": False}, is_new=True), "received"),
        (MESSAGE, None, present({"isDraft": True}, is_new=True), "created"),
        (USER, Snapshot(), Sighting(presence="deleted"), "deleted"),
        (USER, Snapshot(presence="deleted"), present(), "restored"),
        (USER, Snapshot(presence="deleted"), Sighting(presence="gone"), "purged"),
        (USER, Snapshot(), Sighting(presence="gone"), "purged"),
        (MESSAGE, Snapshot(), Sighting(presence="gone"), "deleted"),
        (USER, Snapshot(presence="deleted"), Sighting(presence="deleted"), None),
        (USER, Snapshot(presence="gone"), Sighting(presence="gone"), None),
    ],
)
def test_presence_decides_what_happened(
    lane: Lane, before: Snapshot | None, seen: Sighting, what: str | None
) -> None:
    changes, _ = look(lane, before, seen)
    assert [change.what for change in changes] == ([what] if what else [])


def test_user_seen_first_and_not_new_has_no_before() -> None:
    """A handler must not take an old user's first sight for a change of all its fields."""
    (change,), _ = look(USER, None, present({"department": "Sales"}))
    assert (change.before, change.changed) == (None, {})


def test_new_manager_names_both_managers_as_related() -> None:
    before = Snapshot(properties={"manager": "m1"})
    (change,), _ = look(USER, before, present({"manager": "m2"}))
    assert change.related == ("users/m1", "users/m2")


def test_property_that_was_never_asked_for_is_learnt_and_not_told() -> None:
    """Absent is not null: a wider selection must not look like a change of everybody."""
    before = Snapshot(properties={"department": "Sales"})
    changes, after = look(USER, before, present({"department": "Sales", "manager": "m1"}))
    assert changes == []
    assert after is not None
    assert after.properties["manager"] == "m1"


def test_manager_of_a_new_user_is_related() -> None:
    (change,), _ = look(USER, None, present({"manager": "m1"}, is_new=True))
    assert (change.what, change.related) == ("created", ("users/m1",))


def test_members_are_told_one_by_one_on_the_group() -> None:
    before = Snapshot(members=frozenset({"a", "b"}))
    changes, after = look(GROUP, before, present(members=frozenset({"b", "c"})))
    assert [(c.what, c.related) for c in changes] == [
        ("member_added", ("users/c",)),
        ("member_removed", ("users/a",)),
    ]
    assert after is not None
    assert after.members == frozenset({"b", "c"})


def test_first_sight_of_an_old_group_is_only_its_baseline() -> None:
    changes, after = look(GROUP, None, present(members=frozenset({"a"})))
    assert [change.what for change in changes] == ["updated"]
    assert after is not None
    assert after.members == frozenset({"a"})


def test_rich_content_does_not_empty_what_it_did_not_select() -> None:
    before = Snapshot(properties={"subject": "hi", "isRead": False})
    (change,), after = look(MESSAGE, before, present({"isRead": True}))
    assert change.changed == {"isRead": (False, True)}
    assert after is not None
    assert after.properties == {"subject": "hi", "isRead": True}


def test_repeated_look_gives_the_same_ids() -> None:
    before = Snapshot(version=1, properties={"department": "Sales"})
    first, _ = look(USER, before, present({"department": "Legal"}))
    again, _ = look(USER, before, present({"department": "Legal"}))
    later, _ = look(
        USER,
        Snapshot(version=2, properties={"department": "Sales"}),
        present({"department": "Legal"}),
    )
    assert first[0].change_id == again[0].change_id
    assert first[0].change_id != later[0].change_id


ids = st.frozensets(st.text("abcdef", min_size=1, max_size=2), max_size=30)


@given(known=ids, seen=ids, most=st.integers(1, 7))
def test_pieces_tell_each_member_once_and_end_at_what_was_seen(
    known: frozenset[str], seen: frozenset[str], most: int
) -> None:
    before = Snapshot(members=known)
    pieces = list(
        classify(GROUP, before, present(members=seen), causes=(), observed_at=1, most=most)
    )
    told = [(c.what, c.related[0]) for piece in pieces for c in piece.changes]
    assert len(told) == len(set(told)) == len(known ^ seen)
    assert all(len(piece.changes) <= most for piece in pieces)
    assert not pieces or pieces[-1].snapshot.members == seen
    ids_ = [c.change_id for piece in pieces for c in piece.changes]
    assert len(set(ids_)) == len(ids_)


@given(known=ids, seen=ids, most=st.integers(1, 7), crash_after=st.integers(0, 5))
def test_look_that_crashes_between_pieces_goes_on_without_repeating(
    known: frozenset[str], seen: frozenset[str], most: int, crash_after: int
) -> None:
    """Each piece stores the part of the snapshot that it tells."""
    sighting = present(members=seen)
    pieces = list(
        classify(GROUP, Snapshot(members=known), sighting, causes=(), observed_at=1, most=most)
    )
    stored = pieces[:crash_after]
    snapshot = stored[-1].snapshot if stored else Snapshot(members=known)
    rest = list(classify(GROUP, snapshot, sighting, causes=(), observed_at=2, most=most))
    told = [(c.what, c.related[0]) for piece in stored + rest for c in piece.changes]
    assert len(told) == len(set(told)) == len(known ^ seen)


def test_collections_compare_without_order() -> None:
    licences = [{"skuId": "a", "disabledPlans": ["x", "y"]}, {"skuId": "b", "disabledPlans": []}]
    turned = [{"disabledPlans": [], "skuId": "b"}, {"skuId": "a", "disabledPlans": ["y", "x"]}]
    assert canonical(licences) == canonical(turned)
