"""What Heliograph knows of one subscription of its own.

Which ones there should be stands in `wishes`, which of Graph's are ours in `inventory`, and what
must be done so that the two agree in `planning`.
"""

from datetime import UTC, datetime, timedelta

import msgspec

REPLACED_STAYS = timedelta(hours=5)
"""Graph repeats a notification for 4 hours, so a replaced registration is known a while longer."""

_ESCAPED = str.maketrans({"%": "%25", "&": "%26", "#": "%23", "+": "%2B"})


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Heliograph knows of one subscription of its own. Stored before Graph is asked.

    Times are milliseconds since 1970. *owner* is the user of a mailbox resource as the wish names
    him, an id or a UPN. *resource* has no query. A replaced registration stays valid for 5 hours.
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
    subscription_id: str | None = None
    expires_at: int | None = None
    created_at: int = 0
    renewed_at: int | None = None
    replaced_at: int | None = None


def asked_resource(registration: Registration) -> str:
    """The path that Graph is asked for, with `$select` and `$filter` where there are such."""
    select = f"$select={','.join(registration.select)}" if registration.select else ""
    # Graph reads the rest as it stands; these would end the value, or mean something else in it.
    condition = registration.filter.translate(_ESCAPED)
    query = "&".join(filter(None, (select, f"$filter={condition}" if condition else "")))
    return f"{registration.resource}?{query}" if query else registration.resource


def moment(record: int) -> datetime:
    """The time that *record*, milliseconds since 1970, stands for."""
    return datetime.fromtimestamp(record / 1000, UTC)


def milliseconds(time: datetime) -> int:
    """*time* as a record holds it."""
    return round(time.timestamp() * 1000)
