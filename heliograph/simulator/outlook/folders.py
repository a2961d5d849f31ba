"""Mail folders: made, renamed, moved, copied, removed; and the counts of what lies in them.

The counts are columns of the folder, kept by following every write of a message: a folder's row
changes whenever they do, and delta tells of it.
"""

from collections.abc import Iterator, Mapping

from heliograph.simulator.outlook.furniture import new_folder
from heliograph.simulator.outlook.mailbox import Mailbox, content_of
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Event, Row


class Folders:
    """The mail folders of all mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes
        boxes.store.listen(self._count)

    def create(self, box: Mailbox, name: str, *, parent: str, is_hidden: bool = False) -> Row:
        """A new folder in *parent*."""
        self._check_name(box, name, parent)
        row = new_folder(self._boxes.ids, name, parent=parent, is_hidden=is_hidden)
        self._write(box, row["id"], row)
        self._add(box, parent, {"childFolderCount": 1})
        return row

    def rename(self, box: Mailbox, id_: str, name: str) -> Row:
        """The folder under another name."""
        row = box.folders.rows[id_]
        if name.lower() != row["displayName"].lower():
            self._check_distinguished(box, id_, "Rename")
            self._check_name(box, name, row["parentFolderId"])
        after = {**row, "displayName": name}
        self._write(box, id_, after)
        return after

    def move(self, box: Mailbox, id_: str, parent: str) -> Row:
        """The folder in another one, under the same id."""
        self._check_distinguished(box, id_, "Move")
        row = box.folders.rows[id_]
        if parent in {id_, *self._below(box, id_)}:
            raise Refused(400, "ErrorMoveCopyFailed", "The move or copy operation failed.")
        self._check_name(box, row["displayName"], parent)
        self._add(box, row["parentFolderId"], {"childFolderCount": -1})
        after = {**row, "parentFolderId": parent}
        self._write(box, id_, after)
        self._add(box, parent, {"childFolderCount": 1})
        return after

    def copy(self, box: Mailbox, id_: str, parent: str) -> Row:
        """A copy of the folder in *parent*, with copies of all that lies in it."""
        source = box.folders.rows[id_]
        children = self.children(box, id_)
        inside = [row for row in box.messages.rows.values() if row["parentFolderId"] == id_]
        made = self.create(box, source["displayName"], parent=parent)["id"]
        for row in inside:
            self._boxes.add(box, box.messages, {**content_of(row), "parentFolderId": made})
        for child in children:
            self.copy(box, child["id"], made)
        return box.folders.rows[made]

    def remove(self, box: Mailbox, id_: str) -> None:
        """Take the folder out of the mailbox, with all that lies in it."""
        self._check_distinguished(box, id_, "Delete")
        parent = box.folders.rows[id_]["parentFolderId"]
        gone = [*self._below(box, id_), id_]
        for key, row in list(box.messages.rows.items()):
            if row["parentFolderId"] in gone:
                self._boxes.remove(box, box.messages, key)
        for each in gone:
            self._write(box, each, None)
        self._add(box, parent, {"childFolderCount": -1})

    def children(self, box: Mailbox, parent: str) -> list[Row]:
        """The folders that lie in *parent* itself."""
        return [row for row in box.folders.rows.values() if row["parentFolderId"] == parent]

    def _below(self, box: Mailbox, id_: str) -> Iterator[str]:
        for row in self.children(box, id_):
            yield from self._below(box, row["id"])
            yield row["id"]

    def _write(self, box: Mailbox, id_: str, row: Row | None) -> None:
        self._boxes.store.write(box.folders, id_, after=row)

    def _add(self, box: Mailbox, id_: str, counts: Mapping[str, int]) -> None:
        row = box.folders.rows.get(id_)
        changed = {name: count for name, count in counts.items() if count}
        if row is not None and changed:
            sums = {name: row[name] + count for name, count in changed.items()}
            self._write(box, id_, {**row, **sums})

    def _count(self, event: Event) -> None:
        """Follow a write of a message."""
        if event.kind != "messages":
            return
        box = self._boxes.owned_by(event.owner)
        before, after = _counted(event.before), _counted(event.after)
        for folder in {**before, **after}:
            was, is_ = before.get(folder, _NOTHING), after.get(folder, _NOTHING)
            self._add(box, folder, {name: is_[name] - was[name] for name in _NOTHING})

    def _check_name(self, box: Mailbox, name: str, parent: str) -> None:
        if not name.strip():
            raise Refused(400, "ErrorInvalidFolderName", "The folder name is not valid.")
        if any(row["displayName"].lower() == name.lower() for row in self.children(box, parent)):
            raise Refused(
                409, "ErrorFolderExists", "A folder with the specified name already exists."
            )

    def _check_distinguished(self, box: Mailbox, id_: str, what: str) -> None:
        if id_ in box.well_known.values():
            raise Refused(
                403 if what == "Delete" else 400,
                f"Error{what}DistinguishedFolder",
                f"Distinguished folders cannot be {_PAST[what]}.",
            )


_PAST = {"Delete": "deleted", "Rename": "renamed", "Move": "moved"}
_NOTHING = {"totalItemCount": 0, "unreadItemCount": 0}


def _counted(row: Row | None) -> dict[str, dict[str, int]]:
    """What one message adds to the counts of its folder."""
    if row is None:
        return {}
    counts = {"totalItemCount": 1, "unreadItemCount": int(not row["isRead"])}
    return {row["parentFolderId"]: counts}
