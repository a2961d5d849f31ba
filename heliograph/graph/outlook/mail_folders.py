"""Folders of a mailbox: read, made, renamed, moved, deleted.

A folder is addressed by its id, or by its well-known name, such as `inbox`, in any language.
https://learn.microsoft.com/graph/api/resources/mailfolder
"""

from collections.abc import AsyncIterator

from heliograph.graph.calls import Calls
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options, properties_of
from heliograph.graph.values.objects import Entity

_READ = "Mail.ReadBasic.All"
_WRITE = "Mail.ReadWrite"


class MailFolder(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A folder of a mailbox. Its well-known name is an address only, and not told here."""

    display_name: str | None = None
    parent_folder_id: str | None = None
    child_folder_count: int | None = None
    unread_item_count: int | None = None
    total_item_count: int | None = None
    is_hidden: bool | None = None


_FIELDS = properties_of(MailFolder)


class MailFolders:
    """Calls into the folders of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, folder: str) -> MailFolder:
        """One folder. Raises NotFound."""
        params = options(select=_FIELDS)
        request = reading(user, "mailFolders", folder, params=params, permission=_READ)
        return await self._calls.fetch(request, MailFolder)

    def list(
        self, user: str, *, parent: str = "", hidden: bool = False
    ) -> AsyncIterator[MailFolder]:
        """The folders in *parent*, or those at the top; *hidden* ones if wanted."""
        place = ("mailFolders", parent, "childFolders") if parent else ("mailFolders",)
        params = options(select=_FIELDS, top=100)
        if hidden:
            params["includeHiddenFolders"] = "true"
        return self._calls.pages(reading(user, *place, params=params, permission=_READ), MailFolder)

    async def tree(
        self, user: str, *, parent: str = "", hidden: bool = False
    ) -> AsyncIterator[MailFolder]:
        """The folders in *parent*, or all of the mailbox, each followed by those below it."""
        async for folder in self.list(user, parent=parent, hidden=hidden):
            yield folder
            if folder.child_folder_count:
                async for child in self.tree(user, parent=folder.id, hidden=hidden):
                    yield child

    async def create(
        self, user: str, name: str, *, parent: str = "", hidden: bool = False
    ) -> MailFolder:
        """A new folder in *parent*, or at the top. Raises Conflict where the name is taken."""
        place = ("mailFolders", parent, "childFolders") if parent else ("mailFolders",)
        json = {"displayName": name, "isHidden": hidden}
        request = writing("POST", user, *place, json=json, permission=_WRITE)
        return await self._calls.fetch(request, MailFolder)

    async def rename(self, user: str, folder: str, name: str) -> MailFolder:
        """The folder under its new *name*. Well-known ones keep theirs: Graph refuses."""
        json = {"displayName": name}
        request = writing("PATCH", user, "mailFolders", folder, json=json, permission=_WRITE)
        return await self._calls.fetch(request, MailFolder)

    async def move(self, user: str, folder: str, destination: str) -> MailFolder:
        """The folder, with all that it holds, in another one."""
        json = {"destinationId": destination}
        request = writing("POST", user, "mailFolders", folder, "move", json=json, permission=_WRITE)
        return await self._calls.fetch(request, MailFolder)

    async def delete(self, user: str, folder: str) -> None:
        """Deletes it with all that it holds. Done as well if it is gone."""
        await self._calls.remove(writing("DELETE", user, "mailFolders", folder, permission=_WRITE))
