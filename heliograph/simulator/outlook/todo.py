"""To Do: the lists and tasks of each mailbox's owner. Flagged mail stands in a list of its own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from heliograph.simulator.clock import precise
from heliograph.simulator.outlook.bodies import EMPTY
from heliograph.simulator.outlook.furniture import new_task_list
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.recurrence import checked, dates
from heliograph.simulator.outlook.times import in_utc, moment
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Event, Row

WRITABLE = frozenset(
    (
        *("title", "body", "status", "importance", "isReminderOn", "categories", "recurrence"),
        *("startDateTime", "dueDateTime", "reminderDateTime", "completedDateTime"),
    )
)
TIMES = ("startDateTime", "dueDateTime", "reminderDateTime", "completedDateTime")

_DONE = "completed"
_EMPTY: Mapping[str, Any] = {
    "title": "",
    "importance": "normal",
    "isReminderOn": False,
    "status": "notStarted",
    "hasAttachments": False,
    "body": EMPTY,
    "checklistItems": [],
    "linkedResources": [],
}

Part = Mapping[str, Any]


class Todo:
    """The lists and tasks of all mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes
        boxes.store.listen(self._mirror)

    def create_list(self, box: Mailbox, name: str) -> Row:
        """A new list."""
        _check_name(name)
        row = new_task_list(self._boxes.ids, name)
        self._boxes.store.write(box.task_lists, row["id"], after=row)
        return row

    def rename_list(self, box: Mailbox, id_: str, name: str) -> Row:
        """The list under another name."""
        _check_own(box.task_lists.rows[id_])
        _check_name(name)
        key = self._boxes.ids.change_key()
        after = {**box.task_lists.rows[id_], "displayName": name, "changeKey": key}
        self._boxes.store.write(box.task_lists, id_, after=after)
        return after

    def delete_list(self, box: Mailbox, id_: str) -> None:
        """Take the list out of the mailbox, with its tasks."""
        _check_own(box.task_lists.rows[id_])
        for key, row in list(box.tasks.rows.items()):
            if row["parentFolderId"] == id_:
                self._boxes.remove(box, box.tasks, key)
        self._boxes.store.write(box.task_lists, id_, after=None)

    def create(self, box: Mailbox, list_id: str, given: Mapping[str, Any]) -> str:
        """The key of a new task."""
        if not str(given.get("title") or "").strip():
            raise Refused(400, "ErrorInvalidRequest", "The title of a task is required.")
        now = precise(self._boxes.clock.now())
        row = {
            **_EMPTY,
            "createdDateTime": now,
            "lastModifiedDateTime": now,
            "bodyLastModifiedDateTime": now,
            **self._shaped(given, {}),
            "parentFolderId": list_id,
            "checklistItems": [self._step(one) for one in given.get("checklistItems") or ()],
            "linkedResources": [self._link(one) for one in given.get("linkedResources") or ()],
        }
        return self._boxes.add(box, box.tasks, _without_nulls(row))

    def update(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The task with *changes* made; of a series that is done the next one is there."""
        before = box.tasks.rows[key]
        shaped = self._shaped(changes, before)
        follows = shaped.get("status") == _DONE != before["status"] and before.get("recurrence")
        if follows:
            self._spawn(box, before)
            shaped["recurrence"] = None
        return self._write(box, key, shaped)

    def delete(self, box: Mailbox, key: str) -> None:
        """Take the task out of its list."""
        self._boxes.remove(box, box.tasks, key)

    def add_part(self, box: Mailbox, key: str, name: str, given: Part) -> Part:
        """A new entry in the `checklistItems` or `linkedResources` of a task."""
        made = (self._step if name == "checklistItems" else self._link)(given)
        self._write(box, key, {name: [*box.tasks.rows[key][name], made]})
        return made

    def part(self, box: Mailbox, key: str, name: str, id_: str) -> Part:
        """The entry with this id."""
        parts: Sequence[Part] = box.tasks.rows[key][name]
        found = next((one for one in parts if one["id"] == id_), None)
        if found is None:
            raise missing(id_)
        return found

    def change_part(
        self, box: Mailbox, key: str, name: str, id_: str, change: Callable[[Part], Part | None]
    ) -> None:
        """Put what *change* makes of the entry with this id in its place; nothing for None."""
        self.part(box, key, name, id_)
        parts = [change(one) if one["id"] == id_ else one for one in box.tasks.rows[key][name]]
        self._write(box, key, {name: [one for one in parts if one is not None]})

    def checked(self, part: Part, changes: Part) -> Part:
        """A step of a checklist with *changes* made: when it is checked, it says since when."""
        is_checked = bool(changes.get("isChecked", part["isChecked"]))
        now = precise(self._boxes.clock.now())
        since = part.get("checkedDateTime") or now
        stamp = {"checkedDateTime": since} if is_checked else {}
        kept = {name: value for name, value in part.items() if name != "checkedDateTime"}
        return {**kept, **changes, "isChecked": is_checked, **stamp}

    def _write(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        touched = {
            "changeKey": self._boxes.ids.change_key(),
            "lastModifiedDateTime": precise(self._boxes.clock.now()),
        }
        after = _without_nulls({**box.tasks.rows[key], **changes, **touched})
        self._boxes.store.write(box.tasks, key, after=after)
        return after

    def _shaped(self, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        shaped = {name: value for name, value in given.items() if name in WRITABLE}
        for name in TIMES:
            if shaped.get(name):
                shaped[name] = in_utc(moment(shaped[name]))
        now = self._boxes.clock.now()
        if "body" in shaped:
            shaped["bodyLastModifiedDateTime"] = precise(now)
        if shaped.get("status") == _DONE:
            shaped.setdefault("completedDateTime", before.get("completedDateTime") or in_utc(now))
        elif "status" in shaped:
            shaped["completedDateTime"] = None
        if shaped.get("reminderDateTime"):
            shaped.setdefault("isReminderOn", True)
        if shaped.get("recurrence"):
            due = shaped.get("dueDateTime", before.get("dueDateTime"))
            start = moment(due).date() if due else now.date()
            shaped["recurrence"] = checked(shaped["recurrence"], start=start, zone="UTC")
        return shaped

    def _spawn(self, box: Mailbox, done: Row) -> None:
        """The next task of a series: the same, due on the next day of the pattern."""
        due = done.get("dueDateTime")
        last = moment(due).date() if due else self._boxes.clock.now().date()
        following = next((day for day in dates(done["recurrence"]) if day > last), None)
        if following is None:
            return
        own = {"id", "changeKey", "createdDateTime", "completedDateTime", "lastModifiedDateTime"}
        fresh = {name: value for name, value in done.items() if name not in own}
        now = precise(self._boxes.clock.now())
        stamps = {"createdDateTime": now, "lastModifiedDateTime": now}
        steps = [self.checked(one, {"isChecked": False}) for one in done["checklistItems"]]
        row = {
            **fresh,
            **stamps,
            **_later(done, following - last, following),
            "checklistItems": steps,
        }
        self._boxes.add(box, box.tasks, row)

    def _step(self, given: Part) -> Part:
        _check_name(str(given.get("displayName") or ""))
        now = precise(self._boxes.clock.now())
        fresh = {"id": self._boxes.ids.guid(), "createdDateTime": now, "isChecked": False}
        return self.checked({**fresh, "displayName": given["displayName"]}, _own(given))

    def _link(self, given: Part) -> Part:
        names = ("webUrl", "applicationName", "displayName", "externalId")
        return {"id": self._boxes.ids.guid(), **{name: given.get(name) for name in names}}

    def _mirror(self, event: Event) -> None:
        """Follow a write of a message: flagged ones stand in a list of their own."""
        if event.kind != "messages" or _flag(event.before) == _flag(event.after):
            return
        box = self._boxes.owned_by(event.owner)
        rows = box.tasks.rows.items()
        task = next((key for key, row in rows if row.get("messageKey") == event.key), None)
        if event.after is None or _flag(event.after) == "notFlagged":
            if task is not None:
                self.delete(box, task)
        elif task is None:
            self._put_flagged(box, event.key, event.after)
        else:
            self.update(box, task, {"status": _status(event.after)})

    def _put_flagged(self, box: Mailbox, key: str, message: Row) -> None:
        now = precise(self._boxes.clock.now())
        link = {
            "webUrl": f"https://outlook.office365.com/owa/?ItemID={message['id']}&exvsurl=1",
            "applicationName": "Outlook",
            "displayName": message["subject"],
            "externalId": message["id"],
        }
        flag = message["flag"]
        given = {"title": message["subject"] or "(no subject)", "status": _status(message)}
        row = {
            **_EMPTY,
            "createdDateTime": now,
            "lastModifiedDateTime": now,
            **self._shaped({**flag, **given}, {}),
            "parentFolderId": box.flagged_list,
            "linkedResources": [self._link(link)],
            "messageKey": key,
        }
        self._boxes.add(box, box.tasks, _without_nulls(row))


def _flag(row: Row | None) -> str:
    return str(((row or {}).get("flag") or {}).get("flagStatus") or "notFlagged")


def _status(message: Row) -> str:
    return _DONE if _flag(message) == "complete" else "notStarted"


def _later(done: Row, by: timedelta, due: date) -> dict[str, Any]:
    """The times of *done* later by so much; due on that day in any case."""
    moved = {name: in_utc(moment(done[name]) + by) for name in TIMES[:3] if done.get(name)}
    return {"dueDateTime": {"dateTime": f"{due}T00:00:00.0000000", "timeZone": "UTC"}, **moved}


def _own(given: Part) -> Part:
    return {name: given[name] for name in ("displayName", "isChecked") if name in given}


def _without_nulls(row: Mapping[str, Any]) -> dict[str, Any]:
    """*row* without the dates and the recurrence that are not set: they are absent, not null."""
    unset = {*TIMES, "recurrence"}
    return {name: value for name, value in row.items() if value is not None or name not in unset}


def _check_name(name: str) -> None:
    if not name.strip():
        raise Refused(400, "ErrorInvalidRequest", "A displayName is expected.")


def _check_own(row: Row) -> None:
    if row["wellknownListName"] != "none":
        raise Refused(
            400,
            "ErrorInvalidRequest",
            "A list with a well-known name cannot be renamed or deleted.",
        )
