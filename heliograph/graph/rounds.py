"""Rounds of a delta query: what a page tells, and where the next one begins.

`decode_page` and `decode_plain_page` read, `Followed` walks. Which collections can be followed is
said in `delta`. https://learn.microsoft.com/graph/delta-query-overview
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar
from urllib.parse import parse_qs

import msgspec

from heliograph.errors import Gone, GraphError
from heliograph.graph.answers import decode, plain
from heliograph.graph.calls import Calls
from heliograph.graph.paths import below_root
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import DirectoryObject

T = TypeVar("T")


class Mark(msgspec.Struct, frozen=True):
    """What `@removed` says: why an object is not in a collection any more."""

    reason: str = "deleted"


MARK = msgspec.field(default=None, name="@removed")


class Marked(Protocol):
    """An entry of a page: a struct with an id and, where it is a removal, a mark."""

    @property
    def id(self) -> str: ...

    @property
    def mark(self) -> Mark | str | None: ...  # both forms are documented


M = TypeVar("M", bound=Marked)


class Related(DirectoryObject, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Somebody who came into or left a relation, such as the members of a group."""

    mark: Mark | str | None = MARK

    @property
    def is_removed(self) -> bool:
        """Did it leave?"""
        return self.mark is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """An object that is not in the collection any more. *reason* is a word of Graph's."""

    id: str
    reason: str

    @property
    def is_restorable(self) -> bool:
        """Does it wait among the deleted items? If not, it is gone for good, or gone from here."""
        return self.reason == "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[T]):
    """What the JSON of a page says."""

    entries: list[T | Removed] = field(repr=False)
    link: str = field(repr=False)
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPage(Told[T]):
    """A part of a round. *link* says where to go on, once this page is committed.

    The order of the entries means nothing, and the same object may come again, on this page, a
    later one, or in a later round: what is told stands in place of what was known.
    """

    starts_anew: bool  # the first page of a round over everything: what it does not tell is gone


class _Page(msgspec.Struct, Generic[T], frozen=True):
    value: list[T]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


def decode_page(content: bytes, type_: type[M]) -> Told[M]:
    """The page in *content*, with entries of *type_*."""
    page: _Page[M] = decode(content, _Page[type_])  # type: ignore[valid-type]  # a type at run time
    return _told(page, [_removal(entry.id, entry.mark) or entry for entry in page.value])


def decode_plain_page(content: bytes) -> Told[dict[str, object]]:
    """The page in *content*, with entries as Graph wrote them, where absent and null differ."""
    page = decode(content, _Page[dict[str, object]])
    return _told(page, [_plain(entry) for entry in page.value])


def related(entry: Mapping[str, object], relation: str) -> list[Related]:
    """Who came into and left *relation* (`members`, `manager`), from an entry as Graph wrote it."""
    try:
        return msgspec.convert(entry.get(f"{relation}@delta") or [], list[Related])
    except msgspec.ValidationError as error:
        raise GraphError(f"{relation}@delta of Graph is not as documented") from error


class Followed(Generic[T]):
    """A collection whose changes can be asked for, page by page."""

    def __init__(
        self,
        calls: Calls,
        request: Request,
        decode: Callable[[bytes], Told[T]],
        *,
        has_latest: bool = False,
    ) -> None:
        """*has_latest* says that Graph gives a link from now on without telling what there is."""
        self._calls = calls
        self._request = request
        self._decode = decode
        self._has_latest = has_latest

    def as_properties(self) -> "Followed[dict[str, object]]":
        """The same collection, with entries as Graph wrote them. See `related` for relations."""
        return Followed(self._calls, self._request, decode_plain_page, has_latest=self._has_latest)

    async def pages(self, since: str = "") -> AsyncIterator[DeltaPage[T]]:
        """What changed after the page that *since* was the link of; without it, all there is.

        Ends with the page that is the last of the round. Where Graph knows that link no more, the
        round begins again with everything (`starts_anew`). Raises Gone where that fails as well.
        """
        asked, anew = self._begin(since), not since
        while True:
            try:
                told = await self._ask(asked)
            except Gone as gone:
                if anew:
                    raise
                asked, anew = self._begin_anew(gone.location), True
                continue
            yield DeltaPage(
                entries=told.entries, link=told.link, is_last=told.is_last, starts_anew=anew
            )
            if told.is_last:
                return
            asked, anew = self._begin(told.link), False

    async def latest(self) -> str:
        """The link that tells what happens from now on.

        Of mailboxes Graph tells all there is before it gives one; of the directory it does not.
        """
        if self._has_latest:
            params = {**self._request.params, "$deltatoken": "latest"}
            return (await self._ask(replace(self._request, params=params))).link
        link = ""
        async for page in self.pages():
            link = page.link
        return link

    def _begin(self, link: str) -> Request:
        if not link:
            return self._request
        place = below_root(link, origin=self._calls.origin)
        return replace(self._request, path=place, params={})

    def _begin_anew(self, location: str) -> Request:
        """The first request, at *location* if there is one, which need not repeat our options."""
        asked = self._begin(location)
        repeated = parse_qs(location.partition("?")[2], keep_blank_values=True)
        params = {name: text for name, text in self._request.params.items() if name not in repeated}
        return replace(asked, params=params)

    async def _ask(self, request: Request) -> Told[T]:
        told = self._decode((await self._calls.send(request)).content)
        below_root(told.link, origin=self._calls.origin)  # before anybody keeps it
        return told


def _told(page: _Page[T], entries: list[T | Removed]) -> Told[T]:
    link = page.delta_link or page.next_link
    if link is None:
        raise GraphError("a page of a delta query ends without a link")
    return Told(entries=entries, link=link, is_last=page.delta_link is not None)


def _plain(entry: dict[str, object]) -> dict[str, object] | Removed:
    if "@removed" not in entry:
        return plain(entry)
    mark = entry["@removed"]
    reason = mark.get("reason", "") if isinstance(mark, dict) else mark
    return Removed(id=str(entry.get("id", "")), reason=str(reason))


def _removal(id_: str, mark: Mark | str | None) -> Removed | None:
    if mark is None:
        return None
    return Removed(id=id_, reason=mark if isinstance(mark, str) else mark.reason)
