"""One entry of the audit log, and its canonical form. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from heliograph.changes import Change

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change, as it is audited: who, what, when, on what, before and after.

    *actor* is None where nobody has told (yet). *notifications* are those that led to it. Times are
    UTC: when it was observed, and when it was written.
    """

    change_id: str
    tenant: str
    kind: str
    what: str
    subject: str
    """Graph's path of the resource: `users/{id}`, `users/{id}/messages/{id}`."""
    observed_at: datetime
    recorded_at: datetime
    actor: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    related: tuple[str, ...] = ()
    notifications: tuple[dict[str, Any], ...] = ()

    @classmethod
    def from_change(cls, change: Change, *, now: datetime | None = None) -> "AuditEntry":
        """The entry of *change*, written *now*."""
        return cls(
            change_id=change.change_id,
            tenant=change.tenant,
            kind=change.kind,
            what=change.what,
            subject=change.lane.resource,
            observed_at=datetime.fromtimestamp(change.observed_at / 1000, tz=UTC),
            recorded_at=now or datetime.now(UTC),
            actor=change.actor,
            before=change.before,
            after=change.after,
            changed=change.changed,
            related=change.related,
            notifications=tuple(msgspec.to_builtins(cause) for cause in change.causes),
        )


def columns(entry: AuditEntry) -> dict[str, str | None]:
    """*entry* as it is stored: its whole as canonical JSON, and what one searches by, as text."""
    record = _encode(entry).decode()
    return {
        "change_id": entry.change_id,
        "tenant": entry.tenant,
        "kind": entry.kind,
        "what": entry.what,
        "subject": entry.subject,
        "actor": entry.actor,
        "observed_at": stamp(entry.observed_at),
        "recorded_at": stamp(entry.recorded_at),
        "record": record,
    }


def decode(record: str) -> AuditEntry:
    """The entry whose canonical JSON is *record*. Raises msgspec.DecodeError."""
    return msgspec.json.decode(record, type=AuditEntry)


def stamp(moment: datetime) -> str:
    """*moment* as RFC 3339 in UTC, to the millisecond: such texts sort by time."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"
