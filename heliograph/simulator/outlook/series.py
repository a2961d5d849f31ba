"""Series of events: their occurrences, which are not stored, and those that are, the exceptions.

An occurrence's id is that of its master and its day: so it is found without having been stored,
and keeps its id when it becomes an exception.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from heliograph.simulator.outlook.recurrence import dates
from heliograph.simulator.outlook.times import in_utc, moment, wall, written
from heliograph.simulator.outlook.zones import zone
from heliograph.simulator.store import Row

_MARK = "FRAAgI"
_ID = re.compile(rf"(?P<master>.+){_MARK}(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)\Z")


def occurrence_id(master: str, day: date) -> str:
    """The id of the occurrence on *day* of the series with this id, in the form of the latter."""
    return f"{master}{_MARK}{day:%Y%m%d}"


def parted(id_: str) -> tuple[str, date] | None:
    """The id of the master and the day in the id of an occurrence; None for any other id."""
    match = _ID.match(id_)
    if match is None:
        return None
    try:
        return match["master"], date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None


def days(master: Row, start: datetime, end: datetime) -> Iterator[date]:
    """The days of the occurrences that touch the time between, but for those that were removed."""
    begins, length = _wall_start(master), _length(master)
    gone = set(master.get("cancelledDates") or ())
    for day in dates(master["recurrence"], until=(end + timedelta(days=1)).date()):
        if day.isoformat() not in gone:
            at = _moment(master, datetime.combine(day, begins.time()))
            if at < end and at + length > start:
                yield day


def happens_on(master: Row, day: date) -> bool:
    """Whether the series has an occurrence on *day*."""
    if day.isoformat() in (master.get("cancelledDates") or ()):
        return False
    return any(found == day for found in dates(master["recurrence"], until=day))


def occurrence(key: str, master: Row, day: date) -> dict[str, Any]:
    """The occurrence on *day* of the *master* under *key*, as a row."""
    times = times_on(master, day)
    own = {"recurrence", "cancelledDates", "cancelledOccurrences", "transactionId"}
    return {
        **{name: value for name, value in master.items() if name not in own},
        **times,
        "recurrence": None,
        "id": occurrence_id(master["id"], day),
        "iCalUId": _of_day(master["iCalUId"], day),
        "type": "occurrence",
        "seriesMasterId": master["id"],
        "seriesMasterKey": key,
        "originalStart": f"{times['start']['dateTime'][:19]}Z",
    }


def first_times(row: Row) -> dict[str, Any]:
    """The start and the end of the first occurrence of the series in *row*."""
    return times_on(row, next(dates(row["recurrence"])))


def times_on(master: Row, day: date) -> dict[str, Any]:
    """The start and the end of the occurrence on *day*."""
    begins, length = _wall_start(master), _length(master)
    at = datetime.combine(day, begins.time())
    if master["isAllDay"]:
        return {"start": written(at, "UTC"), "end": written(at + length, "UTC")}
    first = _moment(master, at)
    return {"start": in_utc(first), "end": in_utc(first + length)}


def _of_day(calendar_id: str, day: date) -> str:
    """A calendar id as that of one occurrence: its day stands where others have zeros."""
    return f"{calendar_id[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{calendar_id[40:]}"


def _wall_start(master: Row) -> datetime:
    if master["isAllDay"]:
        return wall(master["start"])
    local = moment(master["start"]).astimezone(zone(_zone(master)))
    return local.replace(tzinfo=None)


def _moment(master: Row, at: datetime) -> datetime:
    place = UTC if master["isAllDay"] else zone(_zone(master))
    return at.replace(tzinfo=place).astimezone(UTC)


def _length(master: Row) -> timedelta:
    return moment(master["end"]) - moment(master["start"])


def _zone(master: Row) -> str:
    return str(master["recurrence"]["range"]["recurrenceTimeZone"])
