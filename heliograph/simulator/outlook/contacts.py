"""Contacts: made, changed and removed in the folders of a mailbox."""

from collections.abc import Mapping
from typing import Any

from heliograph.simulator.outlook.mailboxes import Mailbox, Mailboxes
from heliograph.simulator.refusals import no_item
from heliograph.simulator.store import Row

_EMPTY: Mapping[str, Any] = {
    "birthday": None,
    "businessPhones": [],
    "homePhones": [],
    "mobilePhone": None,
    "emailAddresses": [],
    "imAddresses": [],
    "children": [],
    "companyName": None,
    "department": None,
    "givenName": None,
    "jobTitle": None,
    "surname": None,
    "homeAddress": {},
    "businessAddress": {},
    "otherAddress": {},
    "personalNotes": "",
}


class Contacts:
    """The contacts of all mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes

    def create(self, box: Mailbox, content: Mapping[str, Any], *, folder: str = "") -> str:
        """The key of a new contact."""
        place = folder or box.contacts_folder
        if place not in box.contact_folders:
            raise no_item()
        given = _given(content)
        names = (given.get("givenName"), given.get("surname"))
        row = {
            **_EMPTY,
            "displayName": " ".join(name for name in names if name),
            "fileAs": ", ".join(name for name in reversed(names) if name),
            **given,
            "parentFolderId": place,
        }
        return self._boxes.add(box, box.contacts, row)

    def update(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The contact with *changes* made."""
        return self._boxes.change(box.contacts, key, _given(changes))

    def remove(self, box: Mailbox, key: str) -> None:
        """Take the contact out of the mailbox."""
        self._boxes.remove(box, box.contacts, key)


def _given(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if "@odata" not in name}
