"""The categories that a mailbox knows by name and color."""

from collections.abc import Mapping, Sequence
from typing import Any

from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Row

_FIRST = ("Red", "Orange", "Yellow", "Green", "Blue", "Purple")
_PRESETS = ("preset0", "preset1", "preset3", "preset4", "preset7", "preset8")


class Categories:
    """The categories of all mailboxes."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._of: dict[str, dict[str, Row]] = {}

    def all(self, box: Mailbox) -> Sequence[Row]:
        """The categories of *box*."""
        return list(self._known(box).values())

    def get(self, box: Mailbox, id_: str) -> Row:
        """The category with this id."""
        found = self._known(box).get(id_.lower())
        if found is None:
            raise no_item()
        return found

    def create(self, box: Mailbox, given: Mapping[str, Any]) -> Row:
        """A new category; its name is a new one."""
        name = str(given.get("displayName") or "")
        if not name:
            raise Refused(400, "ErrorInvalidRequest", "The displayName of a category is required.")
        known = self._known(box)
        if any(row["displayName"].lower() == name.lower() for row in known.values()):
            raise Refused(
                409, "ErrorItemExists", f"A category with the name '{name}' already exists."
            )
        return self._put(known, name, str(given.get("color") or "none"))

    def update(self, box: Mailbox, id_: str, color: str) -> Row:
        """The category in another color; its name stays."""
        row = {**self.get(box, id_), "color": color}
        self._known(box)[row["id"]] = row
        return row

    def delete(self, box: Mailbox, id_: str) -> None:
        """Forget the category."""
        del self._known(box)[self.get(box, id_)["id"]]

    def _known(self, box: Mailbox) -> dict[str, Row]:
        if box.owner not in self._of:
            self._of[box.owner] = {}
            for name, color in zip(_FIRST, _PRESETS, strict=True):
                self._put(self._of[box.owner], f"{name} category", color)
        return self._of[box.owner]

    def _put(self, known: dict[str, Row], name: str, color: str) -> Row:
        row = {"id": self._ids.guid(), "displayName": name, "color": color}
        known[row["id"]] = row
        return row
