"""What every mailbox has from the beginning: folders, calendars, lists."""

from typing import Any

from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.mailbox import Mailbox

_ROOT = "msgfolderroot"
_MAIL_FOLDERS = (
    (_ROOT, "Top of Information Store", ""),
    ("inbox", "Inbox", _ROOT),
    ("drafts", "Drafts", _ROOT),
    ("sentitems", "Sent Items", _ROOT),
    ("deleteditems", "Deleted Items", _ROOT),
    ("junkemail", "Junk Email", _ROOT),
    ("archive", "Archive", _ROOT),
    ("outbox", "Outbox", _ROOT),
    ("conversationhistory", "Conversation History", _ROOT),
    ("clutter", "Clutter", _ROOT),
    ("scheduled", "Scheduled", _ROOT),
    ("syncissues", "Sync Issues", _ROOT),
    ("conflicts", "Conflicts", "syncissues"),
    ("localfailures", "Local Failures", "syncissues"),
    ("serverfailures", "Server Failures", "syncissues"),
    ("recoverableitemsdeletions", "Deletions", ""),
    ("searchfolders", "Finder", ""),
)
"""The well-known name of each folder, its display name, and the name of the folder it lies in."""

HIDDEN = frozenset({"clutter", "scheduled", "syncissues"})
"""They are listed only with `includeHiddenFolders`."""

GROUPS = {
    "My Calendars": "0006f0b7-0000-0000-c000-000000000046",
    "Other Calendars": "0006f0b8-0000-0000-c000-000000000046",
    "People's Calendars": "0006f0b9-0000-0000-c000-000000000046",
}
"""The calendar groups that are there by themselves, and their class ids."""


def furnish(box: Mailbox, ids: Ids, *, owner: dict[str, Any]) -> None:
    """Put into *box* what has always been there. *owner* is its name and address."""
    _put_folders(box, ids)
    groups = [
        {"id": ids.folder(), "name": name, "classId": class_id, "changeKey": ids.change_key()}
        for name, class_id in GROUPS.items()
    ]
    box.calendar_groups.load((str(row["id"]), row) for row in groups)
    calendar = new_calendar(ids, {"name": "Calendar"}, owner=owner, group=str(groups[0]["id"]))
    calendar |= {"isDefaultCalendar": True, "isRemovable": False}
    box.calendar = calendar["id"]
    box.calendars.load([(box.calendar, calendar)])
    box.contacts_folder = ids.folder()
    contacts = {
        "id": box.contacts_folder,
        "displayName": "Contacts",
        "parentFolderId": ids.folder(),
    }
    box.contact_folders.load([(box.contacts_folder, contacts)])
    lists = [
        new_task_list(ids, "Tasks", well_known="defaultList"),
        new_task_list(ids, "Flagged Emails", well_known="flaggedEmails"),
    ]
    box.task_list, box.flagged_list = (row["id"] for row in lists)
    box.task_lists.load((row["id"], row) for row in lists)


def new_folder(ids: Ids, name: str, *, parent: str, is_hidden: bool = False) -> dict[str, Any]:
    """A mail folder in which nothing lies."""
    return {
        "id": ids.folder(),
        "displayName": name,
        "parentFolderId": parent,
        "childFolderCount": 0,
        "unreadItemCount": 0,
        "totalItemCount": 0,
        "isHidden": is_hidden,
    }


def new_calendar(
    ids: Ids, given: dict[str, Any], *, owner: dict[str, Any], group: str
) -> dict[str, Any]:
    """A calendar of *owner* in a *group*."""
    return {
        "id": ids.folder(),
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": False,
        "changeKey": ids.change_key(),
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": True,
        "isRemovable": True,
        "owner": owner,
        "groupId": group,
        **given,
    }


def new_task_list(ids: Ids, name: str, *, well_known: str = "none") -> dict[str, Any]:
    """A list of tasks."""
    return {
        "id": ids.folder(),
        "displayName": name,
        "isOwner": True,
        "isShared": False,
        "wellknownListName": well_known,
        "changeKey": ids.change_key(),
    }


def _put_folders(box: Mailbox, ids: Ids) -> None:
    root = ids.folder()
    rows = {}
    for name, display, parent in _MAIL_FOLDERS:
        above = box.well_known.get(parent, root)
        row = new_folder(ids, display, parent=above, is_hidden=name in HIDDEN)
        box.well_known[name] = row["id"]
        rows[row["id"]] = row
        if above in rows:
            rows[above]["childFolderCount"] += 1
    box.folders.load(rows.items())
