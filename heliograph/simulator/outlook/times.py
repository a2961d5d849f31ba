"""Wall times with the name of their zone, as events and tasks hold them: dateTimeTimeZone.

Exchange answers them with seven digits of a second, in UTC unless the caller prefers a zone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from heliograph.simulator.outlook.zones import zone
from heliograph.simulator.refusals import Refused

NO_TIME = "0001-01-01T00:00:00Z"
"""What stands where something has not happened yet."""

Zoned = Mapping[str, Any]


def moment(value: Zoned) -> datetime:
    """The moment that *value* names, in UTC."""
    place = zone(zone_name(value))
    return _wall(value, place).replace(tzinfo=place).astimezone(UTC)


def wall(value: Zoned) -> datetime:
    """The time on the wall that *value* names, without a zone."""
    return _wall(value, zone(zone_name(value)))


def zone_name(value: Zoned) -> str:
    """The name of the zone in *value*. There must be one."""
    name = value.get("timeZone")
    zone(name if isinstance(name, str) else "")
    return str(name)


def in_utc(time: datetime) -> dict[str, str]:
    """*time* as it is stored and answered by default."""
    return in_zone(time, "UTC")


def in_zone(time: datetime, name: str) -> dict[str, str]:
    """*time* on the walls of the zone called *name*."""
    return written(time.astimezone(zone(name)).replace(tzinfo=None), name)


def written(time: datetime, name: str) -> dict[str, str]:
    """The wall *time* in the zone called *name*, with its seven digits."""
    return {"dateTime": f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}0", "timeZone": name}


def query_time(text: str) -> datetime:
    """The time in a query: its own offset counts, and UTC where it has none."""
    bare = text.strip().strip("'").replace(" ", "+")
    time = datetime.fromisoformat(bare)
    return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).astimezone(UTC)


def duration(text: str) -> timedelta:
    """The time span that *text* writes in ISO 8601, days to seconds, or as `h:mm:ss`."""
    if ":" in text:
        hours, minutes, seconds = (int(part) for part in text.split(":"))
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    days, _, rest = text.removeprefix("P").partition("T")
    total = timedelta(days=float(days.removesuffix("D") or 0))
    for unit, size in (("H", 3600), ("M", 60), ("S", 1)):
        head, found, tail = rest.partition(unit)
        if found:
            total += timedelta(seconds=float(head) * size)
            rest = tail
    return total


def _wall(value: Zoned, place: ZoneInfo) -> datetime:
    text = value.get("dateTime")
    try:
        time = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError as error:
        raise Refused(
            400,
            "ErrorPropertyValidationFailure",
            f"At least one property failed validation. The dateTime '{text}' is not valid.",
        ) from error
    # An offset that the caller wrote beside the zone's name counts.
    return time if time.tzinfo is None else time.astimezone(place).replace(tzinfo=None)
