"""Which handlers care about a change."""

from typing import Any

import pytest

from heliograph import ANY, Change, Context, Router
from heliograph.routing import join, match


def a_change(**given: Any) -> Change:
    facts = {"change_id": "c", "tenant": "t", "kind": "users", "id": "u", "what": "updated"}
    return Change(**{**facts, "observed_at": 1, **given})


async def nothing(change: Change, ctx: Context) -> None:
    """A handler that does nothing."""


@pytest.mark.parametrize(
    ("rule", "change", "cares"),
    [
        (("users",), a_change(), True),
        (("groups",), a_change(), False),
        (("users", "created", "updated"), a_change(), True),
        (("users", "created"), a_change(), False),
        ((ANY,), a_change(kind="messages", what="received"), True),
        ((ANY,), a_change(kind="heliograph", what="run_ended"), False),
        (("heliograph",), a_change(kind="heliograph", what="run_ended"), True),
    ],
)
def test_kind_and_what_decide(rule: tuple[str, ...], change: Change, cares: bool) -> None:
    router = Router()
    router.on(*rule)(nothing)
    assert bool(match(router.handlers, change)) is cares


def test_any_of_the_named_fields_is_enough() -> None:
    router = Router()
    router.on("users", "updated", fields=["department", "manager"])(nothing)
    assert match(router.handlers, a_change(changed={"manager": ("a", "b")}))
    assert not match(router.handlers, a_change(changed={"jobTitle": ("a", "b")}))


def test_predicate_decides_last() -> None:
    router = Router()
    router.on("users", when=lambda change: change.id == "other")(nothing)
    assert router.handlers[0].refusal(a_change()) == "when"


def test_decorator_returns_the_function_unchanged() -> None:
    assert Router().on("users")(nothing) is nothing


@pytest.mark.parametrize(
    ("words", "hint"), [(("user",), "'users'"), (("users", "update"), "'updated'")]
)
def test_misspelt_word_fails_at_once_with_the_nearest(words: tuple[str, ...], hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        Router().on(*words)


def test_two_handlers_with_one_id_are_refused() -> None:
    router = Router()
    router.on("users")(nothing)
    router.on("groups")(nothing)
    with pytest.raises(ValueError, match=r"'a\.nothing' twice"):
        join([("a", router)])
