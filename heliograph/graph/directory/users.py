"""Users: their profile, their manager and reports, their sessions.

Permissions are the least that an app needs. https://learn.microsoft.com/graph/api/resources/user
"""

from collections.abc import AsyncIterator, Iterator, Sequence

from heliograph.errors import NotFound
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.paths import user_path
from heliograph.graph.query import EVENTUAL, in_directory, options
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import USER_FIELDS, User

_READ = "User.Read.All"
_WRITE = "User.ReadWrite.All"
_MANAGER_ID = "manager($select=id)"
_WITH_MANAGERS = {
    "$select": "id,displayName",
    "$expand": "manager($levels=max;$select=id,displayName)",
}


class Users:
    """Calls below `/users`. *user* is an id or a UPN everywhere; keep ids, as UPNs change."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, *, select: Sequence[str] = USER_FIELDS) -> User:
        """One user. Raises NotFound for an unknown one, and for a soft-deleted one."""
        return await self._calls.fetch(_get(user, select, expand=""), User)

    async def get_properties(
        self, user: str, select: Sequence[str], *, expand_manager: bool = False
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them; an empty one is there, and None.

        With *expand_manager* also `manager`: `{"id": ...}`, or None where there is none.
        """
        request = _get(user, select, expand=_MANAGER_ID if expand_manager else "")
        found = await self._calls.fetch_properties(request)
        return _with_manager(found) if expand_manager else found

    def list(
        self,
        *,
        select: Sequence[str] = USER_FIELDS,
        where: str = "",
        search: str = "",
        order_by: str = "",
        top: int = 999,
    ) -> AsyncIterator[User]:
        """All users that match, page by page; *top* is the size of a page.

        *where* is an OData filter, *search* such as `"displayName:wa"` with its double quotes.
        """
        params = options(select=select, where=where, search=search, order_by=order_by, top=top)
        return self._calls.pages(in_directory("/users", params, permission=_READ), User)

    async def count(self, *, where: str = "", search: str = "") -> int:
        """How many users match; of what changed just now the index may not know yet."""
        return await self._calls.count(
            "/users", options(where=where, search=search), permission=_READ
        )

    async def list_properties(
        self, select: Sequence[str], *, expand_manager: bool = False
    ) -> AsyncIterator[dict[str, object]]:
        """The id and the selected properties of all users, as `get_properties` gives them."""
        params = options(select=tuple(dict.fromkeys(("id", *select))), top=999)
        if expand_manager:
            params["$expand"] = _MANAGER_ID
        request = Request(method="GET", path="/users", params=params, permission=_READ)
        async for found in self._calls.pages_of_properties(request):
            yield _with_manager(found) if expand_manager else found

    async def create(self, properties: Properties) -> User:
        """A new user, with the default properties only. Raises Conflict for a taken UPN.

        Needs accountEnabled, displayName, mailNickname, userPrincipalName and passwordProfile.
        """
        return await self._calls.fetch(_write("POST", "/users", properties), User)

    async def update(self, user: str, properties: Properties) -> None:
        """Sets *properties*, and leaves all others. None empties one that may be empty."""
        await self._calls.send(_write("PATCH", user_path(user), properties))

    async def delete(self, user: str) -> None:
        """Puts the user among the deleted items for 30 days. Done as well if there is none."""
        await self._calls.remove(_write("DELETE", user_path(user)))

    async def manager(self, user: str, *, select: Sequence[str] = USER_FIELDS) -> User | None:
        """The manager of *user*; None where none is set, or the user is not known."""
        request = _read(user_path(user, "manager"), select)
        try:
            return await self._calls.fetch(request, User)
        except NotFound:
            return None

    async def managers(self, user: str) -> tuple[User, ...]:
        """The manager of *user*, the manager's manager, and so on to the top: ids and names."""
        request = Request(
            method="GET",
            path=user_path(user),
            params={**_WITH_MANAGERS, "$count": "true"},
            headers=EVENTUAL,
            permission=_READ,
        )
        return tuple(_managers(await self._calls.fetch(request, User)))

    async def set_manager(self, user: str, manager_id: str) -> None:
        """Makes *manager_id* the manager, in place of any other."""
        link = self._calls.reference("users", manager_id)
        await self._calls.send(_write("PUT", user_path(user, "manager", "$ref"), link))

    async def remove_manager(self, user: str) -> None:
        """Leaves *user* without a manager. Done as well if there is none."""
        await self._calls.remove(_write("DELETE", user_path(user, "manager", "$ref")))

    def direct_reports(
        self, user: str, *, select: Sequence[str] = USER_FIELDS
    ) -> AsyncIterator[User]:
        """Those whose manager is *user*."""
        return self._calls.pages(_read(user_path(user, "directReports"), select), User)

    async def revoke_sessions(self, user: str) -> None:
        """Ends the sign-in sessions of *user* everywhere, within minutes; not those of guests."""
        request = Request(
            method="POST",
            path=user_path(user, "revokeSignInSessions"),
            permission="User.RevokeSessions.All",
            repeatable=True,
        )
        await self._calls.send(request)


def _managers(user: User) -> Iterator[User]:
    while user.manager is not None:
        user = user.manager
        yield user


def _with_manager(found: dict[str, object]) -> dict[str, object]:
    # Graph leaves `manager` out where there is none, and may give more of him than was selected.
    manager = found.get("manager")
    return {**found, "manager": {"id": manager.get("id")} if isinstance(manager, dict) else None}


def _get(user: str, select: Sequence[str], *, expand: str) -> Request:
    params = options(select=select)
    if expand:
        params["$expand"] = expand
    return Request(method="GET", path=user_path(user), params=params, permission=_READ)


def _read(path_: str, select: Sequence[str]) -> Request:
    return Request(method="GET", path=path_, params=options(select=select), permission=_READ)


def _write(method: str, path_: str, properties: Properties | None = None) -> Request:
    return Request(method=method, path=path_, json=properties, permission=_WRITE)
