"""Mail: drafts, sending, delivery into the inboxes of the tenant, reading, moving, deleting.

Mail to addresses outside the tenant leaves no trace but the copy in Sent Items.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.outlook.mailboxes import Mailbox, Mailboxes
from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Row

WRITABLE = frozenset({"isRead", "categories", "flag", "importance", "inferenceClassification"})
WRITABLE_IN_DRAFTS = WRITABLE | {
    "subject",
    "body",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "replyTo",
    "from",
    "sender",
    "internetMessageId",
    "internetMessageHeaders",
    "attachments",
}

_EMPTY: Mapping[str, Any] = {
    "subject": "",
    "importance": "normal",
    "body": {"contentType": "text", "content": ""},
    "toRecipients": [],
    "ccRecipients": [],
    "bccRecipients": [],
    "replyTo": [],
    "isRead": False,
    "isDraft": False,
    "hasAttachments": False,
    "isDeliveryReceiptRequested": None,
    "isReadReceiptRequested": False,
    "inferenceClassification": "focused",
    "flag": {"flagStatus": "notFlagged"},
}


class Mail:
    """The mail of all mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes

    def draft(self, box: Mailbox, content: Mapping[str, Any], *, folder: str = "drafts") -> str:
        """The key of a new draft."""
        row = {
            **self._new(content),
            "isDraft": True,
            "isRead": True,
            "parentFolderId": box.folder_id(folder),
        }
        return self._boxes.add(box, box.messages, row)

    def update(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The message with *changes* made: few of them where it is no draft."""
        row = box.messages.rows[key]
        allowed = WRITABLE_IN_DRAFTS if row["isDraft"] else WRITABLE
        for name in changes:
            if "@odata" not in name and name not in allowed:
                raise Refused(
                    400, "ErrorInvalidPropertySet", f"Set action is invalid for property '{name}'."
                )
        kept = {name: value for name, value in changes.items() if "@odata" not in name}
        if "body" in kept:
            kept["bodyPreview"] = _preview(kept["body"])
        return self._boxes.change(box.messages, key, kept)

    def send_draft(self, box: Mailbox, key: str) -> None:
        """Send the draft: it moves to Sent Items, and copies arrive."""
        content = box.messages.rows[key]
        if not content["isDraft"]:
            raise no_item()
        _demand_recipients(content)
        sent = {"isDraft": False, "sentDateTime": self._now(), **self._sender(box)}
        self._boxes.move(box, key, box.well_known["sentitems"])
        row = self._boxes.change(box.messages, key, sent)
        self._deliver(row)

    def send(self, box: Mailbox, content: Mapping[str, Any], *, save: bool = True) -> None:
        """Send *content* from *box* at once."""
        _demand_recipients(content)
        row = {**self._new(content), **self._sender(box), "isRead": True}
        if save:
            place = {"parentFolderId": box.well_known["sentitems"]}
            self._boxes.add(box, box.messages, {**row, **place})
        self._deliver(row)

    def receive(self, box: Mailbox, content: Mapping[str, Any]) -> str:
        """The key of a message that has just arrived in the inbox of *box*."""
        row = {**self._new(content), "parentFolderId": box.well_known["inbox"]}
        row["receivedDateTime"] = self._now()
        return self._boxes.add(box, box.messages, {**row, "isRead": False, "isDraft": False})

    def delete(self, box: Mailbox, key: str) -> None:
        """Move the message to Deleted Items, and what lies there out of sight."""
        bin_ = box.well_known["deleteditems"]
        if box.messages.rows[key]["parentFolderId"] == bin_:
            self._boxes.remove(box, box.messages, key)
        else:
            self._boxes.move(box, key, bin_)

    def move(self, box: Mailbox, key: str, folder: str) -> Row:
        """The message, moved to the folder with this id or name."""
        return self._boxes.move(box, key, box.folder_id(folder))

    def purge(self, box: Mailbox, key: str) -> None:
        """Take the message out of the mailbox for good."""
        self._boxes.remove(box, box.messages, key)

    def _deliver(self, sent: Row) -> None:
        for address in dict.fromkeys(_addresses(sent)):
            user = self._boxes.directory.by_address(address)
            if user is not None:
                hidden = {"bccRecipients": [], "isRead": False}
                self.receive(self._boxes.of(user), {**_content(sent), **hidden})

    def _new(self, content: Mapping[str, Any]) -> dict[str, Any]:
        now = self._now()
        given = {name: value for name, value in content.items() if "@odata.context" not in name}
        return {
            **_EMPTY,
            "receivedDateTime": now,
            "sentDateTime": now,
            "conversationId": self._boxes.ids.conversation(),
            "internetMessageId": self._boxes.ids.message_id(self._boxes.directory.domain),
            **given,
            "hasAttachments": bool(content.get("attachments")),
            "bodyPreview": _preview(content.get("body")),
        }

    def _sender(self, box: Mailbox) -> dict[str, Any]:
        user = self._boxes.directory.users.rows[box.owner]
        who = {"emailAddress": {"name": user["displayName"], "address": user["mail"]}}
        return {"from": who, "sender": who}

    def _now(self) -> str:
        return stamp(self._boxes.clock.now())


def recipient(address: str, name: str = "") -> dict[str, Any]:
    """An address as mail and meetings hold it."""
    return {"emailAddress": {"name": name or address, "address": address}}


def _content(sent: Row) -> dict[str, Any]:
    """What travels: everything but the marks of the sender's own copy."""
    own = {"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "parentFolderId"}
    return {name: value for name, value in sent.items() if name not in own}


def _addresses(row: Mapping[str, Any]) -> Iterable[str]:
    for name in ("toRecipients", "ccRecipients", "bccRecipients"):
        for entry in row.get(name) or ():
            address = entry.get("emailAddress", {}).get("address")
            if isinstance(address, str) and "@" in address:
                yield address.lower()


def _demand_recipients(content: Mapping[str, Any]) -> None:
    if not any(True for _ in _addresses(content)):
        raise Refused(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")


def _preview(body: object) -> str:
    content = body.get("content") if isinstance(body, dict) else ""
    return str(content or "")[:255]
