"""Messages and mail folders (graph-users-api.md, 9)."""

from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import ACCEPTED, NOTHING, entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.odata import filtered, page, selected, top
from heliograph.simulator.graph.outlook.items import (
    check_match,
    items,
    key_of,
    mailbox,
    owner,
    preferred,
    shown,
)
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.mail import recipient
from heliograph.simulator.outlook.mailboxes import HIDDEN, Mailbox
from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Mail.ReadBasic.All")
_WRITE = permissions.mailbox("Mail.ReadWrite")
_SEND = permissions.mailbox("Mail.Send")
_ONE = (
    "/users/{user}/messages/{message}",
    "/users/{user}/mailFolders/{folder}/messages/{message}",
)
_ALL = ("/users/{user}/messages", "/users/{user}/mailFolders/{folder}/messages")


@routes.on("GET", *_ALL, needs=_READ)
def list_messages(call: Call) -> Answer:
    """The messages of a folder, or of all folders, newest first."""
    box = mailbox(call)
    rows = [(key, row) for key, row in box.messages.rows.items() if _lies_in(call, box, row)]
    return items(call, _context(call), rows, newest="receivedDateTime")


@routes.on("GET", *_ONE, needs=_READ)
def get_message(call: Call) -> Answer:
    """One message."""
    return _answer(call, key_of(call, mailbox(call).messages, "message"))


@routes.on("POST", *_ALL, needs=_WRITE)
def create_draft(call: Call) -> Answer:
    """A new draft."""
    folder = call.params.get("folder", "drafts")
    return _answer(call, call.world.mail.draft(mailbox(call), call.json(), folder=folder), 201)


@routes.on("PATCH", *_ONE, needs=_WRITE)
def update_message(call: Call) -> Answer:
    """A changed message."""
    box = mailbox(call)
    key = key_of(call, box.messages, "message")
    check_match(call, box.messages.rows[key])
    call.world.mail.update(box, key, call.json())
    return _answer(call, key)


@routes.on("DELETE", *_ONE, needs=_WRITE)
def delete_message(call: Call) -> Answer:
    """A message in Deleted Items; one from there is gone."""
    box = mailbox(call)
    key = key_of(call, box.messages, "message")
    check_match(call, box.messages.rows[key])
    call.world.mail.delete(box, key)
    return NOTHING


@routes.on("POST", *(f"{path}/permanentDelete" for path in _ONE), needs=_WRITE)
def purge_message(call: Call) -> Answer:
    """A message gone for good."""
    box = mailbox(call)
    call.world.mail.purge(box, key_of(call, box.messages, "message"))
    return NOTHING


@routes.on("POST", *(f"{path}/move" for path in _ONE), needs=_WRITE)
def move_message(call: Call) -> Answer:
    """The message in another folder, with a new default id."""
    box = mailbox(call)
    key = key_of(call, box.messages, "message")
    folder = _destination(call)
    call.world.mail.move(box, key, folder)
    body = {"@odata.type": "#microsoft.graph.message", **shown(call, key, box.messages.rows[key])}
    context = f"{call.origin}/v1.0/$metadata#message"
    return preferred(call, Answer(status=201, body={"@odata.context": context, **body}))


@routes.on("POST", *(f"{path}/send" for path in _ONE), needs=_SEND)
def send_draft(call: Call) -> Answer:
    """A draft sent."""
    box = mailbox(call)
    call.world.mail.send_draft(box, key_of(call, box.messages, "message"))
    return ACCEPTED


@routes.on("POST", "/users/{user}/sendMail", "/users/{user}/microsoft.graph.sendMail", needs=_SEND)
def send_mail(call: Call) -> Answer:
    """A mail sent at once."""
    body = {name[:1].lower() + name[1:]: value for name, value in call.json().items()}
    message = body.get("message")
    if not isinstance(message, dict):
        raise Refused(400, "ErrorInvalidParameter", "The message is missing.")
    save = body.get("saveToSentItems", True) not in {False, "false"}
    call.world.mail.send(mailbox(call), message, save=save)
    return ACCEPTED


