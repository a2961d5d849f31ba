"""Times as Graph writes them: with an offset, as a wall time of a zone, as a duration.

Pure. Heliograph's own are aware, and go out in UTC. https://learn.microsoft.com/graph/api/resources/datetimetimezone
"""

from datetime import UTC, datetime, timedelta


def utc(time: datetime) -> datetime:
    """The aware *time* in UTC. Raises ValueError for one without a zone, which names no instant."""
    if time.tzinfo is None:
        raise ValueError(f"a time with a zone is expected, not {time.isoformat()}")
    return time.astimezone(UTC)


def iso(time: datetime) -> str:
    """An aware *time* as parameters take it: `2026-11-23T09:15:00Z`."""
    return utc(time).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment(time: datetime) -> dict[str, str]:
    """An aware *time* as `start` and `end` of an event, and the dates of a task, take it."""
    wall = utc(time).replace(tzinfo=None)
    return {"dateTime": wall.isoformat(timespec="seconds"), "timeZone": "UTC"}


def duration(length: timedelta) -> str:
    """A *length* of time in ISO 8601: `PT1H30M`. Seconds are left out, as a meeting has none."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"PT{hours}H{minutes}M"
