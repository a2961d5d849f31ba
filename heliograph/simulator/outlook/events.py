"""The events of calendars as they are stored: single ones, masters of series, exceptions.

What they mean to the people who are invited is said by `calendars`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from heliograph.simulator.clock import precise
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.series import (
    days,
    happens_on,
    occurrence,
    occurrence_id,
    parted,
)
from heliograph.simulator.outlook.times import moment
from heliograph.simulator.store import Row

Entry = tuple[str, Row]


class Events:
    """The events of all mailboxes. A key may be that of an occurrence, which is not stored."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes

    def find(self, box: Mailbox, id_: str) -> str:
        """The key of the event or occurrence with this id, in either form."""
        key = self.existing(box, id_)
        if key is None:
            raise missing(id_)
        return key

    def existing(self, box: Mailbox, id_: str) -> str | None:
        """As `find`, but None for what is not there."""
        key = box.keys.get(id_, id_)
        if key in box.events.rows:
            return key
        found = parted(id_)
        if found is None:
            return None
        master = box.keys.get(found[0], found[0])
        row = box.events.rows.get(master)
        if row is None or not row["recurrence"] or not happens_on(row, found[1]):
            return None
        return occurrence_id(master, found[1])

    def row(self, box: Mailbox, key: str) -> Row:
        """The event under *key*, stored or not."""
        found = box.events.rows.get(key)
        if found is not None:
            return found
        part = parted(key)
        if part is None or part[0] not in box.events.rows:
            raise missing(key)
        return occurrence(part[0], box.events.rows[part[0]], part[1])

    def add(self, box: Mailbox, row: Row) -> str:
        """The key of a new event."""
        now = self._now()
        fresh = {"createdDateTime": now, "lastModifiedDateTime": now}
        return self._boxes.add(box, box.events, {**row, **fresh})

    def amend(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The event with *changes* made; an occurrence becomes an exception by them."""
        touched = {**changes, "lastModifiedDateTime": self._now()}
        if key in box.events.rows:
            row = self._boxes.change(box.events, key, touched)
        else:
            row = {**self.row(box, key), **touched, "type": "exception"}
            row["changeKey"] = self._boxes.ids.change_key()
            box.keys[row["id"]] = key
            self._boxes.store.write(box.events, key, after=row)
        if row["type"] == "exception":
            self._boxes.change(box.events, row["seriesMasterKey"], {})
        return row

    def drop(self, box: Mailbox, key: str) -> None:
        """Take the event out of the calendar, a series with all that belongs to it."""
        row = self.row(box, key)
        if row["type"] == "seriesMaster":
            self.forget_exceptions(box, key)
        if key in box.events.rows:
            self._boxes.remove(box, box.events, key)
        if row.get("seriesMasterKey") in box.events.rows:
            self._cancel_day(box, row["seriesMasterKey"], key)

    def forget_exceptions(self, box: Mailbox, key: str) -> None:
        """Take the exceptions of a series out, as when its pattern changes."""
        for each, _ in self.exceptions(box, key):
            self._boxes.remove(box, box.events, each)

    def exceptions(self, box: Mailbox, key: str) -> list[Entry]:
        """The exceptions of the series under *key*."""
        rows = box.events.rows.items()
        return [(each, row) for each, row in rows if row.get("seriesMasterKey") == key]

    def between(
        self, box: Mailbox, start: datetime, end: datetime, *, calendar: str
    ) -> list[Entry]:
        """What touches the time between in one calendar: events, exceptions and occurrences."""
        found: list[Entry] = []
        for key, row in box.events.rows.items():
            if row["calendarId"] != calendar:
                continue
            if row["recurrence"]:
                found += self._occurrences(box, key, start, end)
            elif touches(row, start, end):
                found.append((key, row))
        return found

    def instances(self, box: Mailbox, key: str, start: datetime, end: datetime) -> list[Entry]:
        """The occurrences and exceptions of the series under *key* in the time between."""
        changed = [entry for entry in self.exceptions(box, key) if touches(entry[1], start, end)]
        return [*self._occurrences(box, key, start, end), *changed]

    def copy_of(self, box: Mailbox, calendar_id: str) -> str | None:
        """The key of the event that shares *calendar_id*; None where there is none."""
        rows = box.events.rows.items()
        return next((key for key, row in rows if row["iCalUId"] == calendar_id), None)

    def _occurrences(
        self, box: Mailbox, key: str, start: datetime, end: datetime
    ) -> Iterator[Entry]:
        master = box.events.rows[key]
        for day in days(master, start, end):
            each = occurrence_id(key, day)
            if each not in box.events.rows:
                yield each, occurrence(key, master, day)

    def _cancel_day(self, box: Mailbox, master: str, key: str) -> None:
        day = _day(key)
        row = box.events.rows[master]
        gone = (*(row.get("cancelledDates") or ()), day.isoformat())
        shown = [f"OID.{row['id']}.{each}" for each in gone]
        self._boxes.change(
            box.events, master, {"cancelledDates": gone, "cancelledOccurrences": shown}
        )

    def _now(self) -> str:
        return precise(self._boxes.clock.now())


def touches(row: Row, start: datetime, end: datetime) -> bool:
    """Whether the event takes place, at least in part, in the time between."""
    begins, ends = moment(row["start"]), moment(row["end"])
    return begins < end and (ends > start or begins == ends == start)


def _day(key: str) -> date:
    found = parted(key)
    assert found is not None, "only occurrences have a day"  # noqa: S101 (a mistake of ours)
    return found[1]
