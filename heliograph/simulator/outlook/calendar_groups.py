"""Calendars and the groups that they stand in: made, renamed, removed."""

from collections.abc import Mapping
from typing import Any

from heliograph.simulator.outlook.furniture import GROUPS, new_calendar
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row, Table

HEX_COLORS = {
    "auto": "",
    "lightBlue": "#a6d1f5",
    "lightGreen": "#87d28e",
    "lightOrange": "#fcab73",
    "lightGray": "#c0c0c0",
    "lightYellow": "#f2e384",
    "lightTeal": "#75d0d0",
    "lightPink": "#f3a6c6",
    "lightBrown": "#cba287",
    "lightRed": "#f88c9b",
    "maxColor": "",
}
"""What Outlook draws a calendar of each color with."""


class CalendarGroups:
    """The calendars and calendar groups of all mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes

    def calendar_id(self, box: Mailbox, id_: str | None) -> str:
        """The id of the calendar with this id, of the default one without."""
        return _known(box.calendars, box.calendar if id_ is None else id_)

    def group_id(self, box: Mailbox, id_: str) -> str:
        """The id of the group with this id."""
        return _known(box.calendar_groups, id_)

    def create(self, box: Mailbox, given: Mapping[str, Any], *, group: str | None) -> Row:
        """A new calendar in *group*, in the first one without."""
        name = str(given.get("name") or "")
        self._check_name(box.calendars, name)
        color = str(given.get("color") or "auto")
        row = new_calendar(
            self._boxes.ids,
            {**given, "color": color, "hexColor": HEX_COLORS[color]},
            owner=self._boxes.person(box)["emailAddress"],
            group=next(iter(box.calendar_groups.rows)) if group is None else group,
        )
        self._boxes.store.write(box.calendars, row["id"], after=row)
        return row

    def update(self, box: Mailbox, id_: str, changes: Mapping[str, Any]) -> Row:
        """The calendar with *changes* made; the default one is the default alone."""
        before = box.calendars.rows[id_]
        if changes.get("name", before["name"]).lower() != before["name"].lower():
            self._check_name(box.calendars, str(changes["name"]))
        after = {**before, **changes, "changeKey": self._boxes.ids.change_key()}
        after["hexColor"] = HEX_COLORS[after["color"]]
        self._boxes.store.write(box.calendars, id_, after=after)
        if changes.get("isDefaultCalendar") and id_ != box.calendar:
            self._make_default(box, id_)
        return box.calendars.rows[id_]

    def remove(self, box: Mailbox, id_: str) -> None:
        """Take the calendar out of the mailbox, with its events; the default one stays."""
        if not box.calendars.rows[id_]["isRemovable"]:
            text = "Distinguished folders cannot be deleted."
            raise Refused(400, "ErrorDeleteDistinguishedFolder", text)
        for key, row in list(box.events.rows.items()):
            if row["calendarId"] == id_:
                self._boxes.remove(box, box.events, key)
        self._boxes.store.write(box.calendars, id_, after=None)

    def create_group(self, box: Mailbox, name: str) -> Row:
        """A new group."""
        self._check_name(box.calendar_groups, name)
        ids = self._boxes.ids
        row = {
            "id": ids.folder(),
            "name": name,
            "classId": ids.guid(),
            "changeKey": ids.change_key(),
        }
        self._boxes.store.write(box.calendar_groups, row["id"], after=row)
        return row

    def rename_group(self, box: Mailbox, id_: str, name: str) -> Row:
        """The group under another name."""
        self._check_own(box, id_)
        self._check_name(box.calendar_groups, name)
        key = self._boxes.ids.change_key()
        after = {**box.calendar_groups.rows[id_], "name": name, "changeKey": key}
        self._boxes.store.write(box.calendar_groups, id_, after=after)
        return after

    def remove_group(self, box: Mailbox, id_: str) -> None:
        """Take an empty group out of the mailbox."""
        self._check_own(box, id_)
        if any(row["groupId"] == id_ for row in box.calendars.rows.values()):
            raise Refused(
                400,
                "ErrorCalendarGroupIsNotEmpty",
                "The calendar group is expected to hold no calendars.",
            )
        self._boxes.store.write(box.calendar_groups, id_, after=None)

    def _make_default(self, box: Mailbox, id_: str) -> None:
        for each, is_default in ((box.calendar, False), (id_, True)):
            row = box.calendars.rows[each]
            flags = {"isDefaultCalendar": is_default, "isRemovable": not is_default}
            self._boxes.store.write(box.calendars, each, after={**row, **flags})
        box.calendar = id_

    def _check_own(self, box: Mailbox, id_: str) -> None:
        if box.calendar_groups.rows[id_]["classId"] in GROUPS.values():
            text = "The calendar groups that are there by themselves cannot be changed."
            raise Refused(400, "ErrorInvalidRequest", text)

    def _check_name(self, table: Table, name: str) -> None:
        if not name.strip():
            raise Refused(400, "ErrorInvalidRequest", "A name is expected.")
        if any(row["name"].lower() == name.lower() for row in table.rows.values()):
            raise Refused(
                409,
                "ErrorFolderExists",
                "A folder with the specified name already exists., Could not create folder"
                f" '{name}'.",
            )


def _known(table: Table, id_: str) -> str:
    if id_ not in table.rows:
        raise missing(id_)
    return id_
