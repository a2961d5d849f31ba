"""Messages of a mailbox: read, draft, send, answer, mark, move, delete.

*user* is the owner's id or UPN; an app may act on any mailbox that Exchange lets it.
https://learn.microsoft.com/graph/api/resources/message
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from hashlib import blake2b

from heliograph.errors import NotFound, Unavailable
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, recipients, writing
from heliograph.graph.paths import literal
from heliograph.graph.query import options, properties_of
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Message

_READ = "Mail.Read"
_WRITE = "Mail.ReadWrite"
_SEND = "Mail.Send"

MESSAGE_FIELDS = properties_of(Message, without={"body", "uniqueBody", "internetMessageHeaders"})
"""What a Message is asked for, unless the caller selects: all but bodies and headers."""

NOTHING: Mapping[str, object] = {}


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
        "toRecipients": recipients(to),
        "ccRecipients": recipients(cc),
    }


class Mail:
    """Calls into the mail of a mailbox. *folder* is an id or a well-known name such as `inbox`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self, user: str, message: str, *, select: Sequence[str] = (*MESSAGE_FIELDS, "body")
    ) -> Message:
        """One message with its body. Raises NotFound."""
        return await self._calls.fetch(_read(user, message, select), Message)

    async def get_properties(
        self, user: str, message: str, select: Sequence[str]
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        return await self._calls.fetch_properties(_read(user, message, select))

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
        return self._calls.pages(_all(user, folder, params), Message)

    def search(
        self, user: str, words: str, *, folder: str = "", select: Sequence[str] = MESSAGE_FIELDS
    ) -> AsyncIterator[Message]:
        """Messages that hold *words*, or as `subject:budget` says where; the latest, some 250."""
        quoted = '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
        params = options(select=select, search=quoted, top=100)
        return self._calls.pages(_all(user, folder, params), Message)

    async def send(
        self, user: str, message: Properties, *, save_to_sent_items: bool = True
    ) -> None:
        """Sends *message* from the mailbox of *user*. Accepted by Graph is not yet delivered.

        Never sent again after an answer went missing: see `send_once` for mail that must arrive.
        """
        json = {"message": message, "saveToSentItems": save_to_sent_items}
        await self._calls.send(writing("POST", user, "sendMail", json=json, permission=_SEND))

    async def send_once(self, user: str, message: Properties, *, key: str) -> Message:
        """Sends *message* once, however often it is called with the same *key*; gives its draft.

        *key* names this one mail. It becomes the Message-ID, by which a mail that went out in an
        earlier attempt is found, and by which Exchange drops a second copy that arrives soon.
        Raises Unavailable where it is not known to be on its way: call again.
        """
        mark = _message_id(user, key)
        where = f"internetMessageId eq {literal(mark)}"
        found = [each async for each in self.list(user, select=("id", "isDraft"), where=where)]
        for each in found:
            if not each.is_draft:
                return each
        draft = (found or [await self.create_draft(user, {**message, "internetMessageId": mark})])[
            0
        ]
        try:
            await self.send_draft(user, draft.id)
        except Unavailable:
            if await self._is_draft(user, draft.id):
                raise
        return draft

    async def create_draft(self, user: str, message: Properties, *, folder: str = "") -> Message:
        """A new draft in *folder*, else in Drafts. Its id stays the same when it is sent."""
        place = ("mailFolders", folder, "messages") if folder else ("messages",)
        request = writing("POST", user, *place, json=message, permission=_WRITE)
        return await self._calls.fetch(request, Message)

    async def send_draft(self, user: str, message: str) -> None:
        """Sends a draft. Raises NotFound where there is none (any more)."""
        await self._calls.send(_act(user, message, "send", permission=_SEND))

    async def reply(
        self, user: str, message: str, comment: str = "", *, extra: Properties = NOTHING
    ) -> None:
        """Answers the sender, with a *comment* above the message.

        *extra* is what the answer has besides: more recipients, or a `body` in place of a comment.
        """
        json = _answer(comment, extra)
        await self._calls.send(_act(user, message, "reply", json, permission=_SEND))

    async def reply_all(
        self, user: str, message: str, comment: str = "", *, extra: Properties = NOTHING
    ) -> None:
        """Answers the sender and all recipients; the rest as `reply`."""
        json = _answer(comment, extra)
        await self._calls.send(_act(user, message, "replyAll", json, permission=_SEND))

    async def forward(self, user: str, message: str, to: Iterable[str], comment: str = "") -> None:
        """Passes the message on to other addresses, with a *comment* above it."""
        json = {"toRecipients": recipients(to), "comment": comment}
        await self._calls.send(_act(user, message, "forward", json, permission=_SEND))

    async def draft_reply(
        self, user: str, message: str, comment: str = "", *, extra: Properties = NOTHING
    ) -> Message:
        """The draft of an answer as `reply` sends it, to add to and send."""
        json = _answer(comment, extra)
        return await self._calls.fetch(_act(user, message, "createReply", json), Message)

    async def draft_reply_all(
        self, user: str, message: str, comment: str = "", *, extra: Properties = NOTHING
    ) -> Message:
        """The draft of an answer as `reply_all` sends it."""
        json = _answer(comment, extra)
        return await self._calls.fetch(_act(user, message, "createReplyAll", json), Message)

    async def draft_forward(
        self, user: str, message: str, to: Iterable[str], comment: str = ""
    ) -> Message:
        """The draft of a mail as `forward` sends it."""
        json = {"toRecipients": recipients(to), "comment": comment}
        return await self._calls.fetch(_act(user, message, "createForward", json), Message)

    async def update(self, user: str, message: str, properties: Properties) -> Message:
        """The message with *properties* set, such as `isRead`, `categories` or `flag`."""
        request = writing("PATCH", user, "messages", message, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Message)

    async def move(self, user: str, message: str, folder: str) -> Message:
        """The message in *folder*. It keeps its immutable id."""
        json = {"destinationId": folder}
        return await self._calls.fetch(_act(user, message, "move", json), Message)

    async def copy(self, user: str, message: str, folder: str) -> Message:
        """A copy of the message in *folder*, with an id of its own."""
        json = {"destinationId": folder}
        return await self._calls.fetch(_act(user, message, "copy", json), Message)

    async def delete(self, user: str, message: str) -> None:
        """Moves it to the deleted items, and what is there away. Done as well if it is gone."""
        await self._calls.remove(writing("DELETE", user, "messages", message, permission=_WRITE))

    async def _is_draft(self, user: str, message: str) -> bool:
        try:
            found = await self.get(user, message, select=("id", "isDraft"))
        except NotFound:
            return False  # it was there just now, and what is sent may lie nowhere
        return found.is_draft is True


def _read(user: str, message: str, select: Sequence[str]) -> Request:
    return reading(user, "messages", message, params=options(select=select), permission=_READ)


def _all(user: str, folder: str, params: Mapping[str, str]) -> Request:
    place = ("mailFolders", folder, "messages") if folder else ("messages",)
    return reading(user, *place, params=params, permission=_READ)


def _act(
    user: str, message: str, action: str, json: object = None, *, permission: str = _WRITE
) -> Request:
    return writing("POST", user, "messages", message, action, json=json, permission=permission)


def _answer(comment: str, extra: Properties) -> dict[str, object]:
    """Graph takes a comment or a body, and refuses both."""
    given = {"comment": comment, "message": extra}
    return {name: value for name, value in given.items() if value}


def _message_id(user: str, key: str) -> str:
    """The Message-ID that *key* stands for. No host has a name in `.invalid` (RFC 2606)."""
    digest = blake2b(f"{user.lower()}\0{key}".encode(), digest_size=16).hexdigest()
    return f"<{digest}@heliograph.invalid>"
