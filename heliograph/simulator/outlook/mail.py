"""Mail: drafts, what may be changed, where it lies, how it is sent and what happens on arrival.

Mail to addresses outside the tenant leaves no trace but the copy in Sent Items.
"""

from collections.abc import Mapping
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.outlook.bodies import page, preview
from heliograph.simulator.outlook.composing import RECIPIENTS, Composer
from heliograph.simulator.outlook.focus import Focus
from heliograph.simulator.outlook.mailbox import Mailbox, content_of
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.people import Person, address_of, addresses
from heliograph.simulator.outlook.rules import Rules, Sorted
from heliograph.simulator.outlook.settings import Settings
from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Row

WRITABLE = frozenset(
    (
        *("isRead", "categories", "flag", "importance", "inferenceClassification"),
        *("singleValueExtendedProperties", "multiValueExtendedProperties"),
    )
)
WRITABLE_IN_DRAFTS = WRITABLE | {
    *("subject", "body", *RECIPIENTS, "replyTo", "from", "sender", "internetMessageId"),
    *("isDeliveryReceiptRequested", "isReadReceiptRequested"),
}

_AUTOMATIC = {"name": "X-Auto-Response-Suppress", "value": "All"}


class Mail:
    """The mail of all mailboxes."""

    def __init__(
        self,
        boxes: Mailboxes,
        *,
        composer: Composer,
        rules: Rules,
        focus: Focus,
        settings: Settings,
    ) -> None:
        self._boxes = boxes
        self._composer = composer
        self._rules = rules
        self._focus = focus
        self._settings = settings

    def draft(self, box: Mailbox, content: Mapping[str, Any], *, folder: str = "drafts") -> str:
        """The key of a new draft."""
        place = box.folder_id(folder)
        row = {
            **self._composer.message(content),
            "isDraft": True,
            "isRead": True,
            "parentFolderId": place,
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
            kept |= {"bodyPreview": preview(kept["body"]), "uniqueBody": kept["body"]}
        if "flag" in kept:
            kept["flag"] = self._composer.flag(kept["flag"])
        return self._boxes.change(box.messages, key, kept)

    def check(self, box: Mailbox, content: Mapping[str, Any]) -> None:
        """Refuse *content* where it cannot be sent from *box*."""
        found = addresses(content, *RECIPIENTS)
        if not found or not all("@" in address.strip("@") for address in found):
            raise Refused(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
        own = address_of(self._boxes.person(box))
        for name in ("from", "sender"):
            if content.get(name) and address_of(content[name]) != own:
                raise Refused(
                    403,
                    "ErrorSendAsDenied",
                    "The user account which was used to submit this request does not have the"
                    " right to send mail on behalf of the specified sending account.",
                )

    def check_draft(self, box: Mailbox, key: str) -> None:
        """Refuse what lies under *key* where it cannot be sent."""
        content = box.messages.rows[key]
        if not content["isDraft"]:
            raise no_item()
        self.check(box, content)

    def send_draft(self, box: Mailbox, key: str) -> None:
        """Send the draft: it moves to Sent Items, and copies arrive."""
        self.check_draft(box, key)
        sent = {"isDraft": False, "sentDateTime": self._now(), **self._sender(box)}
        place = {"parentFolderId": box.well_known["sentitems"]}
        row = self._boxes.move(box, box.messages, key, {**sent, **place})
        self._deliver(row)

    def send(self, box: Mailbox, content: Mapping[str, Any], *, save: bool = True) -> None:
        """Send *content* from *box* at once."""
        self.check(box, content)
        row = {**self._composer.message(content), **self._sender(box), "isRead": True}
        if save:
            place = {"parentFolderId": box.well_known["sentitems"]}
            self._boxes.add(box, box.messages, {**row, **place})
        self._deliver(row)

    def receive(self, box: Mailbox, content: Mapping[str, Any]) -> str:
        """The key of a message that has just arrived in *box*; empty where a rule purged it."""
        arrived = {
            **self._composer.message(content),
            "receivedDateTime": self._now(),
            "parentFolderId": box.well_known["inbox"],
            "isRead": False,
            "isDraft": False,
        }
        arrived["inferenceClassification"] = self._focus.classify(
            box, address_of(arrived.get("from"))
        )
        own = address_of(self._boxes.person(box))
        found = self._rules.sort(box, arrived, address=own)
        key = ""
        if not found.is_purged:
            key = self._boxes.add(box, box.messages, {**arrived, **found.changes})
        self._carry_on(box, arrived, found)
        return key

    def delete(self, box: Mailbox, key: str) -> None:
        """Move the message to Deleted Items, and what lies there out of sight."""
        bin_ = box.well_known["deleteditems"]
        if box.messages.rows[key]["parentFolderId"] == bin_:
            self._boxes.remove(box, box.messages, key)
        else:
            self.move(box, key, bin_)

    def move(self, box: Mailbox, key: str, folder: str) -> Row:
        """The message, moved to the folder with this id or name."""
        place = {"parentFolderId": box.folder_id(folder)}
        return self._boxes.move(box, box.messages, key, place)

    def copy(self, box: Mailbox, key: str, folder: str) -> str:
        """The key of a copy of the message in the folder with this id or name."""
        place = {"parentFolderId": box.folder_id(folder)}
        row = content_of(box.messages.rows[key])
        return self._boxes.add(box, box.messages, {**row, **place})

    def purge(self, box: Mailbox, key: str) -> None:
        """Take the message out of the mailbox for good."""
        self._boxes.remove(box, box.messages, key)

    def _deliver(self, sent: Row) -> None:
        for address in addresses(sent, *RECIPIENTS):
            box = self._boxes.reached_by(address)
            if box is not None:
                content = {**content_of(sent), "bccRecipients": [], "categories": []}
                content["flag"] = {"flagStatus": "notFlagged"}
                self.receive(box, content)

    def _carry_on(self, box: Mailbox, arrived: Row, found: Sorted) -> None:
        """What the rules and the automatic reply of *box* make of a message that came."""
        for folder in found.copies:
            place = {"parentFolderId": folder}
            self._boxes.add(box, box.messages, {**arrived, **found.changes, **place})
        if _AUTOMATIC in arrived["internetMessageHeaders"]:
            return
        if found.redirects:
            marked = [*arrived["internetMessageHeaders"], _AUTOMATIC]
            people = {"toRecipients": found.redirects, "ccRecipients": []}
            self._deliver({**arrived, **people, "internetMessageHeaders": marked})
        if found.forwards:
            self._answer(box, arrived, found.forwards, subject="FW", body=arrived["body"])
        sender = address_of(arrived.get("from"))
        text = self._settings.automatic_reply(box, sender) if sender else None
        if text is not None and self._boxes.reached_by(sender) is not None:
            body = {"contentType": "html", "content": page(text)}
            to = [arrived["from"]]
            self._answer(box, arrived, to, subject="Automatic reply", body=body)

    def _answer(
        self,
        box: Mailbox,
        arrived: Row,
        to: list[Person],
        *,
        subject: str,
        body: Mapping[str, Any],
    ) -> None:
        content = {
            "subject": f"{subject}: {arrived['subject']}",
            "body": body,
            "toRecipients": to,
            "conversationId": arrived["conversationId"],
            "internetMessageHeaders": [_AUTOMATIC],
        }
        self.send(box, content, save=False)

    def _sender(self, box: Mailbox) -> dict[str, Any]:
        who = self._boxes.person(box)
        return {"from": who, "sender": who}

    def _now(self) -> str:
        return stamp(self._boxes.clock.now())
