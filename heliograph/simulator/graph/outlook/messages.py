"""Messages: listed, read, drafted, changed, moved, copied, deleted (graph-users-api.md, 9)."""

from collections.abc import Mapping, Sequence
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook import paths
from heliograph.simulator.graph.outlook.attachments import expand_attachments
from heliograph.simulator.graph.outlook.events import expand_event
from heliograph.simulator.graph.outlook.extended import extended
from heliograph.simulator.graph.outlook.kinds import EXTENDED_NAMES, OUTLOOK
from heliograph.simulator.graph.outlook.lists import (
    Listing,
    collection,
    count,
    mailbox,
    owner,
    parameters,
)
from heliograph.simulator.graph.outlook.mail_kinds import MESSAGE, MESSAGES
from heliograph.simulator.graph.outlook.message_search import search
from heliograph.simulator.graph.outlook.views import View, answered, check_match
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook import mime
from heliograph.simulator.outlook.mail import WRITABLE_IN_DRAFTS
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

routes = Routes()

READ = permissions.mailbox("Mail.ReadBasic.All")
READ_WHOLE = permissions.mailbox("Mail.Read")
WRITE = permissions.mailbox("Mail.ReadWrite")

VIEW = View(
    kind=MESSAGE,
    derived=MESSAGES,
    expands={
        "attachments": expand_attachments,
        "event": expand_event,
        **{name.lower(): extended(name) for name in EXTENDED_NAMES.split()},
    },
    whole=frozenset({"body", "bodyPreview", "uniqueBody", "attachments", *EXTENDED_NAMES.split()}),
    needs="Mail.Read",
)
LISTING = Listing(view=VIEW, order="receivedDateTime desc", search=search, is_strict=True)

_CREATABLE = WRITABLE_IN_DRAFTS | {"internetMessageHeaders", "attachments"}
_MOST_HEADERS = 5


@routes.on("GET", *paths.MESSAGES, needs=READ)
def list_messages(call: Call) -> Answer:
    """The messages of a folder, or of all folders, newest first."""
    return collection(call, LISTING, _context(call), _rows(call))


@routes.on("GET", *paths.below(paths.MESSAGES, "$count"), needs=READ)
def count_messages(call: Call) -> Answer:
    """How many messages there are."""
    return count(call, LISTING, _rows(call))


@routes.on("GET", *paths.MESSAGE, needs=READ)
def get_message(call: Call) -> Answer:
    """One message."""
    return answer(call, found(call))


@routes.on("GET", *paths.below(paths.MESSAGE, "$value"), needs=READ_WHOLE)
def get_mime(call: Call) -> Answer:
    """The message as it went over the wire."""
    row = mailbox(call).messages.rows[found(call)]
    return Answer(body=mime.written(row), headers={"content-type": "text/plain"})


@routes.on("POST", *paths.MESSAGES, needs=WRITE)
def create_draft(call: Call) -> Answer:
    """A new draft, of JSON or of MIME."""
    content = mime.decoded(call.body) if is_mime(call) else written(call.json())
    folder = call.params.get("folder", "drafts")
    return answer(
        call, call.world.outlook.mail.draft(mailbox(call), content, folder=folder), status=201
    )


@routes.on("PATCH", *paths.MESSAGE, needs=WRITE)
def update_message(call: Call) -> Answer:
    """A changed message."""
    box, key = mailbox(call), found(call)
    check_match(call, box.messages.rows[key])
    changes = OUTLOOK.read(MESSAGE, call.json())
    call.world.outlook.mail.update(box, key, changes)
    return answer(call, key)


@routes.on("DELETE", *paths.MESSAGE, needs=WRITE)
def delete_message(call: Call) -> Answer:
    """A message in Deleted Items; one from there is gone."""
    box, key = mailbox(call), found(call)
    check_match(call, box.messages.rows[key])
    call.world.outlook.mail.delete(box, key)
    return NOTHING


@routes.on("POST", *paths.below(paths.MESSAGE, "permanentDelete"), needs=WRITE)
def purge_message(call: Call) -> Answer:
    """A message gone for good."""
    call.world.outlook.mail.purge(mailbox(call), found(call))
    return NOTHING


@routes.on("POST", *paths.below(paths.MESSAGE, "move"), needs=WRITE)
def move_message(call: Call) -> Answer:
    """The message in another folder, with a new default id."""
    key = found(call)
    call.world.outlook.mail.move(mailbox(call), key, destination(call))
    return _placed(call, key)


@routes.on("POST", *paths.below(paths.MESSAGE, "copy"), needs=WRITE)
def copy_message(call: Call) -> Answer:
    """A copy of the message in another folder."""
    return _placed(
        call, call.world.outlook.mail.copy(mailbox(call), found(call), destination(call))
    )


def found(call: Call) -> str:
    """The key of the message that the path names, which lies in the folder that it names."""
    box = mailbox(call)
    key = box.key_of(box.messages, call.params["message"])
    if not _lies_in(call, box, box.messages.rows[key]):
        raise missing(call.params["message"])
    return key


def answer(call: Call, key: str, *, status: int = 200) -> Answer:
    """One message, as the caller wants to see it."""
    row = mailbox(call).messages.rows[key]
    return answered(call, VIEW, f"{owner(call)}/messages", key, row, status=status)


def is_mime(call: Call) -> bool:
    """Whether the body of the call is MIME in base64."""
    return call.headers.get("content-type", "").lower().startswith("text/plain")


def written(body: Mapping[str, Any]) -> dict[str, Any]:
    """What may be given of a new message, out of *body*."""
    given = OUTLOOK.read(MESSAGE, body)
    _check_headers(given.get("internetMessageHeaders") or ())
    return {name: value for name, value in given.items() if name in _CREATABLE}


def destination(call: Call) -> str:
    """The folder that something is to be brought to, by its id or name."""
    folder = parameters(call).get("destinationid")
    if not isinstance(folder, str) or not folder:
        raise Refused(400, "ErrorInvalidRequest", "The value of destinationId is missing.")
    return folder


def _placed(call: Call, key: str) -> Answer:
    made = answer(call, key, status=201)
    body = made.body if isinstance(made.body, dict) else {}
    typed = {"@odata.type": "#microsoft.graph.message", **body}
    context = {"@odata.context": call.metadata("message")}
    return Answer(status=201, body={**typed, **context}, headers=made.headers)


def _rows(call: Call) -> list[tuple[str, Row]]:
    """Newest arrivals first: so are those that came within the same second."""
    box = mailbox(call)
    if "folder" in call.params:
        box.folder_id(call.params["folder"])
    rows = box.messages.backwards()
    return [(key, row) for key, row in rows if _lies_in(call, box, row)]


def _lies_in(call: Call, box: Mailbox, row: Row) -> bool:
    folder = call.params.get("folder")
    return folder is None or bool(row["parentFolderId"] == box.folder_id(folder))


def _context(call: Call) -> str:
    folder = call.params.get("folder")
    place = f"/mailFolders('{folder}')" if folder else ""
    return f"{owner(call)}{place}/messages"


def _check_headers(headers: Sequence[Mapping[str, Any]]) -> None:
    if len(headers) > _MOST_HEADERS:
        raise Refused(
            400,
            "InvalidInternetMessageHeaderCollection",
            "Maximum number of headers in one message should be less than or equal to"
            f" {_MOST_HEADERS}.",
        )
    for header in headers:
        if not str(header.get("name") or "").lower().startswith("x-"):
            raise Refused(
                400,
                "InvalidInternetMessageHeader",
                f"The internet message header name '{header.get('name')}' should start with 'x-'"
                " or 'X-'.",
            )
