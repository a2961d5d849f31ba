"""Contacts and their folders (graph-users-api.md, 10)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook import paths
from heliograph.simulator.graph.outlook.contact_kinds import CONTACT, CONTACT_FOLDER
from heliograph.simulator.graph.outlook.extended import extended
from heliograph.simulator.graph.outlook.kinds import EXTENDED_NAMES, OUTLOOK
from heliograph.simulator.graph.outlook.lists import (
    Listing,
    Rows,
    collection,
    count,
    mailbox,
    owner,
)
from heliograph.simulator.graph.outlook.views import Lens, View, answered, check_match
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.mailbox import missing
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Contacts.Read")
_WRITE = permissions.mailbox("Contacts.ReadWrite")
_CHILDREN = paths.below(paths.CONTACT_FOLDERS, "childFolders")
_FOLDER_LISTS = ("/users/{user}/contactFolders", *_CHILDREN)
_READ_ONLY = frozenset({"id", "changeKey", "createdDateTime", "lastModifiedDateTime"})
_SEARCHED = ("displayName", "fileAs", "companyName", "jobTitle", "emailAddresses")


def _expand_children(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    del row
    lens = Lens(replace(call, query=options), FOLDER_VIEW)
    children = call.world.outlook.contacts.folders_in(mailbox(call), key)
    return [lens.show(child["id"], child) for child in children]


def _search(text: str, rows: Rows) -> Rows:
    """Those in whose names or addresses all of the words stand."""
    words = text.replace('"', " ").lower().split()
    for key, row in rows:
        known = " ".join(str(row.get(name) or "") for name in _SEARCHED).lower()
        if all(word in known for word in words):
            yield key, row


VIEW = View(kind=CONTACT, expands={name.lower(): extended(name) for name in EXTENDED_NAMES.split()})
FOLDER_VIEW = View(
    kind=CONTACT_FOLDER,
    expands={"childfolders": _expand_children},
    has_etag=False,
    has_two_ids=False,
)
_LISTING = Listing(view=VIEW, order="createdDateTime desc", search=_search)
_FOLDER_LISTING = Listing(view=FOLDER_VIEW, order="displayName")


@routes.on("GET", *paths.CONTACTS, needs=_READ)
def list_contacts(call: Call) -> Answer:
    """The contacts of a folder, not of those in it."""
    return collection(call, _LISTING, _context(call), _rows(call))


@routes.on("GET", *paths.below(paths.CONTACTS, "$count"), needs=_READ)
def count_contacts(call: Call) -> Answer:
    """How many there are in a folder."""
    return count(call, _LISTING, _rows(call))


@routes.on("GET", *paths.CONTACT, needs=_READ)
def get_contact(call: Call) -> Answer:
    """One contact."""
    return _answer(call, found(call))


@routes.on("POST", *paths.CONTACTS, needs=_WRITE)
def create_contact(call: Call) -> Answer:
    """A new contact."""
    box, given = mailbox(call), _written(call)
    folder = call.params.get("folder", "")
    return _answer(call, call.world.outlook.contacts.create(box, given, folder=folder), status=201)


@routes.on("PATCH", *paths.CONTACT, needs=_WRITE)
def update_contact(call: Call) -> Answer:
    """A changed contact."""
    box, key = mailbox(call), found(call)
    check_match(call, box.contacts.rows[key])
    call.world.outlook.contacts.update(box, key, _written(call))
    return _answer(call, key)


@routes.on("DELETE", *paths.CONTACT, needs=_WRITE)
@routes.on("POST", *paths.below(paths.CONTACT, "permanentDelete"), needs=_WRITE)
def delete_contact(call: Call) -> Answer:
    """A contact gone."""
    call.world.outlook.contacts.remove(mailbox(call), found(call))
    return NOTHING


@routes.on("GET", *_FOLDER_LISTS, needs=_READ)
def list_folders(call: Call) -> Answer:
    """The folders in a folder. The default one stands above them all, and is not listed."""
    return collection(call, _FOLDER_LISTING, _folders(call), _folder_rows(call))


@routes.on("GET", *(f"{path}/$count" for path in _FOLDER_LISTS), needs=_READ)
def count_folders(call: Call) -> Answer:
    """How many there are."""
    return count(call, _FOLDER_LISTING, _folder_rows(call))


@routes.on("GET", *paths.CONTACT_FOLDERS, needs=_READ)
def get_folder(call: Call) -> Answer:
    """One folder."""
    return _folder(call, folder_id(call))


@routes.on("POST", *_FOLDER_LISTS, needs=_WRITE)
def create_folder(call: Call) -> Answer:
    """A new folder."""
    box, given = mailbox(call), OUTLOOK.read(CONTACT_FOLDER, call.json())
    parent = folder_id(call)
    if "folder" not in call.params and given.get("parentFolderId"):
        parent = box.contact_folder_id(str(given["parentFolderId"]))
    name = str(given.get("displayName") or "")
    row = call.world.outlook.contacts.create_folder(box, name, parent=parent)
    return _folder(call, row["id"], status=201)


@routes.on("PATCH", *paths.CONTACT_FOLDERS, needs=_WRITE)
def update_folder(call: Call) -> Answer:
    """A folder under another name or in another place."""
    given = OUTLOOK.read(CONTACT_FOLDER, call.json())
    changes = {name: value for name, value in given.items() if name != "id" and value}
    id_ = folder_id(call)
    call.world.outlook.contacts.update_folder(mailbox(call), id_, changes)
    return _folder(call, id_)


@routes.on("DELETE", *paths.CONTACT_FOLDERS, needs=_WRITE)
@routes.on("POST", *paths.below(paths.CONTACT_FOLDERS, "permanentDelete"), needs=_WRITE)
def delete_folder(call: Call) -> Answer:
    """A folder gone, with all that lay in it."""
    call.world.outlook.contacts.remove_folder(mailbox(call), folder_id(call))
    return NOTHING


def folder_id(call: Call) -> str:
    """The id of the folder that the path names, of the default one where it names none."""
    return mailbox(call).contact_folder_id(call.params.get("folder", "contacts"))


def found(call: Call) -> str:
    """The key of the contact that the path names, which lies in the folder that it names."""
    box = mailbox(call)
    key = box.key_of(box.contacts, call.params["contact"])
    if "folder" in call.params and box.contacts.rows[key]["parentFolderId"] != folder_id(call):
        raise missing(call.params["contact"])
    return key


def _written(call: Call) -> dict[str, Any]:
    given = OUTLOOK.read(CONTACT, call.json())
    return {name: value for name, value in given.items() if name not in _READ_ONLY}


def _rows(call: Call) -> list[tuple[str, Row]]:
    place = folder_id(call)
    rows = mailbox(call).contacts.backwards()
    return [(key, row) for key, row in rows if row["parentFolderId"] == place]


def _folder_rows(call: Call) -> list[tuple[str, Row]]:
    rows = call.world.outlook.contacts.folders_in(mailbox(call), folder_id(call))
    return [(row["id"], row) for row in rows]


def _context(call: Call) -> str:
    folder = call.params.get("folder")
    place = f"/contactFolders('{folder}')" if folder else ""
    return f"{owner(call)}{place}/contacts"


def _folders(call: Call) -> str:
    folder = call.params.get("folder")
    place = f"('{folder}')/childFolders" if folder else ""
    return f"{owner(call)}/contactFolders{place}"


def _answer(call: Call, key: str, *, status: int = 200) -> Answer:
    row = mailbox(call).contacts.rows[key]
    return answered(call, VIEW, f"{owner(call)}/contacts", key, row, status=status)


def _folder(call: Call, id_: str, *, status: int = 200) -> Answer:
    row = mailbox(call).contact_folders.rows[id_]
    context = f"{owner(call)}/contactFolders"
    return answered(call, FOLDER_VIEW, context, id_, row, status=status)
