"""Folders of contacts: read, made, renamed, deleted.

The default folder may be missing in the list: its id is the `parent_folder_id` of its contacts.
https://learn.microsoft.com/graph/api/resources/contactfolder
"""

from collections.abc import AsyncIterator

from heliograph.graph.calls import Calls
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options, properties_of
from heliograph.graph.values.objects import Entity

_READ = "Contacts.Read"
_WRITE = "Contacts.ReadWrite"


class ContactFolder(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A folder of contacts. Those made without a parent lie in the default one."""

    display_name: str | None = None
    parent_folder_id: str | None = None


_FIELDS = properties_of(ContactFolder)


class ContactFolders:
    """Calls into the contact folders of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, folder: str) -> ContactFolder:
        """One folder. Raises NotFound."""
        params = options(select=_FIELDS)
        request = reading(user, "contactFolders", folder, params=params, permission=_READ)
        return await self._calls.fetch(request, ContactFolder)

    def list(self, user: str, *, parent: str = "") -> AsyncIterator[ContactFolder]:
        """The folders in *parent*, or those in the default one."""
        params = options(select=_FIELDS, top=100)
        request = reading(user, *_within(parent), params=params, permission=_READ)
        return self._calls.pages(request, ContactFolder)

    async def create(self, user: str, name: str, *, parent: str = "") -> ContactFolder:
        """A new folder in *parent*, or in the default one."""
        json = {"displayName": name}
        request = writing("POST", user, *_within(parent), json=json, permission=_WRITE)
        return await self._calls.fetch(request, ContactFolder)

    async def rename(self, user: str, folder: str, name: str) -> ContactFolder:
        """The folder under its new *name*."""
        json = {"displayName": name}
        request = writing("PATCH", user, "contactFolders", folder, json=json, permission=_WRITE)
        return await self._calls.fetch(request, ContactFolder)

    async def delete(self, user: str, folder: str) -> None:
        """Deletes it with its contacts. Done as well if it is gone."""
        request = writing("DELETE", user, "contactFolders", folder, permission=_WRITE)
        await self._calls.remove(request)


def _within(parent: str) -> tuple[str, ...]:
    return ("contactFolders", parent, "childFolders") if parent else ("contactFolders",)
