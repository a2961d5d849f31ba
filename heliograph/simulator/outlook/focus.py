"""The focused inbox: which senders a mailbox wants to see first, and which it does not."""

from collections.abc import Mapping, Sequence
from typing import Any

from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

_MOST = 1_000


class Focus:
    """The overrides of all mailboxes."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._of: dict[str, dict[str, Row]] = {}

    def all(self, box: Mailbox) -> Sequence[Row]:
        """The overrides of *box*."""
        return list(self._of.get(box.owner, {}).values())

    def create(self, box: Mailbox, given: Mapping[str, Any]) -> Row:
        """An override; of the same sender the one there is, changed."""
        known = self._of.setdefault(box.owner, {})
        address = _address(given)
        if not address or not given.get("classifyAs"):
            raise Refused(
                400,
                "ErrorInvalidRequest",
                "classifyAs and the address of senderEmailAddress are required.",
            )
        twin = next((row["id"] for row in known.values() if _address(row) == address), None)
        if twin is None and len(known) >= _MOST:
            raise Refused(400, "ErrorInvalidRequest", f"A mailbox has at most {_MOST} overrides.")
        id_ = twin or self._ids.guid()
        known[id_] = {**known.get(id_, {}), **given, "id": id_}
        return known[id_]

    def update(self, box: Mailbox, id_: str, word: str) -> Row:
        """The override, which says *word* from now on."""
        row = {**self._get(box, id_), "classifyAs": word}
        self._of[box.owner][id_] = row
        return row

    def delete(self, box: Mailbox, id_: str) -> None:
        """Forget the override."""
        self._get(box, id_)
        del self._of[box.owner][id_]

    def classify(self, box: Mailbox, sender: str) -> str:
        """What *box* says of mail from the address *sender*."""
        for row in self._of.get(box.owner, {}).values():
            if _address(row) == sender:
                return str(row["classifyAs"])
        return "focused"

    def _get(self, box: Mailbox, id_: str) -> Row:
        found = self._of.get(box.owner, {}).get(id_)
        if found is None:
            raise missing(id_)
        return found


def _address(row: Row) -> str:
    return str((row.get("senderEmailAddress") or {}).get("address") or "").lower()
