"""Mailboxes: their folders, and the two ids of what lies in them.

An item's key here is its immutable id; the default one is found by `key_of` and changes with the
folder. Mail, calendar and contacts keep their own rules in their own modules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heliograph.simulator.clock import Clock, stamp
from heliograph.simulator.directory import Directory
from heliograph.simulator.ids import Ids
from heliograph.simulator.refusals import no_item
from heliograph.simulator.store import Row, Store, Table

WELL_KNOWN = {
    "msgfolderroot": "Top of Information Store",
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
    "archive": "Archive",
    "outbox": "Outbox",
    "recoverableitemsdeletions": "Recoverable Items",
}
HIDDEN = frozenset({"msgfolderroot", "recoverableitemsdeletions"})


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """What one user has in Exchange."""

    owner: str
    folders: dict[str, Row] = field(default_factory=dict)
    well_known: dict[str, str] = field(default_factory=dict)
    contact_folders: dict[str, Row] = field(default_factory=dict)
    contacts_folder: str = ""
    calendar: str = ""
    messages: Table
    events: Table
    contacts: Table
    keys: dict[str, str] = field(default_factory=dict)

    def folder_id(self, name: str) -> str:
        """The id of the folder with this id or well-known name."""
        id_ = self.well_known.get(name.lower(), name)
        if id_ not in self.folders:
            raise no_item()
        return id_

    def key_of(self, table: Table, id_: str) -> str:
        """The key of the item with this id, in either form. Ids have case."""
        key = self.keys.get(id_, id_)
        if key not in table.rows:
            raise no_item()
        return key


class Mailboxes:
    """All mailboxes, made when first asked for; and the writing that is common to their items."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, directory: Directory) -> None:
        self.ids = ids
        self.clock = clock
        self.directory = directory
        self._store = store
        self._made: dict[str, Mailbox] = {}

    def of(self, user: str) -> Mailbox:
        """The mailbox of the living user with this id or name."""
        owner = self.directory.user_id(user)
        if owner not in self._made:
            self._made[owner] = self._make(owner)
        return self._made[owner]

    def count(self) -> int:
        """How many have been made so far."""
        return len(self._made)

    def add(self, box: Mailbox, table: Table, row: Row) -> str:
        """The key of *row*, entered as a new item with ids, times and a change key."""
        key, now = self.ids.immutable(), stamp(self.clock.now())
        item = {
            "id": self.ids.default(),
            "createdDateTime": now,
            "lastModifiedDateTime": now,
            "changeKey": self.ids.change_key(),
            "categories": [],
            **row,
        }
        box.keys[item["id"]] = key
        self._store.write(table, key, after=item)
        return key

    def change(self, table: Table, key: str, changes: Mapping[str, Any]) -> Row:
        """The item with *changes* made and a new change key."""
        after = {**table.rows[key], **changes, **self._touched()}
        self._store.write(table, key, after=after)
        return after

    def move(self, box: Mailbox, key: str, folder: str) -> Row:
        """The message in another *folder*: under the same key, with a new default id."""
        before = box.messages.rows[key]
        after = {
            **before,
            **self._touched(),
            "id": self.ids.default(),
            "parentFolderId": folder,
        }
        box.keys.pop(before["id"], None)
        box.keys[after["id"]] = key
        self._store.write(box.messages, key, after=after, what="moved")
        return after

    def remove(self, box: Mailbox, table: Table, key: str) -> None:
        """Take the item out of the mailbox for good."""
        box.keys.pop(table.rows[key]["id"], None)
        self._store.write(table, key, after=None)

    def _touched(self) -> dict[str, str]:
        return {
            "changeKey": self.ids.change_key(),
            "lastModifiedDateTime": stamp(self.clock.now()),
        }

    def _make(self, owner: str) -> Mailbox:
        box = Mailbox(
            owner=owner,
            contacts_folder=self.ids.folder(),
            calendar=self.ids.folder(),
            messages=Table("messages", owner=owner),
            events=Table("events", owner=owner),
            contacts=Table("contacts", owner=owner),
        )
        for name, display in WELL_KNOWN.items():
            root = box.well_known.get("msgfolderroot", "")
            box.well_known[name] = str(self.new_folder(box, display, parent=root)["id"])
        contacts = {"id": box.contacts_folder, "displayName": "Contacts", "parentFolderId": ""}
        box.contact_folders[box.contacts_folder] = contacts
        return box

    def new_folder(self, box: Mailbox, name: str, *, parent: str) -> Row:
        """A new mail folder in *box*."""
        id_ = self.ids.folder()
        row = {
            "id": id_,
            "displayName": name,
            "parentFolderId": parent,
            "isHidden": False,
        }
        box.folders[id_] = row
        return row
