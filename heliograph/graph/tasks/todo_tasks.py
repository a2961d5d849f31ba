"""To Do: tasks, the steps on their checklists, and what they link to.

Not the tasks that others assign to somebody: those are Planner's.
https://learn.microsoft.com/graph/api/resources/todotask
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Body, Moment, Recurrence
from heliograph.graph.values.objects import Entity

_READ = "Tasks.Read.All"
_WRITE = "Tasks.ReadWrite.All"


class ChecklistItem(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A step of a task."""

    display_name: str | None = None
    is_checked: bool | None = None
    checked_date_time: datetime | None = None
    created_date_time: datetime | None = None


class LinkedResource(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a task is about in another application, which knows it as `external_id`."""

    application_name: str | None = None
    display_name: str | None = None
    external_id: str | None = None
    web_url: str | None = None


class TodoTask(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One task; `status` is notStarted, inProgress, completed, waitingOnOthers or deferred."""

    title: str | None = None
    body: Body | None = None
    status: str | None = None
    importance: str | None = None
    categories: list[str] | None = None
    is_reminder_on: bool | None = None
    start_date_time: Moment | None = None
    due_date_time: Moment | None = None
    reminder_date_time: Moment | None = None
    completed_date_time: Moment | None = None
    created_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None
    has_attachments: bool | None = None
    recurrence: Recurrence | None = None
    checklist_items: list[ChecklistItem] | None = None
    linked_resources: list[LinkedResource] | None = None


_PARTS = {"$expand": "checklistItems,linkedResources"}


class TodoTasks:
    """Calls about the tasks of a list. *user* is the id or UPN of its owner."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, list_: str, task: str) -> TodoTask:
        """One task with its checklist and links. Raises NotFound."""
        request = _reading(user, list_, task, params=_PARTS)
        return await self._calls.fetch(request, TodoTask)

    def list(
        self, user: str, list_: str, *, where: str = "", order_by: str = ""
    ) -> AsyncIterator[TodoTask]:
        """The tasks with their checklists and links; `status ne 'completed'` are the open ones."""
        params = {**options(where=where, order_by=order_by, top=100), **_PARTS}
        return self._calls.pages(_reading(user, list_, params=params), TodoTask)

    async def create(self, user: str, list_: str, properties: Properties) -> TodoTask:
        """A new task. Needs a `title`; `linkedResources` are made along with it."""
        request = _writing("POST", user, list_, json=properties)
        return await self._calls.fetch(request, TodoTask)

    async def update(self, user: str, list_: str, task: str, properties: Properties) -> TodoTask:
        """The task with *properties* set."""
        request = _writing("PATCH", user, list_, task, json=properties)
        return await self._calls.fetch(request, TodoTask)

    async def complete(self, user: str, list_: str, task: str) -> TodoTask:
        """The task, done."""
        return await self.update(user, list_, task, {"status": "completed"})

    async def delete(self, user: str, list_: str, task: str) -> None:
        """Deletes it. Done as well if it is gone."""
        await self._calls.remove(_writing("DELETE", user, list_, task))


class ChecklistItems:
    """Calls about the steps of a task."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, user: str, list_: str, task: str) -> AsyncIterator[ChecklistItem]:
        """All steps."""
        return self._calls.pages(_reading(user, list_, task, "checklistItems"), ChecklistItem)

    async def create(self, user: str, list_: str, task: str, name: str) -> ChecklistItem:
        """A new step."""
        request = _writing("POST", user, list_, task, "checklistItems", json={"displayName": name})
        return await self._calls.fetch(request, ChecklistItem)

    async def check(
        self, user: str, list_: str, task: str, item: str, *, done: bool = True
    ) -> ChecklistItem:
        """The step, *done* or to be done again."""
        place = (task, "checklistItems", item)
        request = _writing("PATCH", user, list_, *place, json={"isChecked": done})
        return await self._calls.fetch(request, ChecklistItem)

    async def delete(self, user: str, list_: str, task: str, item: str) -> None:
        """Deletes it. Done as well if it is gone."""
        await self._calls.remove(_writing("DELETE", user, list_, task, "checklistItems", item))


class LinkedResources:
    """Calls about what a task links to."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, user: str, list_: str, task: str) -> AsyncIterator[LinkedResource]:
        """All links."""
        return self._calls.pages(_reading(user, list_, task, "linkedResources"), LinkedResource)

    async def create(
        self, user: str, list_: str, task: str, properties: Properties
    ) -> LinkedResource:
        """A new link: `webUrl`, `applicationName`, `displayName`, `externalId`."""
        request = _writing("POST", user, list_, task, "linkedResources", json=properties)
        return await self._calls.fetch(request, LinkedResource)

    async def delete(self, user: str, list_: str, task: str, link: str) -> None:
        """Deletes it. Done as well if it is gone."""
        await self._calls.remove(_writing("DELETE", user, list_, task, "linkedResources", link))


def _reading(
    user: str, list_: str, *place: str, params: Mapping[str, str] | None = None
) -> Request:
    segments = ("todo", "lists", list_, "tasks", *place)
    return reading(user, *segments, params=params, permission=_READ)


def _writing(method: str, user: str, list_: str, *place: str, json: object = None) -> Request:
    segments = ("todo", "lists", list_, "tasks", *place)
    return writing(method, user, *segments, json=json, permission=_WRITE)
