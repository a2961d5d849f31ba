"""How a message comes to be: from what its writer gave, or as the answer to another one."""

import html
from collections.abc import Mapping
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.outlook.attachments import Attachments, attached, shows_any
from heliograph.simulator.outlook.bodies import EMPTY, as_html, inside, page, preview
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.people import Person, address_of, people, shown
from heliograph.simulator.outlook.times import in_utc, moment
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")

_EMPTY: Mapping[str, Any] = {
    "subject": "",
    "importance": "normal",
    "body": EMPTY,
    "toRecipients": [],
    "ccRecipients": [],
    "bccRecipients": [],
    "replyTo": [],
    "isRead": False,
    "isDraft": False,
    "isDeliveryReceiptRequested": None,
    "isReadReceiptRequested": False,
    "inferenceClassification": "focused",
    "flag": {"flagStatus": "notFlagged"},
}


class Composer:
    """Writes the messages of all mailboxes."""

    def __init__(self, boxes: Mailboxes, attachments: Attachments) -> None:
        self._boxes = boxes
        self._attachments = attachments

    def message(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A message with this *content*, complete but for its place and its ids."""
        now, ids = stamp(self._boxes.clock.now()), self._boxes.ids
        given = {name: value for name, value in content.items() if "@odata.context" not in name}
        attachments = self._attachments.made(content.get("attachments") or ())
        row = {
            **_EMPTY,
            "receivedDateTime": now,
            "sentDateTime": now,
            "conversationId": ids.conversation(),
            "conversationIndex": ids.thread(),
            "internetMessageId": ids.message_id(self._boxes.directory.domain),
            "internetMessageHeaders": [],
            **given,
            "attachments": attachments,
            "hasAttachments": shows_any(attachments),
            "bodyPreview": preview(content.get("body")),
        }
        return row | {"flag": self.flag(row["flag"])}

    def flag(self, flag: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The *flag* as it is kept. Refused where its dates do not go together."""
        given = dict(flag or {"flagStatus": "notFlagged"})
        start, due = given.get("startDateTime"), given.get("dueDateTime")
        if due and (not start or moment(start) > moment(due)):
            raise Refused(
                400,
                "ErrorInvalidRequest",
                "A dueDateTime is expected to come with a startDateTime that is not after it.",
            )
        if given.get("flagStatus") == "complete" and not given.get("completedDateTime"):
            given["completedDateTime"] = in_utc(self._boxes.clock.now())
        return given

    def reply(
        self, box: Mailbox, original: Row, *, comment: str, given: Mapping[str, Any], to_all: bool
    ) -> dict[str, Any]:
        """The content of an answer to the sender of *original*, or to all who have it."""
        own = address_of(self._boxes.person(box))
        senders = [*people(original, "replyTo")] or [*people(original, "from")]
        found: dict[str, Any] = {"toRecipients": senders}
        if to_all:
            others = [who for who in people(original, "toRecipients") if address_of(who) != own]
            found["toRecipients"] = _once([*senders, *others])
            found["ccRecipients"] = [
                who for who in people(original, "ccRecipients") if address_of(who) != own
            ]
        return {**self._answer(original, "RE", comment), **found, **given}

    def forward(
        self, original: Row, *, comment: str, to: list[Person], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The content of a message that hands *original* on, with all that is attached to it."""
        found = {"toRecipients": to, "attachments": attached(original)}
        return {**self._answer(original, "FW", comment), **found, **given}

    def _answer(self, original: Row, mark: str, comment: str) -> dict[str, Any]:
        subject = str(original["subject"] or "")
        marked = subject if subject.upper().startswith(f"{mark}: ") else f"{mark}: {subject}"
        said = inside(as_html({"contentType": "text", "content": comment})) if comment else ""
        return {
            "subject": marked,
            "body": {"contentType": "html", "content": page(f"{said}{_quoted(original)}")},
            "uniqueBody": {"contentType": "html", "content": page(said)},
            "conversationId": original["conversationId"],
            "conversationIndex": self._boxes.ids.thread(original["conversationIndex"]),
            "importance": original["importance"],
        }


def _quoted(original: Row) -> str:
    names = {
        "From": html.escape("; ".join(shown(original, "from"))),
        "Sent": original["sentDateTime"],
        "To": html.escape("; ".join(shown(original, "toRecipients"))),
        "Subject": original["subject"],
    }
    head = "<br>\r\n".join(f"<b>{name}:</b> {value}" for name, value in names.items() if value)
    return f'<hr tabindex="-1"><div>{head}</div><br>\r\n{inside(as_html(original["body"]))}'


def _once(found: list[Person]) -> list[Person]:
    return [*{address_of(who): who for who in found}.values()]
