"""Files attached to messages: listed, added, read, removed. Large ones stream both ways.

https://learn.microsoft.com/graph/api/resources/attachment
"""

import mimetypes
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from heliograph.errors import Invalid, NotFound
from heliograph.graph.calls import Calls
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.outlook.uploads import put_in_pieces
from heliograph.graph.query import options, properties_of
from heliograph.graph.streaming import of_bytes, of_file, streamed
from heliograph.graph.transport import Request, Source
from heliograph.graph.values.objects import Entity

SMALL_BYTES = 3 * 1024 * 1024
"""Whatever is smaller goes out in one request."""

LARGEST_BYTES = 150 * 1024 * 1024

_READ = "Mail.Read"
_WRITE = "Mail.ReadWrite"


class Attachment(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known of an attachment, without its content. *size* is in bytes."""

    odata_type: str | None = msgspec.field(default=None, name="@odata.type")
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    is_inline: bool | None = None
    last_modified_date_time: datetime | None = None

    @property
    def kind(self) -> str:
        """`fileAttachment`, `itemAttachment` or `referenceAttachment`; empty where not told."""
        return (self.odata_type or "").rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """A file to attach: its *size* in bytes, and a *source* of just so many.

    A picture that stands in the text *is_inline*; the text names it as `cid:` and its *content_id*.
    """

    name: str
    size: int
    source: Source
    content_type: str = "application/octet-stream"
    is_inline: bool = False
    content_id: str | None = None

    @classmethod
    def from_bytes(cls, name: str, content: bytes) -> "NewAttachment":
        """The *content* as a file. Its type is told by the ending of its *name*."""
        return cls(name=name, size=len(content), source=of_bytes(content), content_type=_type(name))

    @classmethod
    def from_file(cls, path: Path) -> "NewAttachment":
        """The file *path*, read as it is sent."""
        return cls(
            name=path.name,
            size=path.stat().st_size,
            source=of_file(path),
            content_type=_type(path.name),
        )


_MADE = re.compile(r"/attachments\('([^']+)'\)", re.IGNORECASE)
_FIELDS = options(select=properties_of(Attachment))
_MANY = options(top=100)


class Attachments:
    """Calls about what is attached to a message. *user* is the id or UPN of the mailbox's owner."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, message: str, attachment: str) -> Attachment:
        """What is known of one attachment. Raises NotFound."""
        request = _reading(user, message, attachment)
        return await self._calls.fetch(request, Attachment)

    def list(self, user: str, message: str) -> AsyncIterator[Attachment]:
        """What is known of each attachment."""
        return self._calls.pages(_reading(user, message, more=_MANY), Attachment)

    def content(
        self, user: str, message: str, attachment: str
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a file, piece by piece, for as long as the context lasts.

        An attached item gives its MIME text. Iterating raises NotFound.
        """
        place = ("messages", message, "attachments", attachment, "$value")
        return streamed(self._calls, reading(user, *place, permission=_READ))

    async def add(self, user: str, message: str, new: NewAttachment) -> Attachment:
        """The attachment that was added to the draft *message*.

        From 3 MB on it streams, with one piece in memory at a time. Raises Invalid above 150 MB,
        and where the source has not the size that was announced.
        """
        if new.size > LARGEST_BYTES:
            raise Invalid(f"expected an attachment of 150 MB at most, got {new.size} bytes")
        if new.size < SMALL_BYTES:
            return await self._calls.fetch(await _small(user, message, new), Attachment)
        opening = _session(user, message, new)
        answer = await put_in_pieces(self._calls, opening, new.source, size=new.size)
        made = _MADE.search(answer.headers.get("location", ""))
        if made is None:
            return await self._added(user, message, new)
        return await self.get(user, message, made[1])

    async def delete(self, user: str, message: str, attachment: str) -> None:
        """Takes it off the draft. Done as well if it is gone."""
        place = ("messages", message, "attachments", attachment)
        await self._calls.remove(writing("DELETE", user, *place, permission=_WRITE))

    async def _added(self, user: str, message: str, new: NewAttachment) -> Attachment:
        found = [each async for each in self.list(user, message) if each.name == new.name]
        if not found:
            raise NotFound(f"the upload of {new.size} bytes ended, and its attachment is not there")
        return found[-1]


def _reading(
    user: str, message: str, *attachment: str, more: dict[str, str] | None = None
) -> Request:
    place = ("messages", message, "attachments", *attachment)
    return reading(user, *place, params={**_FIELDS, **(more or {})}, permission=_READ)


async def _small(user: str, message: str, new: NewAttachment) -> Request:
    content = b"".join([piece async for piece in new.source()])
    if len(content) != new.size:
        raise Invalid(f"expected a content of {new.size} bytes, got {len(content)}")
    json = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        **_about(new),
        "contentBytes": b64encode(content).decode(),
    }
    place = ("messages", message, "attachments")
    return writing("POST", user, *place, json=json, permission=_WRITE)


def _session(user: str, message: str, new: NewAttachment) -> Request:
    json = {"AttachmentItem": {"attachmentType": "file", "size": new.size, **_about(new)}}
    place = ("messages", message, "attachments", "createUploadSession")
    return writing("POST", user, *place, json=json, permission=_WRITE)


def _about(new: NewAttachment) -> dict[str, object]:
    about: dict[str, object] = {"name": new.name, "contentType": new.content_type}
    if new.is_inline:
        about["isInline"] = True
    if new.content_id is not None:
        about["contentId"] = new.content_id
    return about


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
