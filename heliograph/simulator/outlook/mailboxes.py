"""All mailboxes, made when first asked for, and the writing that is common to what lies in them.

Mail, calendars, contacts and tasks keep their own rules in their own modules.
"""

from collections.abc import Mapping
from typing import Any

from heliograph.simulator.clock import Clock, stamp
from heliograph.simulator.directory import Directory
from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.furniture import furnish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.people import recipient
from heliograph.simulator.refusals import Refused, no_mailbox
from heliograph.simulator.store import Row, Store, Table


class Mailboxes:
    """All mailboxes; and the writing that is common to their items."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, directory: Directory) -> None:
        self.ids = ids
        self.clock = clock
        self.directory = directory
        self.store = store
        self._made: dict[str, Mailbox] = {}

    def of(self, user: str) -> Mailbox:
        """The mailbox of the living user with this id or name. Refused where there is none."""
        owner = self.directory.user_id(user)
        if not self.directory.has_mailbox(owner):
            raise no_mailbox()
        if owner not in self._made:
            self._made[owner] = self._make(owner)
        return self._made[owner]

    def owned_by(self, owner: str) -> Mailbox:
        """The mailbox that has been made for the user with this id."""
        return self._made[owner]

    def reached_by(self, address: str) -> Mailbox | None:
        """The mailbox behind a mail address; None outside the tenant, or where there is none."""
        user = self.directory.by_address(address)
        try:
            return None if user is None else self.of(user)
        except Refused:
            return None

    def count(self) -> int:
        """How many have been made so far."""
        return len(self._made)

    def person(self, box: Mailbox) -> dict[str, Any]:
        """The owner of *box* as mail and meetings name people."""
        user = self.directory.users.rows[box.owner]
        return recipient(user["mail"], user["displayName"])

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
        self.store.write(table, key, after=item)
        return key

    def change(self, table: Table, key: str, changes: Mapping[str, Any]) -> Row:
        """The item with *changes* made and a new change key."""
        after = {**table.rows[key], **self._touched(), **changes}
        self.store.write(table, key, after=after)
        return after

    def move(self, box: Mailbox, table: Table, key: str, changes: Mapping[str, Any]) -> Row:
        """The item with *changes* made, in another place: under the same key, with a new id."""
        before = table.rows[key]
        after = {**before, **self._touched(), **changes, "id": self.ids.default()}
        box.keys.pop(before["id"], None)
        box.keys[after["id"]] = key
        self.store.write(table, key, after=after, what="moved")
        return after

    def remove(self, box: Mailbox, table: Table, key: str) -> None:
        """Take the item out of the mailbox for good."""
        box.keys.pop(table.rows[key]["id"], None)
        self.store.write(table, key, after=None)

    def _touched(self) -> dict[str, str]:
        return {
            "changeKey": self.ids.change_key(),
            "lastModifiedDateTime": stamp(self.clock.now()),
        }

    def _make(self, owner: str) -> Mailbox:
        box = Mailbox.empty(owner)
        furnish(box, self.ids, owner=self.person(box)["emailAddress"])
        return box
