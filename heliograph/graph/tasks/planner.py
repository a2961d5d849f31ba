"""Planner: the tasks that are assigned to people, in the plans of groups.

Every change names the state that it builds on, by the ETag of the task. Where the caller names
none, the present one is read first, and again should somebody else be quicker.
https://learn.microsoft.com/graph/api/resources/plannertask
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime

import msgspec

from heliograph.errors import Conflict, NotFound
from heliograph.graph.answers import decode
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.paths import path, user_path
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Part
from heliograph.graph.values.objects import Entity

_READ = "Tasks.Read.All"
_WRITE = "Tasks.ReadWrite.All"
_TRIES = 3


class Assignment(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """That somebody has a task, since when."""

    assigned_date_time: datetime | None = None
    order_hint: str | None = None


class Tagged(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What can be changed by those alone who know its present state."""

    etag: str | None = msgspec.field(default=None, name="@odata.etag")


class PlannerTask(Tagged, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A task of a plan. `percent_complete` is 0, 50 or 100 as people see it."""

    plan_id: str | None = None
    bucket_id: str | None = None
    title: str | None = None
    percent_complete: int | None = None
    priority: int | None = None
    start_date_time: datetime | None = None
    due_date_time: datetime | None = None
    created_date_time: datetime | None = None
    completed_date_time: datetime | None = None
    assignments: dict[str, Assignment] | None = None
    applied_categories: dict[str, bool] | None = None
    order_hint: str | None = None
    assignee_priority: str | None = None
    has_description: bool | None = None
    checklist_item_count: int | None = None
    active_checklist_item_count: int | None = None
    reference_count: int | None = None


class PlannerDetails(Tagged, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What else a task holds. `checklist` and `references` are as Graph wrote them."""

    description: str | None = None
    preview_type: str | None = None
    checklist: dict[str, dict[str, object]] | None = None
    references: dict[str, dict[str, object]] | None = None


class Planner:
    """Calls about tasks of plans. *user* is an id: Planner knows no names."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, user: str) -> AsyncIterator[PlannerTask]:
        """The tasks that are assigned to *user*, in all plans."""
        place = user_path(user, "planner", "tasks")
        return self._calls.pages(_reading(place), PlannerTask)

    async def get(self, task: str) -> PlannerTask:
        """One task. Raises NotFound."""
        return await self._calls.fetch(_reading(_task(task)), PlannerTask)

    async def details(self, task: str) -> PlannerDetails:
        """The description, the checklist and the references of a task. Raises NotFound."""
        return await self._calls.fetch(_reading(_task(task, "details")), PlannerDetails)

    async def create(self, properties: Properties) -> PlannerTask:
        """A new task. Needs `planId` and `title`; see `assigned` for `assignments`."""
        request = Request(
            method="POST", path=path("planner", "tasks"), json=properties, permission=_WRITE
        )
        return await self._calls.fetch(request, PlannerTask)

    async def update(self, task: str, properties: Properties, *, etag: str = "") -> PlannerTask:
        """The task with *properties* set.

        Raises Conflict where the task has not the *etag* that the caller knows.
        """
        content = await self._change("PATCH", _task(task), properties, etag=etag)
        return decode(content, PlannerTask) if content else await self.get(task)

    async def update_details(
        self, task: str, properties: Properties, *, etag: str = ""
    ) -> PlannerDetails:
        """The details with *properties* set; as `update`, with the etag of the details."""
        content = await self._change("PATCH", _task(task, "details"), properties, etag=etag)
        return decode(content, PlannerDetails) if content else await self.details(task)

    async def complete(self, task: str) -> PlannerTask:
        """The task, done."""
        return await self.update(task, {"percentComplete": 100})

    async def delete(self, task: str, *, etag: str = "") -> None:
        """Deletes the task. Done as well if it is gone. Conflict as by `update`."""
        try:
            await self._change("DELETE", _task(task), None, etag=etag)
        except NotFound:
            return

    async def _change(
        self, method: str, place: str, properties: Properties | None, *, etag: str
    ) -> bytes:
        """What Graph answers to a change of the state with this *etag*, else of the present one."""
        for left in reversed(range(_TRIES)):
            known = etag or (await self._calls.fetch(_reading(place), Tagged)).etag or ""
            request = Request(
                method=method,
                path=place,
                json=properties,
                headers={"if-match": known, "prefer": "return=representation"},
                permission=_WRITE,
            )
            try:
                return (await self._calls.send(request)).content
            except Conflict:
                if etag or not left:
                    raise
        raise AssertionError("the last try returns or raises")


def assigned(users: Iterable[str]) -> Mapping[str, object]:
    """`assignments` that give a task to *users*, by their ids."""
    kind = "#microsoft.graph.plannerAssignment"
    return {user: {"@odata.type": kind, "orderHint": " !"} for user in users}


def _task(task: str, *segments: str) -> str:
    return path("planner", "tasks", task, *segments)


def _reading(place: str) -> Request:
    return Request(method="GET", path=place, permission=_READ)
