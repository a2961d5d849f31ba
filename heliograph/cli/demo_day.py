"""The working day of the demo: what happens in the tenant, and what must be told of it.

Each step waits until the one before it was told, so that no two of them are seen as one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heliograph.cli.tally import Expected

Act = Callable[[str, Mapping[str, object]], Awaitable[dict[str, Any]]]
"""Makes one activity happen in the simulator, by name and facts; returns what it made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens, and the changes that must follow."""

    title: str
    activity: str
    facts: Mapping[str, object]
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part: ids of users with mailboxes that are watched, and of a group."""

    boss: str
    colleague: str
    domain: str
    group: str


def hire(cast: Cast) -> Step:
    """The first step: everything else needs the id that it returns."""
    return Step(
        title="A new hire, Lene Holm, gets an account",
        activity="user.create",
        facts={
            "displayName": "Lene Holm",
            "givenName": "Lene",
            "surname": "Holm",
            "mailNickname": "lene.holm",
            "userPrincipalName": f"lene.holm@{cast.domain}",
            "jobTitle": "Payroll Analyst",
            "usageLocation": "DK",
            "accountEnabled": True,
        },
        expected=(Expected(kind="users", what="created"),),
    )


def rest(cast: Cast, lene: str) -> list[Step]:
    """The steps that follow, in order. *lene* is the id of the new hire."""

    def updated(field: str, kind: str = "users") -> Expected:
        return Expected(kind=kind, what="updated", field=field)

    return [
        _step(
            "She gets a manager",
            "manager.set",
            {"user": lene, "manager": cast.boss},
            updated("manager"),
        ),
        _step(
            "... and a department",
            "user.update",
            {"user": lene, "department": "Finance"},
            updated("department"),
        ),
        _step(
            "She joins a group",
            "group.add_member",
            {"group": cast.group, "user": lene},
            Expected(kind="groups", what="member_added"),
        ),
        _step(
            "She is moved to Audit, in another office",
            "user.update",
            {"user": lene, "department": "Audit", "officeLocation": "CPH/3.14"},
            updated("department"),
        ),
    ]


def _step(title: str, activity: str, facts: Mapping[str, object], *expected: Expected) -> Step:
    return Step(title=title, activity=activity, facts=facts, expected=expected)
