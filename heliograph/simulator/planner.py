"""Planner: plans of groups, their buckets, and tasks that are assigned to people.

Every object has an entity tag, and is changed only by who knows it.
"""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heliograph.simulator.clock import Clock, precise
from heliograph.simulator.directory import Directory
from heliograph.simulator.ids import Ids
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row, Store, Table

LIMITS = {
    "MaximumTasksInProject": 9_000,
    "MaximumTasksAssignedToUser": 3_000,
    "MaximumAssigneesInTasks": 20,
    "MaximumBucketsInProject": 200,
    "MaximumChecklistItemsOnTask": 20,
    "MaximumReferencesOnTask": 10,
}
"""The words that Graph refuses with, and how many of each there may be."""

ASSIGNMENT = "#microsoft.graph.plannerAssignment"

_HINT = re.compile(r"\S* \S*!\Z")
_CATEGORY = re.compile(r"category([1-9]|1\d|2[0-5])\Z")
_DONE = 100
_EMPTY_TASK: Mapping[str, Any] = {
    "bucketId": None,
    "percentComplete": 0,
    "priority": 5,
    "startDateTime": None,
    "dueDateTime": None,
    "hasDescription": False,
    "previewType": "automatic",
    "completedDateTime": None,
    "completedBy": None,
    "referenceCount": 0,
    "checklistItemCount": 0,
    "activeChecklistItemCount": 0,
    "conversationThreadId": None,
    "appliedCategories": {},
    "assignments": {},
}
_SEEDED = ("Prepare access badge", "Order laptop", "Plan first week", "Review budget")


