"""Time zones by the names that Exchange takes: those of Windows, and those of the tz database."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

from heliograph.simulator.refusals import Refused


@cache
def zone(name: str) -> ZoneInfo:
    """The zone with this name, Windows' or the tz database's. Refused where there is none."""
    known = _by_name().get(name.strip().lower())
    if known is None:
        raise Refused(
            400,
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. The following TimeZone value is not"
            f" supported: '{name}'.",
        )
    return ZoneInfo(known)


@cache
def windows() -> tuple[str, ...]:
    """The zones of Windows, from west to east."""
    return tuple(sorted((name for name in win_tz if name), key=lambda name: (_minutes(name), name)))


@cache
def iana() -> tuple[str, ...]:
    """The zones of the tz database that are named after places."""
    return tuple(sorted(name for name in available_timezones() if "/" in name))


def offset(name: str) -> str:
    """How far the zone called *name* is from UTC outside of summer: `+01:00`."""
    minutes = _minutes(name)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _minutes(name: str) -> int:
    winter = datetime(2026, 1, 1, tzinfo=zone(name))
    distances = (winter.utcoffset(), winter.replace(month=7).utcoffset())
    return min(
        int(distance.total_seconds() // 60) for distance in distances if distance is not None
    )


@cache
def _by_name() -> dict[str, str]:
    return {
        **{name.lower(): name for name in available_timezones()},
        **{name.lower(): place for name, place in win_tz.items() if name},
        "tzone://microsoft/utc": "Etc/UTC",
    }
