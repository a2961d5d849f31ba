"""Profile photos: what there is, and their content, which streams.

A user needs a mailbox to have one. https://learn.microsoft.com/graph/api/resources/profilephoto
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import msgspec

from heliograph.errors import Invalid, NotFound
from heliograph.graph.calls import Calls
from heliograph.graph.paths import user_path
from heliograph.graph.streaming import streamed
from heliograph.graph.transport import Request, Source
from heliograph.graph.values.objects import Entity

SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)
"""Pixels of either side. None is larger than the photo that was uploaded."""

LARGEST_BYTES = 4 * 1024 * 1024

_READ = "ProfilePhoto.Read.All"
_WRITE = "ProfilePhoto.ReadWrite.All"
_NONE = "1x1"  # the size that Graph gives to no photo at all


class Photo(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known of a photo. *media_etag* changes with it."""

    width: int | None = None
    height: int | None = None
    media_type: str | None = msgspec.field(default=None, name="@odata.mediaContentType")
    media_etag: str | None = msgspec.field(default=None, name="@odata.mediaEtag")


class Photos:
    """Calls about the photo of *user*, an id or a UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str) -> Photo | None:
        """What is known of the largest photo; None where there is none, or no mailbox."""
        try:
            photo = await self._calls.fetch(_request("GET", user, "photo"), Photo)
        except NotFound:
            return None
        return None if photo.id.lower() == _NONE else photo

    def sizes(self, user: str) -> AsyncIterator[Photo]:
        """The sizes that there are."""
        return self._calls.pages(_request("GET", user, "photos"), Photo)

    def content(
        self, user: str, *, size: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The image in one of SIZES, or the largest, piece by piece, while the context lasts.

        Iterating raises NotFound where there is none, or none so large.
        """
        if size is not None and size not in SIZES:
            raise Invalid(f"a size out of {', '.join(map(str, SIZES))} is expected, not {size}")
        place = ("photos", f"{size}x{size}") if size else ("photo",)
        return streamed(self._calls, _request("GET", user, *place, "$value"))

    async def upload(self, user: str, image: bytes | Source) -> None:
        """Makes *image*, a JPEG of less than 4 MB, the photo in all sizes."""
        if isinstance(image, bytes) and len(image) >= LARGEST_BYTES:
            raise Invalid(f"a photo of less than 4 MB is expected, not one of {len(image)} bytes")
        await self._calls.send(_request("PUT", user, "photo", "$value", image=image))

    async def delete(self, user: str) -> None:
        """Leaves *user* without a photo. Done as well if there is none."""
        await self._calls.remove(_request("DELETE", user, "photo", "$value"))


def _request(
    method: str, user: str, *segments: str, image: bytes | Source | None = None
) -> Request:
    return Request(
        method=method,
        path=user_path(user, *segments),
        headers={} if image is None else {"content-type": "image/jpeg"},
        content=image if isinstance(image, bytes) else None,
        source=None if isinstance(image, bytes) else image,
        mailbox=user,
        permission=_READ if method == "GET" else _WRITE,
    )
