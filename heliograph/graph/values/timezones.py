"""Time zones by the names that Graph uses: those of Windows, and those of IANA.

Pure, but for the zone data that Python reads. The map between the names is the Unicode
Consortium's (CLDR), as `tzlocal` carries it; the rules come from the system or from `tzdata`.
"""

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import tz_win, win_tz

from heliograph.errors import Invalid

_IANA = {windows.lower(): iana for windows, iana in win_tz.items()}


@cache
def zone(name: str) -> tzinfo:
    """The zone called *name*, such as `W. Europe Standard Time` or `Europe/Berlin`.

    Raises Invalid where neither Windows nor IANA knows it.
    """
    if name.lower() in {"utc", "tzone://microsoft/utc"}:
        return UTC
    try:
        return ZoneInfo(_IANA.get(name.lower(), name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"expected a time zone of Windows or IANA, got {name[:80]!r}") from error


def windows_name(name: str) -> str:
    """What Windows calls the zone *name*. Raises Invalid where it does not know it.

    The working hours of a mailbox are in such a zone. Windows has fewer: several IANA zones with
    the same rules today share a name.
    """
    if name.lower() in _IANA:
        return name
    if not name or name not in tz_win:  # the table has a row for no name
        raise Invalid(f"expected a time zone that Windows knows, got {name[:80]!r}")
    return tz_win[name]


def instant(wall: str, name: str) -> datetime:
    """The instant in UTC at which the clocks of the zone *name* show *wall*, an ISO 8601 time.

    A time that they show twice is the first one. One that they leave out is counted from before
    the gap. So says RFC 5545, 3.3.5. Digits beyond microseconds are cut.
    """
    time = datetime.fromisoformat(wall)
    return (time if time.tzinfo else time.replace(tzinfo=zone(name))).astimezone(UTC)
