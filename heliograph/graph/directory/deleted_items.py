"""Deleted users and groups, which wait 30 days to be restored.

https://learn.microsoft.com/graph/api/resources/directory
"""

from collections.abc import AsyncIterator, Sequence

from heliograph.graph.calls import Calls
from heliograph.graph.paths import path
from heliograph.graph.query import options
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import DirectoryObject, Group, User

_READ = "User.Read.All"
_READ_GROUPS = "Group.Read.All"
_RESTORE = "User.DeleteRestore.All"
_DELETED = ("directory", "deletedItems")
_DELETED_FIELDS = ("id", "displayName", "deletedDateTime")
_DELETED_USER_FIELDS = (*_DELETED_FIELDS, "userPrincipalName")


class Directory:
    """Calls below `/directory/deletedItems`. *item* is the id that the object had before."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def deleted_properties(self, item: str, select: Sequence[str] = ()) -> dict[str, object]:
        """The properties of a deleted object. Raises NotFound when it was purged, or is alive."""
        return await self._calls.fetch_properties(_read(path(*_DELETED, item), select))

    def deleted_users(self, *, select: Sequence[str] = _DELETED_USER_FIELDS) -> AsyncIterator[User]:
        """All soft-deleted users."""
        request = _read(path(*_DELETED, "microsoft.graph.user"), select)
        return self._calls.pages(request, User)

    def deleted_groups(self, *, select: Sequence[str] = _DELETED_FIELDS) -> AsyncIterator[Group]:
        """All Microsoft 365 groups that can be restored."""
        request = _read(path(*_DELETED, "microsoft.graph.group"), select, permission=_READ_GROUPS)
        return self._calls.pages(request, Group)

    async def restore(self, item: str) -> DirectoryObject:
        """The object, alive again with id, groups and mailbox. Raises NotFound after 30 days."""
        request = Request(method="POST", path=path(*_DELETED, item, "restore"), permission=_RESTORE)
        return await self._calls.fetch(request, DirectoryObject)

    async def purge(self, item: str) -> None:
        """Deletes it for good. Done as well if it is not there any more."""
        request = Request(method="DELETE", path=path(*_DELETED, item), permission=_RESTORE)
        await self._calls.remove(request)


def _read(path_: str, select: Sequence[str], *, permission: str = _READ) -> Request:
    return Request(method="GET", path=path_, params=options(select=select), permission=permission)
