"""The audit log of the directory: who changed what, shown some time after it happened.

Each write to the directory becomes an entry (graph-users-api.md, 13.4).
"""

import json
import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.clock import Clock, precise
from heliograph.simulator.directory.roles import TEMPLATES
from heliograph.simulator.directory.service import Directory, kind_of
from heliograph.simulator.ids import Ids
from heliograph.simulator.initiators import acting
from heliograph.simulator.store import Event, Row
from heliograph.simulator.switches import Switches

_KEPT = 100_000
_KEPT_FOR = timedelta(days=30)
_WHATS = {
    "created": ("Add {}", "Add"),
    "updated": ("Update {}", "Update"),
    "deleted": ("Delete {}", "Delete"),
    "restored": ("Restore {}", "Update"),
    "purged": ("Hard Delete {}", "Delete"),
}
_TOLD_ELSEWHERE = frozenset({"assignedPlans", "licenseAssignmentStates"})
_SPECIAL = (
    ("assignedLicenses", "Change user license"),
    ("lastPasswordChangeDateTime", "Reset user password"),
    ("signInSessionsValidFromDateTime", "Update StsRefreshTokenValidFrom Timestamp"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the log, and when it is there to be read."""

    at: datetime
    seen_at: datetime
    row: Row


class AuditLog:
    """The entries of the last 30 days."""

    def __init__(
        self, directory: Directory, clock: Clock, switches: Switches, *, seed: int
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._switches = switches
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._ids = Ids(f"{seed}/audit")
        self._random = random.Random(f"{seed}/audit")  # noqa: S311 (repeatable, guards nothing)

    def follow(self, event: Event) -> None:
        """Enter what *event* did."""
        if event.kind in {"users", "groups"}:
            for name, operation, targets in self._told(event):
                self._enter(event, name, operation, targets)
        elif event.kind == "roleAssignments":
            self._enter(event, *self._role(event))

    def seen(self) -> list[Row]:
        """What can be read now, the latest first."""
        now = self._clock.now()
        found = [
            entry for entry in self._entries if entry.seen_at <= now and entry.at > now - _KEPT_FOR
        ]
        return [entry.row for entry in sorted(found, key=lambda one: one.at, reverse=True)]

    def _told(self, event: Event) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        noun = event.kind.removesuffix("s")
        row = event.after or event.before or {"id": event.key}
        if event.what != "updated":
            name, operation = _WHATS[event.what]
            yield name.format(noun), operation, [self._target(row, _modified(event))]
            return
        yield from self._related(event, row)
        changed = _changed(event)
        if not changed:
            return
        name, operation = _name(event, changed, noun)
        yield name, operation, [self._target(row, _modified(event))]

    def _related(self, event: Event, row: Row) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """Members, owners and managers who came and went."""
        if "manager" in event.detail:
            chief = event.detail["manager"]
            name = "Set user manager" if chief else "Remove user manager"
            modified = [_property("Manager.ObjectID", None, chief)] if chief else []
            yield name, "Assign" if chief else "Unassign", [self._target(row, modified)]
        for relation in ("members", "owners"):
            for entry in event.detail.get(relation, ()):
                gone, word = "@removed" in entry, relation.removesuffix("s")
                name = f"Remove {word} from group" if gone else f"Add {word} to group"
                who = self._directory.find(entry["id"]) or {"id": entry["id"]}
                modified = [
                    _property("Group.ObjectID", *_moved(row["id"], gone=gone)),
                    _property("Group.DisplayName", *_moved(row["displayName"], gone=gone)),
                ]
                targets = [self._target(who, modified), self._target(row, [])]
                yield name, "Unassign" if gone else "Assign", targets

    def _role(self, event: Event) -> tuple[str, str, list[dict[str, Any]]]:
        row = event.after or event.before or {}
        gone = event.after is None
        who = self._directory.find(row["principalId"]) or {"id": row["principalId"]}
        name, _ = TEMPLATES[row["roleDefinitionId"]]
        modified = [
            _property("Role.DisplayName", *_moved(name, gone=gone)),
            _property("Role.TemplateId", *_moved(row["roleDefinitionId"], gone=gone)),
        ]
        role = {"id": row["roleDefinitionId"], "type": "Role", "displayName": name}
        targets = [self._target(who, modified), {**_NO_TARGET, **role}]
        word = "Remove member from role" if gone else "Add member to role"
        return word, "Unassign" if gone else "Assign", targets

    def _enter(
        self, event: Event, name: str, operation: str, targets: list[dict[str, Any]]
    ) -> None:
        switches, now = self._switches, event.at
        late = self._random.random() * switches.audits_late_by
        is_late = switches.audits_late > self._random.random()
        wait = switches.audits_after + (late if is_late else 0.0)
        correlation = self._ids.guid()
        row = {
            "id": f"Directory_{correlation}_{event.sequence}",
            "category": _CATEGORIES[event.kind],
            "correlationId": correlation,
            "result": "success",
            "resultReason": "",
            "activityDisplayName": name,
            "activityDateTime": precise(now),
            "loggedByService": "Core Directory",
            "operationType": operation,
            "initiatedBy": acting().shown(),
            "targetResources": targets,
            "additionalDetails": [],
        }
        seen = now + timedelta(seconds=wait)
        self._entries.append(Entry(at=now, seen_at=seen, row=row))

    def _target(self, row: Row, modified: list[dict[str, Any]]) -> dict[str, Any]:
        kind = kind_of(row)
        return {
            **_NO_TARGET,
            "id": row["id"],
            "displayName": row.get("displayName"),
            "type": kind[0].upper() + kind[1:],
            "userPrincipalName": row.get("userPrincipalName"),
            "modifiedProperties": modified,
        }


_CATEGORIES = {
    "users": "UserManagement",
    "groups": "GroupManagement",
    "roleAssignments": "RoleManagement",
}
_NO_TARGET: Mapping[str, Any] = {
    "id": None,
    "displayName": None,
    "type": None,
    "userPrincipalName": None,
    "groupType": None,
    "modifiedProperties": [],
}


def _changed(event: Event) -> list[str]:
    before, after = event.before or {}, event.after or {}
    names = dict.fromkeys((*before, *after))
    differing = [name for name in names if before.get(name) != after.get(name)]
    return [name for name in differing if name not in _TOLD_ELSEWHERE]


def _name(event: Event, changed: list[str], noun: str) -> tuple[str, str]:
    """What a change is called: some have names of their own."""
    if noun == "user" and changed == ["accountEnabled"]:
        enabled = (event.after or {}).get("accountEnabled")
        return ("Enable account" if enabled else "Disable account"), "Update"
    for name, special in _SPECIAL:
        if noun == "user" and name in changed:
            return special, "Update"
    if noun == "group" and changed == ["assignedLicenses"]:
        return "Set group license", "Assign"
    return f"Update {noun}", "Update"


def _modified(event: Event) -> list[dict[str, Any]]:
    before = event.before or {}
    after = (event.after if event.what != "deleted" else None) or {}
    if event.what in {"deleted", "purged"}:
        return []
    changed = _changed(event)
    found = [_property(_pascal(name), before.get(name), after.get(name)) for name in changed]
    names = ", ".join(_pascal(name) for name in changed)
    included = {
        "displayName": "Included Updated Properties",
        "oldValue": None,
        "newValue": json.dumps(names),
    }
    return [*found, included]


def _property(name: str, old: object, new: object) -> dict[str, Any]:
    """A changed property; its values are JSON in text."""
    return {
        "displayName": name,
        "oldValue": None if old is None else json.dumps([old]),
        "newValue": None if new is None else json.dumps([new]),
    }


def _moved(value: object, *, gone: bool) -> tuple[object, object]:
    return (value, None) if gone else (None, value)


def _pascal(name: str) -> str:
    return name[0].upper() + name[1:]
