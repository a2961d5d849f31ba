"""Attachments of messages and events: listed, added, read, removed (graph-users-api.md, 9, M12)."""

from collections.abc import Mapping
from dataclasses import replace

from heliograph.simulator import permissions
from heliograph.simulator.clock import precise
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.kinds import ATTACHMENT, OUTLOOK
from heliograph.simulator.graph.outlook.lists import Listing, collection, content, mailbox, owner
from heliograph.simulator.graph.outlook.paths import EVENT, MESSAGE, below
from heliograph.simulator.graph.outlook.uploads import upload_url
from heliograph.simulator.graph.outlook.views import Lens, View, answered
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook import mime
from heliograph.simulator.outlook.attachments import (
    FILE,
    REFERENCE,
    Attachment,
    attached,
    find,
    id_of,
)
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row, Table

routes = Routes()

_READ_MAIL = permissions.mailbox("Mail.Read")
_WRITE_MAIL = permissions.mailbox("Mail.ReadWrite")
_READ_EVENTS = permissions.mailbox("Calendars.Read")
_WRITE_EVENTS = permissions.mailbox("Calendars.ReadWrite")

_UPLOAD = OUTLOOK.kind(
    "attachmentItem",
    """
    attachmentType name contentType contentId: String
    size: Int32
    isInline: Boolean
    """,
)
_VIEW = View(
    kind=ATTACHMENT,
    derived={member.name: member for member in ATTACHMENT.derived.values()},
    expands={"item": lambda _, __, row, ___: row.get("item")},
    has_etag=False,
)


def expand_attachments(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    """What `$expand=attachments` shows of an item."""
    lens = Lens(replace(call, query=options), _VIEW)
    return [lens.show(*entry) for entry in _rows(key, row)]


@routes.on("GET", *below(MESSAGE, "attachments"), needs=_READ_MAIL)
@routes.on("GET", *below(EVENT, "attachments"), needs=_READ_EVENTS)
def list_attachments(call: Call) -> Answer:
    """What is attached to an item."""
    table, key = _item(call)
    return collection(call, Listing(view=_VIEW), _context(call), _rows(key, table.rows[key]))


@routes.on("POST", *below(MESSAGE, "attachments"), needs=_WRITE_MAIL)
@routes.on("POST", *below(EVENT, "attachments"), needs=_WRITE_EVENTS)
def add_attachment(call: Call) -> Answer:
    """One more attachment, small enough to come in one piece."""
    table, key = _item(call)
    given = OUTLOOK.read(ATTACHMENT, call.json())
    made = call.world.outlook.attachments.add(table, key, given)
    return _answer(call, table, key, made, status=201)


@routes.on("GET", *below(MESSAGE, "attachments/{attachment}"), needs=_READ_MAIL)
@routes.on("GET", *below(EVENT, "attachments/{attachment}"), needs=_READ_EVENTS)
def get_attachment(call: Call) -> Answer:
    """One attachment, with its bytes."""
    table, key = _item(call)
    return _answer(call, table, key, find(table, key, call.params["attachment"]))


@routes.on("GET", *below(MESSAGE, "attachments/{attachment}/$value"), needs=_READ_MAIL)
@routes.on("GET", *below(EVENT, "attachments/{attachment}/$value"), needs=_READ_EVENTS)
def get_content(call: Call) -> Answer:
    """The bytes of an attached file, an attached item as MIME."""
    table, key = _item(call)
    found = find(table, key, call.params["attachment"])
    if found["@odata.type"] == REFERENCE:
        raise Refused(405, "ErrorInvalidRequest", "A reference attachment has no content.")
    if found["@odata.type"] == FILE:
        type_ = found["contentType"] or "application/octet-stream"
        return Answer(body=bytes(found["contentBytes"]), headers={"content-type": type_})
    return Answer(body=mime.written(found["item"]), headers={"content-type": "text/plain"})


@routes.on("DELETE", *below(MESSAGE, "attachments/{attachment}"), needs=_WRITE_MAIL)
@routes.on("DELETE", *below(EVENT, "attachments/{attachment}"), needs=_WRITE_EVENTS)
def remove_attachment(call: Call) -> Answer:
    """An attachment gone."""
    table, key = _item(call)
    found = find(table, key, call.params["attachment"])
    call.world.outlook.attachments.remove(table, key, found["mark"])
    return NOTHING


@routes.on("POST", *below(MESSAGE, "attachments/createUploadSession"), needs=_WRITE_MAIL)
@routes.on("POST", *below(EVENT, "attachments/createUploadSession"), needs=_WRITE_EVENTS)
def open_upload(call: Call) -> Answer:
    """A session for a file that comes in pieces."""
    table, key = _item(call)
    item = OUTLOOK.read(_UPLOAD, content(call, "attachmentItem"))
    session = call.world.outlook.uploads.open(table, key, item)
    who = f"{mailbox(call).owner}@{call.world.tenant.tenant_id}"
    body = {
        "@odata.context": call.metadata("microsoft.graph.uploadSession"),
        "uploadUrl": upload_url(call.origin, who, session, table.rows[key]),
        "expirationDateTime": precise(session.expires),
        "nextExpectedRanges": ["0-"],
    }
    return Answer(status=201, body=body)


def _item(call: Call) -> tuple[Table, str]:
    box = mailbox(call)
    if "message" in call.params:
        return box.messages, box.key_of(box.messages, call.params["message"])
    return box.events, box.key_of(box.events, call.params["event"])


def _rows(key: str, row: Row) -> list[tuple[str, Row]]:
    return [_row(key, row, each) for each in attached(row)]


def _row(key: str, row: Row, attachment: Attachment) -> tuple[str, Row]:
    return id_of(key, attachment), {**attachment, "id": id_of(row["id"], attachment)}


def _context(call: Call) -> str:
    name = "message" if "message" in call.params else "event"
    return f"{owner(call)}/{name}s('{call.params[name]}')/attachments"


def _answer(
    call: Call, table: Table, key: str, attachment: Attachment, *, status: int = 200
) -> Answer:
    shown = _row(key, table.rows[key], attachment)
    return answered(call, _VIEW, _context(call), *shown, status=status)
