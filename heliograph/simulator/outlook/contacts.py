"""Contacts: made, changed, moved and removed in the folders of a mailbox."""

from collections.abc import Mapping
from typing import Any

from heliograph.simulator.directory.photos import Photo, Photos
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

_TEXTS = (
    *("givenName", "middleName", "surname", "nickName", "initials", "title", "generation"),
    *("yomiGivenName", "yomiSurname", "yomiCompanyName"),
    *("companyName", "department", "jobTitle", "officeLocation", "profession"),
    *("manager", "assistantName", "businessHomePage", "mobilePhone", "spouseName", "birthday"),
)
_LISTS = ("businessPhones", "homePhones", "emailAddresses", "imAddresses", "children")
_ADDRESSES = ("homeAddress", "businessAddress", "otherAddress")
_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS),
    **{name: [] for name in _LISTS},
    **{name: {} for name in _ADDRESSES},
    "personalNotes": "",
}
_NAMES = frozenset({"givenName", "middleName", "surname", "companyName", "emailAddresses"})
_MOST_ADDRESSES = 3


class Contacts:
    """The contacts of all mailboxes, and the folders that they lie in."""

    def __init__(self, boxes: Mailboxes) -> None:
        self.photos = Photos()
        self._boxes = boxes

    def create(self, box: Mailbox, content: Mapping[str, Any], *, folder: str = "") -> str:
        """The key of a new contact."""
        given = _given(content)
        place = box.contact_folder_id(str(folder or given.get("parentFolderId") or "contacts"))
        row = {**_EMPTY, **_names(given), **given, "parentFolderId": place}
        return self._boxes.add(box, box.contacts, row)

    def update(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The contact with *changes* made; other names make another display name."""
        before, given = box.contacts.rows[key], _given(changes)
        if _NAMES & set(given):
            given = {**_names({**before, **given}), **given}
        place = given.get("parentFolderId", before["parentFolderId"])
        if place == before["parentFolderId"]:
            return self._boxes.change(box.contacts, key, given)
        given["parentFolderId"] = box.contact_folder_id(str(place))
        return self._boxes.move(box, box.contacts, key, given)

    def remove(self, box: Mailbox, key: str) -> None:
        """Take the contact out of the mailbox."""
        self.photos.put(key, None)
        self._boxes.remove(box, box.contacts, key)

    def put_photo(self, box: Mailbox, key: str, photo: Photo) -> None:
        """Give the contact a photo."""
        self.photos.put(key, photo)
        self._boxes.change(box.contacts, key, {})

    def create_folder(self, box: Mailbox, name: str, *, parent: str) -> Row:
        """A new folder in *parent*."""
        self._check_name(box, name, parent)
        row = {"id": self._boxes.ids.folder(), "parentFolderId": parent, "displayName": name}
        self._boxes.store.write(box.contact_folders, row["id"], after=row)
        return row

    def update_folder(self, box: Mailbox, id_: str, changes: Mapping[str, Any]) -> Row:
        """The folder under another name, in another folder, or both."""
        before = box.contact_folders.rows[id_]
        after = {**before, **changes}
        if after != before:
            self._check_own(box, id_)
            box.contact_folder_id(after["parentFolderId"])
            self._check_name(box, after["displayName"], after["parentFolderId"], id_)
            self._boxes.store.write(box.contact_folders, id_, after=after)
        return after

    def remove_folder(self, box: Mailbox, id_: str) -> None:
        """Take the folder out of the mailbox, with all that lies in it."""
        self._check_own(box, id_)
        for child in self.folders_in(box, id_):
            self.remove_folder(box, child["id"])
        for key, row in list(box.contacts.rows.items()):
            if row["parentFolderId"] == id_:
                self.remove(box, key)
        self._boxes.store.write(box.contact_folders, id_, after=None)

    def folders_in(self, box: Mailbox, parent: str) -> list[Row]:
        """The folders that lie in *parent* itself."""
        rows = box.contact_folders.rows.values()
        return [row for row in rows if row["parentFolderId"] == parent]

    def _check_own(self, box: Mailbox, id_: str) -> None:
        if id_ == box.contacts_folder:
            text = "Distinguished folders cannot be changed or deleted."
            raise Refused(400, "ErrorDeleteDistinguishedFolder", text)

    def _check_name(self, box: Mailbox, name: str, parent: str, own: str = "") -> None:
        if not name.strip():
            raise Refused(400, "ErrorInvalidFolderName", "The folder name is not valid.")
        for row in self.folders_in(box, parent):
            if row["id"] != own and row["displayName"].lower() == name.lower():
                raise Refused(
                    409, "ErrorFolderExists", "A folder with the specified name already exists."
                )


def _given(content: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in content.items() if "@odata" not in name}
    if len(given.get("emailAddresses") or ()) > _MOST_ADDRESSES:
        raise Refused(
            400,
            "ErrorInvalidRequest",
            f"A contact has at most {_MOST_ADDRESSES} emailAddresses.",
        )
    return given


def _names(row: Mapping[str, Any]) -> dict[str, str]:
    """The display name and the name to file it under, as Outlook makes them from the others."""
    first, last = row.get("givenName"), row.get("surname")
    addresses = [entry.get("address") for entry in row.get("emailAddresses") or ()]
    otherwise = next(filter(None, (row.get("companyName"), *addresses)), "")
    display = " ".join(filter(None, (first, row.get("middleName"), last)))
    before = " ".join(filter(None, (first, row.get("middleName"))))
    filed = ", ".join(filter(None, (last, before)))
    return {"displayName": display or otherwise, "fileAs": filed or otherwise}
