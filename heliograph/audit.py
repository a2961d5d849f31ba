"""The audit log: what changed and what Heliograph did, in a chain of hashes.

SQLite by default, PostgreSQL by URL. Entries are appended under a lock of the database, so that
several workers keep one chain, and are unique by the id of their change. Nothing is ever updated.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.pool import NullPool

from heliograph.changes import Change
from heliograph.errors import AuditChainBroken

GENESIS = "0" * 64
"""What the first entry holds in place of the hash of one before."""

_PAGE = 1_000
_LOCK = 0x68656C696F  # of PostgreSQL's advisory locks: "helio"

_metadata = MetaData()
_entries = Table(
    "audit_entries",
    _metadata,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("change_id", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False, index=True),
    Column("record", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The chain holds: *count* entries, the last of which has the hash *head*."""

    count: int
    head: str


class AuditStore:
    """One audit log. `async with AuditStore.open(url) as store`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["AuditStore"]:
        """The log at the SQLAlchemy *url*; its table is made where there is none."""
        engine = _engine(url)
        store = cls(engine)
        try:
            await asyncio.to_thread(store._create)
            yield store
        finally:
            engine.dispose()

    async def append(self, entries: Iterable[AuditEntry]) -> int:
        """Writes *entries* in order, in one transaction; how many were new by their change."""
        return await asyncio.to_thread(self._append, list(entries))

    async def verify(self) -> Proof:
        """Proves the chain. Raises AuditChainBroken, which names the first broken entry."""
        return await asyncio.to_thread(self._verify)

    async def entries(
        self, *, kind: str | None = None, limit: int | None = None
    ) -> AsyncIterator[AuditEntry]:
        """Entries, newest first."""
        query = select(_entries.c.record).order_by(_entries.c.sequence.desc())
        if kind is not None:
            query = query.where(_entries.c.kind == kind)
        if limit is not None:
            query = query.limit(limit)
        for (record,) in await asyncio.to_thread(self._rows, query):
            yield msgspec.json.decode(record, type=AuditEntry)

    def _create(self) -> None:
        with self._locked() as connection:
            _metadata.create_all(connection)

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """A transaction that no other writer of the log shares."""
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection

    def _append(self, entries: Sequence[AuditEntry]) -> int:
        with self._locked() as connection:
            known = _known(connection, [entry.change_id for entry in entries])
            last = connection.execute(
                select(_entries.c.sequence, _entries.c.hash)
                .order_by(_entries.c.sequence.desc())
                .limit(1)
            ).first()
            sequence, previous = (last.sequence, last.hash) if last else (0, GENESIS)
            rows: list[dict[str, Any]] = []
            for entry in entries:
                if entry.change_id in known:
                    continue
                known.add(entry.change_id)
                sequence += 1
                row = _row(entry, sequence, previous)
                previous = row["hash"]
                rows.append(row)
            if rows:
                connection.execute(_entries.insert(), rows)
            return len(rows)

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _verify(self) -> Proof:
        count, head = 0, GENESIS
        while True:
            page = self._rows(
                select(_entries)
                .where(_entries.c.sequence > count)
                .order_by(_entries.c.sequence)
                .limit(_PAGE)
            )
            for row in page:
                head = _check(row, expected=count + 1, previous=head)
                count += 1
            if len(page) < _PAGE:
                return Proof(count=count, head=head)


def _engine(url: str) -> Engine:
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    # A connection is used by one thread at a time, and is cheap to make.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's connection)
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Connection) -> None:
    # The write lock is taken first: two appends that both read the head would fork the chain.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _known(connection: Connection, change_ids: Sequence[str]) -> set[str]:
    query = select(_entries.c.change_id).where(_entries.c.change_id.in_(change_ids))
    return set(connection.scalars(query))


def _row(entry: AuditEntry, sequence: int, previous: str) -> dict[str, Any]:
    record = _encode(entry).decode()
    row = {
        "sequence": sequence,
        "change_id": entry.change_id,
        "kind": entry.kind,
        "record": record,
        "previous": previous,
    }
    return {**row, "hash": _hash(row)}


def _hash(row: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of all columns but the hash itself."""
    return sha256(_encode(row)).hexdigest()


def _check(row: Row[Any], *, expected: int, previous: str) -> str:
    columns = row._asdict()
    stored = columns.pop("hash")
    if row.sequence != expected:
        raise AuditChainBroken(expected, f"missing, the next one is {row.sequence}")
    if row.previous != previous:
        raise AuditChainBroken(row.sequence, "does not hold the hash of the one before")
    if _hash(columns) != stored:
        raise AuditChainBroken(row.sequence, "was changed after it was written")
    record = msgspec.json.decode(row.record)
    if (record.get("change_id"), record.get("kind")) != (row.change_id, row.kind):
        raise AuditChainBroken(row.sequence, "its columns differ from its record")
    return str(stored)
