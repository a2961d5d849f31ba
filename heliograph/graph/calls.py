"""What every family does with its transport: send, refuse, decode, page, link.

No knowledge of users or mail here. A family makes the Request, and names the type of the answer.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

import msgspec

from heliograph.errors import NotFound
from heliograph.graph.answers import decode, number, plain, properties, refusal
from heliograph.graph.paths import VERSION_ROOT, below_root, path
from heliograph.graph.query import EVENTUAL
from heliograph.graph.transport import Request, Response, Transport

T = TypeVar("T")

Properties = Mapping[str, object]
"""Properties of a Graph object by Graph's own names, as they are written."""

IMMUTABLE_IDS = {"prefer": 'IdType="ImmutableId"'}
"""Outlook ids that survive a move. https://learn.microsoft.com/graph/outlook-immutable-id"""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a collection, and the link to the next."""

    value: list[T]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Calls:
    """A transport, bound to the origin that its links must stay on."""

    def __init__(self, transport: Transport, *, origin: str) -> None:
        self.transport = transport
        self.origin = origin

    async def send(self, request: Request) -> Response:
        """The successful answer to *request*. Raises the GraphError that any other stands for."""
        response = await self.transport.send(request)
        if response.status >= 300:
            raise refusal(request, response)
        return response

    async def remove(self, request: Request) -> None:
        """Sends a deletion. Done as well if the object is gone."""
        try:
            await self.send(request)
        except NotFound:
            return

    async def fetch(self, request: Request, type_: type[T]) -> T:
        """The answer to *request* as *type_*."""
        return decode((await self.send(request)).content, type_)

    async def fetch_properties(self, request: Request) -> dict[str, object]:
        """The answer to *request* as Graph wrote it, where absent and null differ."""
        return properties((await self.send(request)).content)

    async def pages(self, request: Request, type_: type[T]) -> AsyncIterator[T]:
        """Every item of a collection, page after page, with the headers of *request*."""
        asked: Request | None = request
        while asked is not None:
            page: Page[T] = await self.fetch(asked, Page[type_])  # type: ignore[valid-type]  # a type at run time
            for item in page.value:
                yield item
            asked = self._next(request, page.next_link)

    async def pages_of_properties(self, request: Request) -> AsyncIterator[dict[str, object]]:
        """Every item of a collection as Graph wrote it, where absent and null differ."""
        async for found in self.pages(request, dict[str, object]):
            yield plain(found)

    async def count(self, path_: str, params: Mapping[str, str], *, permission: str) -> int:
        """How many objects of the directory there are at *path_*."""
        request = Request(
            method="GET",
            path=f"{path_}/$count",
            params=params,
            headers=EVENTUAL,
            permission=permission,
        )
        return number((await self.send(request)).content)

    def reference(self, *segments: str) -> dict[str, str]:
        """The body that names another object, as `$ref` calls want it."""
        return {"@odata.id": f"{self.origin}{VERSION_ROOT}{path(*segments)}"}

    def _next(self, request: Request, link: str | None) -> Request | None:
        if link is None:
            return None
        return replace(request, path=below_root(link, origin=self.origin), params={})