@routes.on("POST", *(f"{path}/reply" for path in _ONE), needs=_SEND)
def reply(call: Call) -> Answer:
    """An answer to the sender of a message."""
    box = mailbox(call)
    original = box.messages.rows[key_of(call, box.messages, "message")]
    body = call.json()
    given = dict(body.get("message") or {})
    if "body" in given and "comment" in body:
        raise Refused(400, "ErrorInvalidParameter", "Give either a comment or a body.")
    text = {"contentType": "text", "content": str(body.get("comment") or "")}
    sender = original.get("from") or recipient("")
    message: dict[str, Any] = {
        "subject": f"Re: {original['subject']}",
        "conversationId": original["conversationId"],
        "body": text,
        "toRecipients": original.get("replyTo") or [sender],
        **given,
    }
    call.world.mail.send(box, message)
    return ACCEPTED


@routes.on("GET", "/users/{user}/mailFolders", needs=_READ)
def list_folders(call: Call) -> Answer:
    """The folders at the top."""
    box = mailbox(call)
    return _folders(call, box, box.well_known["msgfolderroot"], f"{owner(call)}/mailFolders")


@routes.on("GET", "/users/{user}/mailFolders/{folder}/childFolders", needs=_READ)
def list_child_folders(call: Call) -> Answer:
    """The folders in a folder."""
    box = mailbox(call)
    parent = box.folder_id(call.params["folder"])
    return _folders(call, box, parent, f"{owner(call)}/mailFolders('{parent}')/childFolders")


@routes.on("GET", "/users/{user}/mailFolders/{folder}", needs=_READ)
def get_folder(call: Call) -> Answer:
    """One folder, by id or well-known name."""
    box = mailbox(call)
    row = _folder(box, box.folder_id(call.params["folder"]))
    return entity(call, f"{owner(call)}/mailFolders", _chosen(call, row))


@routes.on(
    "POST",
    "/users/{user}/mailFolders",
    "/users/{user}/mailFolders/{folder}/childFolders",
    needs=_WRITE,
)
def create_folder(call: Call) -> Answer:
    """A new folder."""
    box, body = mailbox(call), call.json()
    parent = box.folder_id(call.params.get("folder", "msgfolderroot"))
    name = str(body.get("displayName") or "")
    for row in box.folders.values():
        if row["parentFolderId"] == parent and row["displayName"].lower() == name.lower():
            raise Refused(
                409, "ErrorFolderExists", "A folder with the specified name already exists."
            )
    row = call.world.boxes.new_folder(box, name, parent=parent)
    return entity(call, f"{owner(call)}/mailFolders", _folder(box, row["id"]), status=201)


def _folders(call: Call, box: Mailbox, parent: str, context: str) -> Answer:
    claim = filtered(call)
    hidden = {box.well_known[name] for name in HIDDEN}
    rows = [
        _folder(box, id_)
        for id_, row in box.folders.items()
        if row["parentFolderId"] == parent and id_ not in hidden
    ]
    rows = [row for row in rows if claim is None or claim.holds(row)]
    part, link = page(call, rows, size=top(call, default=10, most=1000))
    return listing(call, context, [_chosen(call, row) for row in part], next_link=link)


def _folder(box: Mailbox, id_: str) -> Row:
    inside = [row for row in box.messages.rows.values() if row["parentFolderId"] == id_]
    return {
        **box.folders[id_],
        "childFolderCount": sum(row["parentFolderId"] == id_ for row in box.folders.values()),
        "totalItemCount": len(inside),
        "unreadItemCount": sum(not row["isRead"] for row in inside),
    }


def _chosen(call: Call, row: Row) -> Row:
    names = selected(call)
    return {name: row.get(name) for name in dict.fromkeys(("id", *names))} if names else row


def _destination(call: Call) -> str:
    body = {name.lower(): value for name, value in call.json().items()}
    folder = body.get("destinationid")
    if not isinstance(folder, str):
        raise no_item()
    return folder


def _lies_in(call: Call, box: Mailbox, row: Row) -> bool:
    folder = call.params.get("folder")
    return folder is None or row["parentFolderId"] == box.folder_id(folder)


def _answer(call: Call, key: str, status: int = 200) -> Answer:
    row = shown(call, key, mailbox(call).messages.rows[key])
    return preferred(call, entity(call, f"{owner(call)}/messages", row, status=status))


def _context(call: Call) -> str:
    folder = call.params.get("folder")
    place = f"/mailFolders('{folder}')" if folder else ""
    return f"{owner(call)}{place}/messages"
