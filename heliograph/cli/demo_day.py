"""The working day of the demo: what happens in the tenant, and what must be told of it.

Each step waits until the one before it was told, so that no two of them are seen as one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heliograph.cli.tally import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part: users whose mailboxes are watched, and a group."""

    boss: str
    colleague: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens, and the changes that must follow.

    *facts* may name what an earlier step made, as `$name`; *makes* is the name of what this makes.
    """

    title: str
    event: str
    facts: Mapping[str, Any]
    expected: tuple[Expected, ...]
    makes: str = ""


@dataclass(slots=True)
class Day:
    """The steps of a day, and the ids of what they made so far."""

    steps: list[Step]
    made: dict[str, str] = field(default_factory=dict)

    def activity(self, step: Step) -> dict[str, Any]:
        """What the simulator is asked to do for *step*."""
        facts = {name: self._resolve(value) for name, value in step.facts.items()}
        return {"event": step.event, **facts}

    def note(self, step: Step, answer: Mapping[str, Any]) -> None:
        """Remembers what *step* made."""
        if step.makes:
            self.made[step.makes] = str(answer["id"])

    def _resolve(self, value: object) -> object:
        is_name = isinstance(value, str) and value.startswith("$")
        return self.made[str(value)[1:]] if is_name else value


def working_day(cast: Cast) -> Day:
    """A new hire's first weeks in one day, with the mail, meetings and contacts around them."""
    meeting = {"subject": "First week", "attendees": [cast.colleague]}
    return Day(
        steps=[
            Step(
                title="A new hire, Freja Lund, gets an account",
                event="users.created",
                facts={"set": {"displayName": "Freja Lund", "jobTitle": "Payroll Analyst"}},
                expected=(Expected(kind="users", what="created"),),
                makes="hire",
            ),
            _profile("She gets a manager", {"manager": cast.boss}, "manager"),
            _profile("... and a department", {"department": "Finance"}, "department"),
            Step(
                title="She joins a group",
                event="groups.member_added",
                facts={"group": cast.group, "user": "$hire"},
                expected=(Expected(kind="groups", what="member_added"),),
            ),
            _profile(
                "She is moved to Audit, into another office",
                {"department": "Audit", "officeLocation": "CPH/3.14"},
                "department",
            ),
            Step(
                title="Mail from outside arrives for her manager",
                event="messages.received",
                facts={"user": cast.boss, "set": {"subject": "Your order has shipped"}},
                expected=(Expected(kind="messages", what="received"),),
                makes="mail",
            ),
            Step(
                title="... who reads it",
                event="messages.read",
                facts={"user": cast.boss, "item": "$mail"},
                expected=(Expected(kind="messages", what="updated", field="isRead"),),
            ),
            Step(
                title="A meeting is made",
                event="events.created",
                facts={"user": cast.boss, "set": meeting},
                expected=(Expected(kind="events", what="created"),) * 2,
                makes="meeting",
            ),
            Step(
                title="... moved",
                event="events.updated",
                facts={"user": cast.boss, "item": "$meeting"},
                expected=(Expected(kind="events", what="updated", field="start"),) * 2,
            ),
            Step(
                title="... and cancelled",
                event="events.deleted",
                facts={"user": cast.boss, "item": "$meeting"},
                expected=(
                    Expected(kind="events", what="deleted"),
                    Expected(kind="events", what="updated", field="isCancelled"),
                ),
            ),
            Step(
                title="A colleague adds a contact",
                event="contacts.created",
                facts={"user": cast.colleague},
                expected=(Expected(kind="contacts", what="created"),),
            ),
            _profile("Her account is disabled", {"accountEnabled": False}, "accountEnabled"),
            Step(
                title="... deleted, for 30 days",
                event="users.deleted",
                facts={"user": "$hire"},
                expected=(Expected(kind="users", what="deleted"),),
            ),
            Step(
                title="... and restored",
                event="users.restored",
                facts={"user": "$hire"},
                expected=(Expected(kind="users", what="restored"),),
            ),
        ]
    )


def _profile(title: str, properties: Mapping[str, Any], changed: str) -> Step:
    return Step(
        title=title,
        event="users.updated",
        facts={"user": "$hire", "set": properties},
        expected=(Expected(kind="users", what="updated", field=changed),),
    )
