"""What is attached to a message or an event.

Attachments lie in the item's row, so that they travel with it and every change of them is a write
of the item. The id of one is that of its item and a mark of its own: like the item's it has two
forms, and the default one changes when the item moves.
"""

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from heliograph.simulator.clock import stamp
from heliograph.simulator.outlook.mailbox import missing
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row, Table

FILE = "#microsoft.graph.fileAttachment"
ITEM = "#microsoft.graph.itemAttachment"
REFERENCE = "#microsoft.graph.referenceAttachment"

Attachment = Mapping[str, Any]


class Attachments:
    """Attaches to the items of all mailboxes, and detaches."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes

    def made(self, given: Sequence[Attachment]) -> list[Attachment]:
        """What a caller wrote, as it lies in a row."""
        return [self._made(each) for each in given]

    def add(self, table: Table, key: str, given: Attachment) -> Attachment:
        """Attach *given* to the item."""
        made = self._made(given)
        self._write(table, key, [*attached(table.rows[key]), made])
        return made

    def remove(self, table: Table, key: str, mark: str) -> None:
        """Detach what bears *mark*."""
        self._write(table, key, [one for one in attached(table.rows[key]) if one["mark"] != mark])

    def _write(self, table: Table, key: str, attachments: list[Attachment]) -> None:
        changes = {"attachments": attachments, "hasAttachments": shows_any(attachments)}
        self._boxes.change(table, key, changes)

    def _made(self, given: Attachment) -> Attachment:
        content = given.get("contentBytes") or b""
        type_ = given.get("@odata.type", FILE)
        name = str(given.get("name") or "")
        if not name:
            raise Refused(400, "ErrorRequiredPropertyMissing", "Required property is missing.")
        made = {
            "@odata.type": type_,
            "lastModifiedDateTime": stamp(self._boxes.clock.now()),
            "contentType": mimetypes.guess_type(name)[0],
            "isInline": False,
            "size": len(content),
            "mark": self._boxes.ids.mark(),
            **given,
        }
        if type_ == FILE:
            return {"contentId": None, "contentLocation": None, "contentBytes": content, **made}
        return made | {"size": len(msgspec.json.encode(given.get("item")))}


def attached(row: Row) -> Sequence[Attachment]:
    """What is attached to an item."""
    found: Sequence[Attachment] = row.get("attachments", ())
    return found


def shows_any(attachments: Sequence[Attachment]) -> bool:
    """Whether an item with these *attachments* says that it has some: inline ones do not count."""
    return any(not each.get("isInline") for each in attachments)


def id_of(item: str, attachment: Attachment) -> str:
    """The id of an *attachment* of the item with this id, in the form that the latter has."""
    return f"{item}{attachment['mark']}"


def find(table: Table, key: str, id_: str) -> Attachment:
    """The attachment of the item under *key* with this id, in either form."""
    row = table.rows[key]
    for each in attached(row):
        if id_ in {id_of(row["id"], each), id_of(key, each)}:
            return each
    raise missing(id_)
