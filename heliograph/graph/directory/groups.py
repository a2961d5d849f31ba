"""Groups, who is in them, and who owns them.

https://learn.microsoft.com/graph/api/resources/group
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from heliograph.errors import Conflict, GraphError, Invalid
from heliograph.graph.batch import Batches
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.paths import path
from heliograph.graph.query import in_directory, options
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import GROUP_FIELDS, USER_FIELDS, DirectoryObject, Group, User

BOUND_AT_ONCE = 20
"""So many members and owners Graph takes in one call."""

_READ = "GroupMember.Read.All"
_WRITE = "Group.ReadWrite.All"
_WRITE_MEMBERS = "GroupMember.ReadWrite.All"


class Groups:
    """Calls below `/groups`. *group* is an id everywhere."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._batches = Batches(calls)

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
        params = options(select=select, where=where, search=search, order_by=order_by, top=top)
        return self._calls.pages(in_directory("/groups", params, permission=_READ), Group)

    def list_properties(self, select: Sequence[str]) -> AsyncIterator[dict[str, object]]:
        """The id and the selected properties of all groups, as Graph wrote them, page by page."""
        request = _read("/groups", tuple(dict.fromkeys(("id", *select))), top=999)
        return self._calls.pages_of_properties(request)

    async def count(self, *, where: str = "", search: str = "") -> int:
        """How many groups match; of what changed just now the index may not know yet."""
        params = options(where=where, search=search)
        return await self._calls.count("/groups", params, permission=_READ)

    async def create(
        self, properties: Properties, *, owners: Sequence[str] = (), members: Sequence[str] = ()
    ) -> Group:
        """A new group with *owners* and *members*, which are 20 together at most.

        Needs displayName, mailEnabled, mailNickname and securityEnabled. Without an owner a group
        that an app makes has none, and is hard to manage later.
        """
        if len(owners) + len(members) > BOUND_AT_ONCE:
            raise Invalid(
                f"at most {BOUND_AT_ONCE} owners and members of a new group are expected,"
                f" not {len(owners) + len(members)}: the others are for `add_members`"
            )
        bound = {
            "owners@odata.bind": self._links(owners),
            "members@odata.bind": self._links(members),
        }
        json = {**properties, **{name: links for name, links in bound.items() if links}}
        return await self._calls.fetch(_write("POST", "/groups", json), Group)

    async def update(self, group: str, properties: Properties) -> None:
        """Sets *properties*, and leaves all others."""
        await self._calls.send(_write("PATCH", path("groups", group), properties))

    async def delete(self, group: str) -> None:
        """Deletes the group. A Microsoft 365 group waits among the deleted items for 30 days.

        Done as well if there is none.
        """
        await self._calls.remove(_write("DELETE", path("groups", group)))

    def members(
        self, group: str, *, select: Sequence[str] = ("id", "displayName"), top: int = 999
    ) -> AsyncIterator[DirectoryObject]:
        """The direct members, of every kind. Order and completeness are Graph's, at the moment."""
        request = _read(path("groups", group, "members"), select, top=top)
        return self._calls.pages(request, DirectoryObject)

    def users(
        self,
        group: str,
        *,
        select: Sequence[str] = USER_FIELDS,
        where: str = "",
        is_transitive: bool = False,
    ) -> AsyncIterator[User]:
        """The users among the members that match; with those of groups within, if *is_transitive*.

        Of what changed just now the index may not know yet; `members` knows.
        """
        relation = "transitiveMembers" if is_transitive else "members"
        place = path("groups", group, relation, "microsoft.graph.user")
        params = options(select=select, where=where, top=999)
        request = in_directory(place, params, permission=_READ, is_cast=True)
        return self._calls.pages(request, User)

    async def add_member(self, group: str, member: str) -> None:
        """Puts the directory object *member* into *group*. Done as well if it is in there already.

        Raises NotFound while either is so new that the directory has not copied it everywhere.
        """
        await self._add(self._adding(group, "members", member, permission=_WRITE_MEMBERS))

    async def add_members(self, group: str, members: Iterable[str]) -> None:
        """Puts any number of directory objects into *group*, 20 in a call, as `add_member` does."""
        ids = list(dict.fromkeys(members))
        for start in range(0, len(ids), BOUND_AT_ONCE):
            await self._bind(group, ids[start : start + BOUND_AT_ONCE])

    async def remove_member(self, group: str, member: str) -> None:
        """Takes *member* out of *group*. Done as well if it is not in there."""
        await self._remove(group, "members", member, permission=_WRITE_MEMBERS)

    def owners(
        self, group: str, *, select: Sequence[str] = ("id", "displayName")
    ) -> AsyncIterator[DirectoryObject]:
        """Who may manage the group: users and apps."""
        return self._calls.pages(_read(path("groups", group, "owners"), select), DirectoryObject)

    async def add_owner(self, group: str, owner: str) -> None:
        """Makes *owner* one of the owners, 100 at most. Done as well if it is one already."""
        await self._add(self._adding(group, "owners", owner, permission=_WRITE))

    async def remove_owner(self, group: str, owner: str) -> None:
        """Ends an ownership. Done as well if it is none."""
        await self._remove(group, "owners", owner, permission=_WRITE)

    async def _bind(self, group: str, ids: Sequence[str]) -> None:
        json = {"members@odata.bind": self._links(ids)}
        request = Request(
            method="PATCH", path=path("groups", group), json=json, permission=_WRITE_MEMBERS
        )
        try:
            await self._calls.send(request)
        except Conflict:  # one of them is in there already, and Graph has taken none
            await self._add_each(group, ids)

    async def _add_each(self, group: str, ids: Sequence[str]) -> None:
        adding = [self._adding(group, "members", id_, permission=_WRITE_MEMBERS) for id_ in ids]
        for outcome in await self._batches.send(adding):
            if isinstance(outcome, GraphError) and not isinstance(outcome, Conflict):
                raise outcome

    async def _add(self, request: Request) -> None:
        try:
            await self._calls.send(request)
        except Conflict:
            return

    async def _remove(self, group: str, relation: str, member: str, *, permission: str) -> None:
        # Without `$ref` the same call deletes the member itself.
        place = path("groups", group, relation, member, "$ref")
        await self._calls.remove(Request(method="DELETE", path=place, permission=permission))

    def _adding(self, group: str, relation: str, member: str, *, permission: str) -> Request:
        return Request(
            method="POST",
            path=path("groups", group, relation, "$ref"),
            json=self._calls.reference("directoryObjects", member),
            permission=permission,
            repeatable=True,
        )

    def _links(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._calls.reference("directoryObjects", id_)["@odata.id"] for id_ in ids)


def _read(path_: str, select: Sequence[str], *, top: int = 0) -> Request:
    params = options(select=select, top=top)
    return Request(method="GET", path=path_, params=params, permission=_READ)


def _write(method: str, path_: str, properties: Properties | None = None) -> Request:
    return Request(method=method, path=path_, json=properties, permission=_WRITE)
