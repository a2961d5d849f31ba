"""One mailbox: its tables, and how what lies in them is found by its ids."""

import re
from dataclasses import dataclass, field
from typing import Any

from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Row, Table

_ID = re.compile(r"[A-Za-z0-9_=+/-]+\Z")


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """What one user has in Exchange.

    An item's key in its table is its immutable id; *keys* finds it by the default one. *well_known*
    holds the ids of the mail folders that have such names, and the fields after it those of what
    each mailbox has from the beginning.
    """

    owner: str
    folders: Table
    messages: Table
    calendar_groups: Table
    calendars: Table
    events: Table
    contact_folders: Table
    contacts: Table
    task_lists: Table
    tasks: Table
    keys: dict[str, str] = field(default_factory=dict)
    well_known: dict[str, str] = field(default_factory=dict)
    calendar: str = ""
    contacts_folder: str = ""
    task_list: str = ""
    flagged_list: str = ""

    @classmethod
    def empty(cls, owner: str) -> "Mailbox":
        """A mailbox that holds nothing yet."""
        return cls(
            owner=owner,
            folders=Table("mailFolders", owner=owner),
            messages=Table("messages", owner=owner),
            calendar_groups=Table("calendarGroups", owner=owner),
            calendars=Table("calendars", owner=owner),
            events=Table("events", owner=owner),
            contact_folders=Table("contactFolders", owner=owner),
            contacts=Table("contacts", owner=owner),
            task_lists=Table("taskLists", owner=owner),
            tasks=Table("tasks", owner=owner),
        )

    def folder_id(self, name: str) -> str:
        """The id of the mail folder with this id or well-known name."""
        id_ = self.well_known.get(name.lower(), name)
        if id_ not in self.folders.rows:
            raise missing(name)
        return id_

    def contact_folder_id(self, name: str) -> str:
        """The id of the contact folder with this id; `contacts` is the one that always is."""
        id_ = self.contacts_folder if name.lower() == "contacts" else name
        if id_ not in self.contact_folders.rows:
            raise missing(name)
        return id_

    def task_list_id(self, id_: str) -> str:
        """The id of the list of tasks with this id."""
        if id_ not in self.task_lists.rows:
            raise missing(id_)
        return id_

    def key_of(self, table: Table, id_: str) -> str:
        """The key of the item with this id, in either form. Ids have case."""
        key = self.keys.get(id_, id_)
        if key not in table.rows:
            raise missing(id_)
        return key


def missing(id_: str) -> Refused:
    """404 for the id of what is not there, 400 for what is no id at all."""
    if _ID.match(id_):
        return no_item()
    return Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def content_of(row: Row) -> dict[str, Any]:
    """What a copy of an item takes over: all but its ids, its times and its change key."""
    own = {"id", "changeKey", "createdDateTime", "lastModifiedDateTime"}
    return {name: value for name, value in row.items() if name not in own}