class Planner:
    """All plans of the tenant. *who* is the identity set of whoever writes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        directory: Directory,
        limits: Mapping[str, int] = LIMITS,
    ) -> None:
        self.plans = Table("plannerPlans")
        self.buckets = Table("plannerBuckets")
        self.tasks = Table("plannerTasks")
        self.details = Table("plannerTaskDetails")
        self._store = store
        self._clock = clock
        self._ids = ids
        self._directory = directory
        self._limits = limits

    def plant(self, groups: Sequence[Row], people: Sequence[Row]) -> None:
        """Take it that each of *groups* has always had a plan, with tasks for some of *people*."""
        for at, group in enumerate(groups):
            who = {"user": {"displayName": None, "id": people[0]["id"]}}
            plan = self._plan(str(group["displayName"]), group["id"], who)
            bucket = self._bucket("To do", plan["id"])
            self.plans.load([(plan["id"], plan)])
            self.buckets.load([(bucket["id"], bucket)])
            for person, title in zip(people[at :: len(groups)], _SEEDED, strict=False):
                given = {"title": title, "assignments": {person["id"]: {"orderHint": " !"}}}
                task = self._task({**given, "planId": plan["id"], "bucketId": bucket["id"]}, who)
                self.tasks.load([(task["id"], task)])
                self.details.load([(task["id"], self._fresh_details(task["id"]))])

    def create_plan(self, title: str, owner: str, who: Row) -> Row:
        """A new plan of the group *owner*."""
        group = self._directory.group(owner)["id"]
        return self._put(self.plans, self._plan(_named(title), group, who))

    def create_bucket(self, name: str, plan: str) -> Row:
        """A new bucket of a plan."""
        inside = _count(self.buckets.rows.values(), planId=self.found(self.plans, plan)["id"])
        self._check_limit("MaximumBucketsInProject", inside + 1)
        return self._put(self.buckets, self._bucket(_named(name), plan))

    def create(self, given: Mapping[str, Any], who: Row) -> Row:
        """A new task of a plan."""
        plan = self.found(self.plans, str(given.get("planId") or ""))["id"]
        _named(str(given.get("title") or ""))
        self._check_limit(
            "MaximumTasksInProject", _count(self.tasks.rows.values(), planId=plan) + 1
        )
        task = self._task(given, who)
        self._put(self.details, self._fresh_details(task["id"]))
        return self._put(self.tasks, task)

    def update(self, id_: str, changes: Mapping[str, Any], who: Row) -> Row:
        """The task with *changes* made."""
        before = self.found(self.tasks, id_)
        if "title" in changes:
            _named(str(changes["title"] or ""))
        return self._put(self.tasks, {**before, **self._shaped(changes, before, who)})

    def update_details(self, id_: str, changes: Mapping[str, Any]) -> Row:
        """The details of the task with *changes* made; the task counts what they hold."""
        before = self.found(self.details, id_)
        after = {**before, **changes}
        for name, limit in (
            ("checklist", "MaximumChecklistItemsOnTask"),
            ("references", "MaximumReferencesOnTask"),
        ):
            after[name] = _merged(before[name], changes.get(name) or {})
            self._check_limit(limit, len(after[name]))
        steps = after["checklist"].values()
        counts = {
            "hasDescription": bool(after["description"]),
            "referenceCount": len(after["references"]),
            "checklistItemCount": len(steps),
            "activeChecklistItemCount": sum(not step.get("isChecked") for step in steps),
            "previewType": after["previewType"],
        }
        self._put(self.tasks, {**self.tasks.rows[id_], **counts})
        return self._put(self.details, after)

    def rename(self, table: Table, id_: str, changes: Mapping[str, Any]) -> Row:
        """The plan or bucket with *changes* made."""
        return self._put(table, {**self.found(table, id_), **changes})

    def delete(self, table: Table, id_: str) -> None:
        """Take a task, a bucket or a plan out, with all that stands in it."""
        self.found(table, id_)
        inside = {"plannerPlans": "planId", "plannerBuckets": "bucketId"}.get(table.kind)
        for key, task in list(self.tasks.rows.items()):
            if inside and task[inside] == id_:
                self.delete(self.tasks, key)
        for key, bucket in list(self.buckets.rows.items()):
            if table is self.plans and bucket["planId"] == id_:
                self._store.write(self.buckets, key, after=None)
        if table is self.tasks:
            self._store.write(self.details, id_, after=None)
        self._store.write(table, id_, after=None)

    def found(self, table: Table, id_: str) -> Row:
        """The object with this id. Ids have case."""
        if id_ not in table.rows:
            raise Refused(404, "NotFound", "The requested item is not found.")
        return table.rows[id_]

    def assigned_to(self, user: str) -> list[Row]:
        """The tasks that are assigned to the user with this id."""
        return [row for row in self.tasks.rows.values() if user in row["assignments"]]

    def plans_of(self, user: str) -> list[Row]:
        """The plans of the groups that the user with this id is a member of."""
        groups = self._directory.memberships.groups(user)
        return [row for row in self.plans.rows.values() if row["owner"] in groups]

    def _plan(self, title: str, owner: str, who: Row) -> dict[str, Any]:
        url = f"https://graph.microsoft.com/v1.0/groups/{owner}"
        return {
            "id": self._ids.planner(),
            "title": title,
            "owner": owner,
            "createdBy": who,
            "createdDateTime": self._now(),
            "container": {"containerId": owner, "type": "group", "url": url},
            **_tag("Plan", 0),
        }

    def _bucket(self, name: str, plan: str) -> dict[str, Any]:
        id_, hint = self._ids.planner(), self._hint()
        return {"id": id_, "name": name, "planId": plan, "orderHint": hint, **_tag("Buck", 0)}

    def _task(self, given: Mapping[str, Any], who: Row) -> dict[str, Any]:
        row = {
            **_EMPTY_TASK,
            "id": self._ids.planner(),
            "orderHint": self._hint(),
            "assigneePriority": "",
            "createdDateTime": self._now(),
            "createdBy": who,
            "planId": given["planId"],
            "title": given["title"],
            **_tag("Task", 0),
        }
        return {**row, **self._shaped(given, row, who)}

    def _fresh_details(self, id_: str) -> dict[str, Any]:
        return {
            "id": id_,
            "description": "",
            "previewType": "automatic",
            "references": {},
            "checklist": {},
            **_tag("Deta", 0),
        }

    def _shaped(self, given: Mapping[str, Any], before: Row, who: Row) -> dict[str, Any]:
        shaped = dict(given)
        if shaped.get("bucketId"):
            bucket = self.found(self.buckets, shaped["bucketId"])
            if bucket["planId"] != before["planId"]:
                raise _refused("The bucket is expected to belong to the plan of the task.")
        _check_range(shaped, "percentComplete", 100)
        _check_range(shaped, "priority", 10)
        for name in ("orderHint", "assigneePriority"):
            if name in shaped:
                shaped[name] = self._placed(str(shaped[name]))
        if "assignments" in shaped:
            shaped["assignments"] = self._assignments(before, shaped["assignments"] or {}, who)
        if "appliedCategories" in shaped:
            shaped["appliedCategories"] = _categories(before, shaped["appliedCategories"] or {})
        is_done = shaped.get("percentComplete", before["percentComplete"]) == _DONE
        if is_done != (before["percentComplete"] == _DONE):
            shaped["completedDateTime"] = self._now() if is_done else None
            shaped["completedBy"] = who if is_done else None
        return shaped

    def _assignments(self, before: Row, given: Mapping[str, Any], who: Row) -> dict[str, Any]:
        found = dict(before["assignments"])
        for user, assignment in given.items():
            if assignment is None:
                found.pop(user, None)
                continue
            if user not in found:
                self._directory.user_id(user)
                assigned = len(self.assigned_to(user)) + 1
                self._check_limit("MaximumTasksAssignedToUser", assigned)
            fresh = {"assignedDateTime": self._now(), "assignedBy": who}
            hint = self._placed(str(assignment.get("orderHint") or " !"))
            known = found.get(user, fresh)
            found[user] = {"@odata.type": ASSIGNMENT, **known, "orderHint": hint}
        self._check_limit("MaximumAssigneesInTasks", len(found))
        return found

    def _placed(self, hint: str) -> str:
        """The place that Planner gives to what is wished between two others."""
        if not _HINT.match(hint):
            raise _refused(
                f"The order hint '{hint}' is invalid: '<hint before> <hint after>!' is expected."
            )
        return self._hint()

    def _put(self, table: Table, row: Row) -> Row:
        tagged = {**row, **_tag(row["tagName"], row["version"] + 1)}
        self._store.write(table, row["id"], after=tagged)
        return tagged

    def _check_limit(self, word: str, number: int) -> None:
        if number > self._limits[word]:
            raise Refused(403, word, f"The limit {word} of {self._limits[word]} is reached.")

    def _hint(self) -> str:
        """What sorts before all that were given out before."""
        return str(8_585_000_000_000_000_000 - self._store.sequence * 1_000)

    def _now(self) -> str:
        return precise(self._clock.now())


def _tag(name: str, version: int) -> dict[str, Any]:
    """The entity tag of a version, in the form of Planner's."""
    letters = "".join(chr(ord("@") + int(digit, 16)) for digit in f"{version:016x}")
    key = base64.b64encode(f"'1-{name}  {letters}'".encode()).decode()
    return {"tagName": name, "version": version, "changeKey": key}


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """An open map with *changes* made: null takes an entry out."""
    found = {
        **before,
        **{key: {**before.get(key, {}), **(value or {})} for key, value in changes.items()},
    }
    return {key: value for key, value in found.items() if changes.get(key, value) is not None}


def _categories(before: Row, given: Mapping[str, Any]) -> dict[str, bool]:
    for name in given:
        if not _CATEGORY.match(name):
            raise _refused(f"The category '{name}' is not one of category1 to category25.")
    both = {**before["appliedCategories"], **given}
    return {name: True for name, is_set in both.items() if is_set}


def _check_range(given: Mapping[str, Any], name: str, most: int) -> None:
    value = given.get(name)
    if value is not None and not 0 <= value <= most:
        raise _refused(f"The value of {name} is expected to be between 0 and {most}.")


def _named(text: str) -> str:
    if not text.strip() or len(text) > 255:
        raise _refused("A title or name of 1 to 255 characters is expected.")
    return text


def _count(rows: Iterable[Row], **wanted: str) -> int:
    return sum(all(row[name] == value for name, value in wanted.items()) for row in rows)


def _refused(text: str) -> Refused:
    return Refused(400, "BadRequest", text)
