"""Groups and who is in them.

https://learn.microsoft.com/graph/api/resources/group
"""

from collections.abc import AsyncIterator, Sequence

from heliograph.errors import Conflict, NotFound
from heliograph.graph.calls import Calls
from heliograph.graph.objects import GROUP_FIELDS, DirectoryObject, Group
from heliograph.graph.paths import path
from heliograph.graph.query import directory, options
from heliograph.graph.transport import Request

_READ = "GroupMember.Read.All"
_WRITE = "GroupMember.ReadWrite.All"


class Groups:
    """Calls below `/groups`. *group* is an id everywhere."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, group: str, *, select: Sequence[str] = GROUP_FIELDS) -> Group:
        """One group. Raises NotFound."""
        return await self._calls.fetch(_read(path("groups", group), select), Group)

    async def get_properties(self, group: str, select: Sequence[str]) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        return await self._calls.fetch_properties(_read(path("groups", group), select))

    def list(
        self,
        *,
        select: Sequence[str] = GROUP_FIELDS,
        where: str = "",
        search: str = "",
        order_by: str = "",
        top: int = 999,
    ) -> AsyncIterator[Group]:
        """All groups that match, page by page; *top* is the size of a page."""
        params, headers = directory(
            options(select=select, where=where, search=search, order_by=order_by, top=top)
        )
        request = Request(
            method="GET", path="/groups", params=params, headers=headers, permission=_READ
        )
        return self._calls.pages(request, Group)

    def list_properties(self, select: Sequence[str]) -> AsyncIterator[dict[str, object]]:
        """The id and the selected properties of all groups, as Graph wrote them, page by page."""
        params = options(select=tuple(dict.fromkeys(("id", *select))), top=999)
        request = Request(method="GET", path="/groups", params=params, permission=_READ)
        return self._calls.pages_of_properties(request)

    def members(
        self, group: str, *, select: Sequence[str] = ("id", "displayName"), top: int = 999
    ) -> AsyncIterator[DirectoryObject]:
        """The direct members, of every kind. Order and completeness are Graph's, at the moment."""
        request = _read(path("groups", group, "members"), select, top=top)
        return self._calls.pages(request, DirectoryObject)

    async def add_member(self, group: str, member: str) -> None:
        """Puts the directory object *member* into *group*. Done as well if it is in there already.

        Raises NotFound while either is so new that the directory has not copied it everywhere.
        """
        request = Request(
            method="POST",
            path=path("groups", group, "members", "$ref"),
            json=self._calls.reference("directoryObjects", member),
            permission=_WRITE,
            repeatable=True,
        )
        try:
            await self._calls.send(request)
        except Conflict:
            return

    async def remove_member(self, group: str, member: str) -> None:
        """Takes *member* out of *group*. Done as well if it is not in there."""
        # Without `$ref` the same call deletes the member itself.
        request = Request(
            method="DELETE",
            path=path("groups", group, "members", member, "$ref"),
            permission=_WRITE,
        )
        try:
            await self._calls.send(request)
        except NotFound:
            return


def _read(path_: str, select: Sequence[str], *, top: int = 0) -> Request:
    params = options(select=select, top=top)
    return Request(method="GET", path=path_, params=params, permission=_READ)
