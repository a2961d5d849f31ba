"""The tables of the audit log, and how entries are selected from them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    select,
)

from heliograph.audit.entry import stamp

metadata = MetaData()

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

ENTRIES = Table(
    "audit_entries",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
    Column("change_id", String(64), nullable=False, unique=True),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("actor", Text),
    Column("observed_at", String(24), nullable=False, index=True),
    Column("recorded_at", String(24), nullable=False),
    Column("record", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

HEAD = Table(
    "audit_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("sequence", _SEQUENCE, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: the end of the chain, so that entries cut off at the end are missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which entries: those that agree with everything that is not None, newest first."""

    tenant: str | None = None
    kind: str | None = None
    what: str | None = None
    subject: str | None = None
    actor: str | None = None
    since: datetime | None = None
    """Observed at this time or later."""
    until: datetime | None = None
    """Observed before this time."""
    limit: int | None = None

    def query(self, *, below: int | None, page: int) -> Select[Any]:
        """At most *page* entries, the newest first; with *below* those before that sequence."""
        entries = ENTRIES.c
        query = select(entries.sequence, entries.record).order_by(entries.sequence.desc())
        for name in ("tenant", "kind", "what", "subject", "actor"):
            wanted = getattr(self, name)
            if wanted is not None:
                query = query.where(entries[name] == wanted)
        if self.since is not None:
            query = query.where(entries.observed_at >= stamp(self.since))
        if self.until is not None:
            query = query.where(entries.observed_at < stamp(self.until))
        if below is not None:
            query = query.where(entries.sequence < below)
        return query.limit(page)
