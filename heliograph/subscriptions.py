"""What Heliograph knows of one subscription of its own.

Which ones there should be stands in `wishes`, which of Graph's are ours in `inventory`, and what
must be done so that the two agree in `planning`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

REPLACED_STAYS = timedelta(hours=5)
"""Graph repeats a notification for 4 hours, so a replaced registration is known a while longer."""

_ESCAPED = str.maketrans({"%": "%25", "&": "%26", "#": "%23", "+": "%2B"})


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Heliograph knows of one subscription of its own. Stored before Graph is asked.

    Times are milliseconds since 1970. *owner* is the user of a mailbox resource as the wish names
    him, an id or a UPN. *proof_id* names the key that made its clientState. *resource* has no
    query, *change_types* are sorted. A replaced registration stays valid for 5 hours.
    """

    id: str
    tenant_id: str
    client_id: str
    resource: str
    kind: str
    owner: str | None = None
    change_types: tuple[str, ...] = ()
    rich: bool = False
    select: tuple[str, ...] = ()
    filter: str = ""
    key_id: str | None = None
    proof_id: str = ""
    subscription_id: str | None = None
    expires_at: int | None = None
    created_at: int = 0
    renewed_at: int | None = None
    replaced_at: int | None = None


def asked_resource(resource: str, select: Iterable[str] = (), filter_: str = "") -> str:
    """The path that Graph is asked for, with `$select` and `$filter` where there are such."""
    chosen = ",".join(select)
    # Graph reads the rest as it stands; these would end the value, or mean something else in it.
    condition = filter_.translate(_ESCAPED)
    options = (f"$select={chosen}" if chosen else "", f"$filter={condition}" if condition else "")
    query = "&".join(filter(None, options))
    return f"{resource}?{query}" if query else resource


def moment(record: int) -> datetime:
    """The time that *record*, milliseconds since 1970, stands for."""
    return datetime.fromtimestamp(record / 1000, UTC)


def milliseconds(time: datetime) -> int:
    """*time* as a record holds it."""
    return round(time.timestamp() * 1000)
