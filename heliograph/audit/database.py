"""The database under the audit log: how it is opened, locked and looked at. Knows no entries.

SQLAlchemy's errors end here, as AuditUnavailable, and without the values of any statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from heliograph.audit.tables import ENTRIES, metadata
from heliograph.errors import AuditUnavailable

_LOCK = 0x68656C696F  # of PostgreSQL's advisory locks: "helio"
_BUSY_SECONDS = 30
_LOCKED = "heliograph_locked"


class Database:
    """One SQLite file, or one PostgreSQL database."""

    def __init__(self, url: str) -> None:
        with _faults():
            self._engine = _engine(url)

    def create(self) -> None:
        """Make what is not there yet."""
        _make_private(self._engine)
        with self.locked() as connection:
            metadata.create_all(connection)

    def expect(self) -> None:
        """Raise AuditUnavailable where there is no audit log."""
        path = _path(self._engine)
        if path is not None and not path.exists():
            raise AuditUnavailable(f"audit log: expected {path}, found no such file")
        with self.snapshot() as connection:
            if not inspect(connection).has_table(ENTRIES.name):
                raise AuditUnavailable("audit log: expected its tables in the database, found none")

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def locked(self) -> Iterator[Connection]:
        """A transaction that no other writer of the log shares, in any process."""
        with _faults(), self._engine.connect() as connection:
            connection.execution_options(**{_LOCKED: True})
            with connection.begin():
                if self._engine.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that sees one state of the log, and holds up no writer."""
        with _faults(), self._engine.connect() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        first = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        raise AuditUnavailable(f"audit log: {first[:200]}") from error


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    timeout = {"timeout": _BUSY_SECONDS}
    engine = create_engine(parsed, connect_args=timeout, hide_parameters=True)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _path(engine: Engine) -> Path | None:
    """The file of an SQLite database."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _make_private(engine: Engine) -> None:
    """The log holds personal data: its file is for the owner's eyes. SQLite's others follow it."""
    path = _path(engine)
    if path is None:
        return
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise AuditUnavailable(f"audit log: {path}: {error.strerror}") from error


def _configure_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's connection)
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock first: two appends that both read the head would fork the chain.
    is_writer = connection.get_execution_options().get(_LOCKED, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
