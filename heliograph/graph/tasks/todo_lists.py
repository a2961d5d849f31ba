"""To Do: the lists of tasks that a person keeps. The tasks are in `todo_tasks`.

https://learn.microsoft.com/graph/api/resources/todotasklist
"""

from collections.abc import AsyncIterator

from heliograph.graph.calls import Calls
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options
from heliograph.graph.values.objects import Entity

_READ = "Tasks.Read.All"
_WRITE = "Tasks.ReadWrite.All"


class TodoList(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One list; `wellknown_list_name` is none, defaultList or flaggedEmails."""

    display_name: str | None = None
    is_owner: bool | None = None
    is_shared: bool | None = None
    wellknown_list_name: str | None = None


class TodoLists:
    """Calls about somebody's lists. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, list_: str) -> TodoList:
        """One list. Raises NotFound."""
        request = reading(user, "todo", "lists", list_, permission=_READ)
        return await self._calls.fetch(request, TodoList)

    def list(self, user: str) -> AsyncIterator[TodoList]:
        """All lists."""
        params = options(top=100)
        request = reading(user, "todo", "lists", params=params, permission=_READ)
        return self._calls.pages(request, TodoList)

    async def create(self, user: str, name: str) -> TodoList:
        """A new list."""
        json = {"displayName": name}
        request = writing("POST", user, "todo", "lists", json=json, permission=_WRITE)
        return await self._calls.fetch(request, TodoList)

    async def rename(self, user: str, list_: str, name: str) -> TodoList:
        """The list under its new *name*. Well-known ones keep theirs: Graph refuses."""
        json = {"displayName": name}
        request = writing("PATCH", user, "todo", "lists", list_, json=json, permission=_WRITE)
        return await self._calls.fetch(request, TodoList)

    async def delete(self, user: str, list_: str) -> None:
        """Deletes it with its tasks. Done as well if it is gone."""
        await self._calls.remove(writing("DELETE", user, "todo", "lists", list_, permission=_WRITE))
