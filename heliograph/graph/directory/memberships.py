"""What a user is in: groups, admin roles, administrative units; directly or through other groups.

https://learn.microsoft.com/graph/api/user-list-memberof
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from heliograph.graph.batch import Batches
from heliograph.graph.calls import Calls, Page
from heliograph.graph.paths import user_path
from heliograph.graph.query import in_directory, options
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import GROUP_FIELDS, DirectoryObject, Group

CHECKED_AT_ONCE = 20

_GROUPS = "GroupMember.Read.All"


class Memberships:
    """Calls about what *user*, an id or a UPN, is a member of."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._batches = Batches(calls)

    def direct(
        self, user: str, *, select: Sequence[str] = ("id", "displayName")
    ) -> AsyncIterator[DirectoryObject]:
        """The groups, roles and administrative units that *user* is directly in, as a mixture."""
        request = _read(user, "memberOf", select, permission="Directory.Read.All")
        return self._calls.pages(request, DirectoryObject)

    def transitive(
        self, user: str, *, select: Sequence[str] = ("id", "displayName")
    ) -> AsyncIterator[DirectoryObject]:
        """The same, with those that *user* is in because one group is in another."""
        request = _read(user, "transitiveMemberOf", select, permission="User.Read.All")
        return self._calls.pages(request, DirectoryObject)

    def groups(self, user: str, *, select: Sequence[str] = GROUP_FIELDS) -> AsyncIterator[Group]:
        """The groups alone that *user* is directly in."""
        return self._cast(user, "memberOf", select)

    def transitive_groups(
        self, user: str, *, select: Sequence[str] = GROUP_FIELDS
    ) -> AsyncIterator[Group]:
        """The groups alone that *user* is in, directly or by way of another."""
        return self._cast(user, "transitiveMemberOf", select)

    async def check(self, user: str, groups: Iterable[str]) -> frozenset[str]:
        """Those of *groups*, any number of ids, that *user* is in, directly or by way of another.

        Unknown ids are not among them. Raises NotFound for an unknown user.
        """
        ids = list(dict.fromkeys(groups))
        starts = range(0, len(ids), CHECKED_AT_ONCE)
        requests = [_check(user, ids[start : start + CHECKED_AT_ONCE]) for start in starts]
        answers = await self._batches.fetch(requests, Page[str])
        return frozenset(id_ for answer in answers for id_ in answer.value)

    async def is_member(self, user: str, group: str) -> bool:
        """Is *user* in *group*, directly or by way of another?"""
        return bool(await self.check(user, [group]))

    def _cast(self, user: str, relation: str, select: Sequence[str]) -> AsyncIterator[Group]:
        place = user_path(user, relation, "microsoft.graph.group")
        params = options(select=select, top=999)
        request = in_directory(place, params, permission=_GROUPS, is_cast=True)
        return self._calls.pages(request, Group)


def _read(user: str, relation: str, select: Sequence[str], *, permission: str) -> Request:
    params = options(select=select, top=999)
    return in_directory(user_path(user, relation), params, permission=permission)


def _check(user: str, groups: Sequence[str]) -> Request:
    return Request(
        method="POST",
        path=user_path(user, "checkMemberGroups"),
        json={"groupIds": groups},
        permission=_GROUPS,
        asks_only=True,
    )
