"""Times on the command line: RFC 3339, or how long ago: `90s`, `15m`, `24h`, `7d`."""

from datetime import UTC, datetime, timedelta

from heliograph.errors import HeliographError
from heliograph.settings.parse import Expected, duration

_LONGEST = timedelta(days=36_500)


class TimeInvalid(HeliographError):
    """A time cannot be understood."""


def moment(text: str, *, now: datetime) -> int:
    """Milliseconds since 1970 of *text*. Raises TimeInvalid."""
    try:
        return _milliseconds(now - duration(timedelta(), _LONGEST)(text))
    except Expected:
        pass
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        expected = "a time like 2026-11-24T09:00:00Z, or how long ago: 90s, 15m, 24h, 7d"
        raise TimeInvalid(f"expected {expected}, got {text!r:.60}") from None
    # Without an offset it is meant as people here read their clocks.
    return _milliseconds(parsed.astimezone())


def shown(milliseconds: int) -> str:
    """RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
