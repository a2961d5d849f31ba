"""What can be made to go wrong while a simulator runs, and how often.

Shares are between 0 (never, the default) and 1 (always); times are in seconds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

FORGERIES = (
    *("client_state", "subscription_id", "tenant"),
    *("signature", "data", "certificate_id"),
    *("expired", "audience", "publisher", "token_tenant", "issuer"),
    *("unsigned", "foreign_key", "no_tokens"),
)
"""What a forged notification may lie about; the last three lines only in rich ones."""


@dataclass(slots=True, kw_only=True)
class Switches:
    """The state of all switches."""

    duplicated: float = 0.0
    """Share of notifications that are sent twice."""
    lost: float = 0.0
    """Share of notifications that are never sent."""
    late: float = 0.0
    """Share of notifications that wait for up to `late_by` before they go out."""
    late_by: float = 180.0
    disordered: bool = False
    """Send what goes out together in another order."""
    forged: tuple[str, ...] = ()
    """Send with each notification forged ones of the kinds in `FORGERIES`."""
    delta_empty_pages: bool = False
    """Begin each delta round with an empty page."""
    delta_replays: bool = False
    """Tell the last change of a delta round again in the next."""
    oldest_delta: float = 0.0
    """Delta tokens made before this time (seconds since 1970) have run out."""

    def turn(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Set what *wish* names; the state of all. Raises ValueError for what there is not."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in wish.items():
            if name == "forged" and not set(value) <= set(FORGERIES):
                raise ValueError(f"forged: some of {', '.join(FORGERIES)} are expected")
            if name not in known:
                raise ValueError(f"one of {', '.join(known)} is expected, got {name[:50]!r}")
            setattr(self, name, known[name](value))
        return asdict(self)
