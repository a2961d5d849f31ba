"""Contacts and their folders (graph-users-api.md, 10)."""

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING, entity, listing
from heliograph.simulator.graph.calls import Answer, Call
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
from heliograph.simulator.outlook.mailboxes import Mailbox
from heliograph.simulator.refusals import no_item

routes = Routes()

_READ = permissions.mailbox("Contacts.Read")
_WRITE = permissions.mailbox("Contacts.ReadWrite")
_ALL = ("/users/{user}/contacts", "/users/{user}/contactFolders/{folder}/contacts")
_ONE = tuple(f"{path}/{{contact}}" for path in _ALL)


@routes.on("GET", *_ALL, needs=_READ)
def list_contacts(call: Call) -> Answer:
    """The contacts of a folder."""
    box = mailbox(call)
    place = folder_id(call, box)
    rows = [(key, row) for key, row in box.contacts.rows.items() if row["parentFolderId"] == place]
    return items(call, f"{owner(call)}/contacts", rows, newest="createdDateTime")


@routes.on("GET", *_ONE, needs=_READ)
def get_contact(call: Call) -> Answer:
    """One contact."""
    return _answer(call, key_of(call, mailbox(call).contacts, "contact"))


@routes.on("POST", *_ALL, needs=_WRITE)
def create_contact(call: Call) -> Answer:
    """A new contact."""
    box = mailbox(call)
    key = call.world.contacts.create(box, call.json(), folder=folder_id(call, box))
    return _answer(call, key, 201)


@routes.on("PATCH", *_ONE, needs=_WRITE)
def update_contact(call: Call) -> Answer:
    """A changed contact."""
    box = mailbox(call)
    key = key_of(call, box.contacts, "contact")
    check_match(call, box.contacts.rows[key])
    call.world.contacts.update(box, key, call.json())
    return _answer(call, key)


@routes.on("DELETE", *_ONE, needs=_WRITE)
def delete_contact(call: Call) -> Answer:
    """A contact gone."""
    box = mailbox(call)
    call.world.contacts.remove(box, key_of(call, box.contacts, "contact"))
    return NOTHING


@routes.on("GET", "/users/{user}/contactFolders", needs=_READ)
def list_folders(call: Call) -> Answer:
    """The contact folders."""
    rows = list(mailbox(call).contact_folders.values())
    return listing(call, f"{owner(call)}/contactFolders", rows)


def folder_id(call: Call, box: Mailbox) -> str:
    """The id of the contact folder that the path names, of the default one where it names none."""
    name = call.params.get("folder", "contacts")
    id_ = box.contacts_folder if name.lower() == "contacts" else name
    if id_ not in box.contact_folders:
        raise no_item()
    return id_


def _answer(call: Call, key: str, status: int = 200) -> Answer:
    row = shown(call, key, mailbox(call).contacts.rows[key])
    return preferred(call, entity(call, f"{owner(call)}/contacts", row, status=status))
