"""What a user works on, and with whom: documents used, trending and shared; people.

Each question has several sources in Graph. Some take no app, some are being retired, and which
answers today is Microsoft's to say: the orders below are the one place to move a question to
another. After the `@` stands whose token a source takes.
https://learn.microsoft.com/graph/api/resources/social-overview
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from heliograph.graph.calls import Calls
from heliograph.graph.insights.documents import (
    Document,
    DriveItem,
    Insight,
    of_drive_item,
    of_insight,
)
from heliograph.graph.insights.people import Person
from heliograph.graph.insights.search import search_files
from heliograph.graph.insights.sources import Findings, first_of
from heliograph.graph.paths import path, user_path
from heliograph.graph.query import options
from heliograph.graph.transport import Caller, Request
from heliograph.graph.values.objects import User

T = TypeVar("T")

RECENT = ("insights/used@user", "insights/used@app", "drive/recent@user", "drive/delta@app")
"""The sign-in of the user comes first: nobody else is told what a user has viewed."""

TRENDING = ("insights/trending@app", "insights/trending@user")
SHARED = ("insights/shared@user", "drive/sharedWithMe@user", "search@user")
PEOPLE = ("people@app", "people@user")

_EVER = datetime.min.replace(tzinfo=UTC)
_KEPT = 10
"""So many times of what is asked for are kept in memory, whatever the size of a drive."""

_FILE_FIELDS = (
    "id",
    "deleted",
    "name",
    "webUrl",
    "file",
    "lastModifiedBy",
    "lastModifiedDateTime",
    "parentReference",
)


class Insights:
    """Questions about *user*, an id or a UPN. Each says which source has answered.

    *order* asks other sources, or in another order. All of them lag behind, by seconds to days,
    and tell nothing of people who have opted out: they are no audit trail.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def recent(
        self, user: str, *, top: int = 25, order: Sequence[str] = RECENT
    ) -> Findings[Document]:
        """Documents that *user* viewed or modified, the latest first. An app sees modified ones."""
        sources = {
            "insights/used@user": partial(self._insights, "used", user, top, caller="user"),
            "insights/used@app": partial(self._insights, "used", user, top, caller="app"),
            "drive/recent@user": partial(self._drive, "recent", user, top, scope="Files.Read"),
            "drive/delta@app": partial(self._modified, user, top),
        }
        return await first_of(sources, order)

    async def trending(
        self, user: str, *, top: int = 25, order: Sequence[str] = TRENDING
    ) -> Findings[Document]:
        """Documents and sites that people around *user* work on, the nearest first."""
        sources = {
            "insights/trending@app": partial(self._insights, "trending", user, top, caller="app"),
            "insights/trending@user": partial(self._insights, "trending", user, top, caller="user"),
        }
        return await first_of(sources, order)

    async def shared(
        self, user: str, *, top: int = 25, order: Sequence[str] = SHARED
    ) -> Findings[Document]:
        """Documents that others shared with *user*, who must have signed in: Graph tells no app."""
        sources = {
            "insights/shared@user": partial(self._insights, "shared", user, top, caller="user"),
            "drive/sharedWithMe@user": partial(
                self._drive, "sharedWithMe", user, top, scope="Files.Read.All"
            ),
            "search@user": partial(self._searched, user, top),
        }
        return await first_of(sources, order)

    async def people(
        self, user: str, *, top: int = 25, order: Sequence[str] = PEOPLE
    ) -> Findings[Person]:
        """The people nearest to *user*, by mail, meetings and organization."""
        sources = {
            "people@app": partial(
                self._people, user, top, caller="app", permission="People.Read.All"
            ),
            "people@user": partial(
                self._people, user, top, caller="user", permission="People.Read"
            ),
        }
        return await first_of(sources, order)

    async def _insights(self, kind: str, user: str, top: int, *, caller: Caller) -> list[Document]:
        request = _asking(
            user_path(user, "insights", kind), user, caller=caller, permission="Sites.Read.All"
        )
        found = await self._first(request, Insight, top)
        return [of_insight(insight) for insight in found]

    async def _drive(self, kind: str, user: str, top: int, *, scope: str) -> list[Document]:
        request = _asking(path("me", "drive", kind), user, caller="user", permission=scope)
        return [of_drive_item(item) for item in await self._first(request, DriveItem, top)]

    async def _people(
        self, user: str, top: int, *, caller: Caller, permission: str
    ) -> list[Person]:
        request = _asking(user_path(user, "people"), user, caller=caller, permission=permission)
        return await self._first(request, Person, top)

    async def _searched(self, user: str, top: int) -> list[Document]:
        name = (await self._user(user)).user_principal_name
        words = f'SharedWithUsersOWSUSER:"{name}"'
        items = await search_files(self._calls, words, as_user=user, top=top)
        return [of_drive_item(item) for item in items]

    async def _modified(self, user: str, top: int) -> list[Document]:
        """From a walk through the whole drive, as Graph tells no app what is recent in it."""
        owner = await self._user(user)
        request = Request(
            method="GET",
            path=user_path(user, "drive", "root", "delta"),
            params=options(select=_FILE_FIELDS, top=1000),
            permission="Files.Read.All",
        )
        found: dict[str, DriveItem] = {}
        async for item in self._calls.pages(request, DriveItem):
            if item.is_file and item.modifier.id == owner.id:
                found[item.id] = item
            if len(found) > _KEPT * top:
                found = {kept.id: kept for kept in _latest(found.values(), top)}
        return [of_drive_item(item) for item in _latest(found.values(), top)]

    async def _user(self, user: str) -> User:
        request = Request(
            method="GET",
            path=user_path(user),
            params=options(select=("id", "userPrincipalName")),
            permission="User.Read.All",
        )
        return await self._calls.fetch(request, User)

    async def _first(self, request: Request, type_: type[T], count: int) -> list[T]:
        """The first *count* items of a collection."""
        found: list[T] = []
        asked = replace(request, params=options(top=count))
        async for item in self._calls.pages(asked, type_):
            found.append(item)
            if len(found) == count:
                break
        return found


def _latest(items: Iterable[DriveItem], count: int) -> list[DriveItem]:
    return heapq.nlargest(count, items, key=lambda item: item.last_modified_date_time or _EVER)


def _asking(path_: str, user: str, *, caller: Caller, permission: str) -> Request:
    if caller == "user":
        return Request(method="GET", path=path_, caller="user", as_user=user, scope=permission)
    return Request(method="GET", path=path_, permission=permission)
