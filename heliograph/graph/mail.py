"""Mail of a mailbox: read, draft, send, mark, move, delete; folders.

*user* is the owner's id or UPN; an app may act on any mailbox that Exchange lets it.
https://learn.microsoft.com/graph/api/resources/message
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from heliograph.errors import NotFound
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.items import MailFolder, Message
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options

_READ = "Mail.Read"
_WRITE = "Mail.ReadWrite"
_SEND = "Mail.Send"

MESSAGE_FIELDS = (
    "id",
    "bodyPreview",
    "categories",
    "ccRecipients",
    "changeKey",
    "conversationId",
    "createdDateTime",
    "flag",
    "from",
    "hasAttachments",
    "importance",
    "internetMessageId",
    "isDraft",
    "isRead",
    "lastModifiedDateTime",
    "parentFolderId",
    "receivedDateTime",
    "sender",
    "sentDateTime",
    "subject",
    "toRecipients",
)
"""What a Message is asked for, unless the caller selects: all but its body."""


def compose(
    *, to: Iterable[str], subject: str, text: str = "", html: str = "", cc: Iterable[str] = ()
) -> dict[str, object]:
    """A message as `send` and `create_draft` take it, from plain addresses and a text or HTML."""
    body = {"contentType": "html", "content": html}
    if not html:
        body = {"contentType": "text", "content": text}
    return {
        "subject": subject,
        "body": body,
        "toRecipients": [_recipient(address) for address in to],
        "ccRecipients": [_recipient(address) for address in cc],
    }


class Mail:
    """Calls into the mail of a mailbox. *folder* is an id or a well-known name such as `inbox`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self, user: str, message: str, *, select: Sequence[str] = (*MESSAGE_FIELDS, "body")
    ) -> Message:
        """One message with its body. Raises NotFound."""
        request = reading(
            user, "messages", message, params=options(select=select), permission=_READ
        )
        return await self._calls.fetch(request, Message)

    async def get_properties(
        self, user: str, message: str, select: Sequence[str]
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        request = reading(
            user, "messages", message, params=options(select=select), permission=_READ
        )
        return await self._calls.fetch_properties(request)

    def list(
        self,
        user: str,
        *,
        folder: str = "",
        select: Sequence[str] = MESSAGE_FIELDS,
        where: str = "",
        order_by: str = "",
    ) -> AsyncIterator[Message]:
        """Messages of *folder*, or of the whole mailbox with its deleted items.

        Graph wants what is in *order_by* first in *where* too, in the same order.
        """
        params = options(select=select, where=where, order_by=order_by, top=100)
        place = ("mailFolders", folder, "messages") if folder else ("messages",)
        return self._calls.pages(reading(user, *place, params=params, permission=_READ), Message)

    async def send(
        self, user: str, message: Properties, *, save_to_sent_items: bool = True
    ) -> None:
        """Sends *message* from the mailbox of *user*. Accepted by Graph is not yet delivered.

        Never sent again after an answer went missing: where a mail must not be lost, make a draft
        and send that.
        """
        json = {"message": message, "saveToSentItems": save_to_sent_items}
        await self._calls.send(writing("POST", user, "sendMail", json=json, permission=_SEND))

    async def create_draft(self, user: str, message: Properties) -> Message:
        """A new draft in the Drafts folder. Its id stays the same when it is sent."""
        request = writing("POST", user, "messages", json=message, permission=_WRITE)
        return await self._calls.fetch(request, Message)

    async def send_draft(self, user: str, message: str) -> None:
        """Sends a draft. Raises NotFound where there is none (any more)."""
        await self._calls.send(writing("POST", user, "messages", message, "send", permission=_SEND))

    async def update(self, user: str, message: str, properties: Properties) -> Message:
        """The message with *properties* set, such as `isRead`, `categories` or `flag`."""
        request = writing("PATCH", user, "messages", message, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Message)

    async def move(self, user: str, message: str, folder: str) -> Message:
        """The message in *folder*. It keeps its immutable id."""
        request = writing(
            "POST",
            user,
            "messages",
            message,
            "move",
            json={"destinationId": folder},
            permission=_WRITE,
        )
        return await self._calls.fetch(request, Message)

    async def delete(self, user: str, message: str) -> None:
        """Moves it to the deleted items, and what is there away. Done as well if it is gone."""
        try:
            await self._calls.send(writing("DELETE", user, "messages", message, permission=_WRITE))
        except NotFound:
            return

    async def folder(self, user: str, folder: str) -> MailFolder:
        """One folder by id or well-known name. Raises NotFound."""
        request = reading(user, "mailFolders", folder, permission=_READ)
        return await self._calls.fetch(request, MailFolder)


def _recipient(address: str) -> dict[str, object]:
    return {"emailAddress": {"address": address}}
