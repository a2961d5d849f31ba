"""The audit log in a database: one writer at a time in all processes, any number of readers.

What is appended while a transaction is under way shares the next one, so that many runs that end
together cost one commit.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, delete, select

from heliograph.audit.chain import GENESIS, Proof, compare, hold, link, prove
from heliograph.audit.database import Database
from heliograph.audit.entry import AuditEntry, columns, decode
from heliograph.audit.tables import ENTRIES, HEAD, Selection
from heliograph.errors import AuditUnavailable

_PAGE = 1_000
_MOST_AT_ONCE = 500
"""Entries of one transaction: SQLite takes 32,766 values in a statement."""

Rows = list[dict[str, Any]]


class AuditStore:
    """One audit log. `async with AuditStore.open(url) as store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._waiting: list[tuple[Rows, asyncio.Future[int]]] = []
        self._writer: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, create: bool = True) -> AsyncIterator["AuditStore"]:
        """The log at the SQLAlchemy *url*; its tables are made where there are none.

        Raises AuditUnavailable where it cannot be opened, or is to be there and is not.
        """
        database = Database(url)
        store = cls(database)
        try:
            await store._in_thread(database.create if create else database.expect)
            yield store
        finally:
            if store._writer is not None:
                await store._writer
            await store._in_thread(database.close)
            store._thread.shutdown()

    async def append(self, entries: Iterable[AuditEntry]) -> int:
        """Writes *entries* in order; how many were new by the id of their change.

        Returns when they are on disk. Raises AuditUnavailable, and then wrote none of them.
        """
        rows = [columns(entry) for entry in entries]
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await done

    async def verify(self, *, anchor: Proof | None = None) -> Proof:
        """Proves the chain. Raises AuditChainBroken, which names the first broken entry.

        *anchor* is an earlier proof that was kept elsewhere: only it shows that the whole chain,
        or its end, was written anew by somebody who knows how.
        """
        return await asyncio.to_thread(self._verify, anchor)

    async def entries(self, selection: Selection | None = None) -> AsyncIterator[AuditEntry]:
        """Entries, newest first, read page by page."""
        wanted = selection or Selection()
        left, below = wanted.limit, None
        while left is None or left > 0:
            page = min(_PAGE, left or _PAGE)
            rows = await asyncio.to_thread(self._page, wanted, below, page)
            for _, record in rows:
                yield decode(record)
            if len(rows) < page:
                return
            below = rows[-1][0]
            left = None if left is None else left - len(rows)

    async def _in_thread(self, function: Any, *args: object) -> Any:  # noqa: ANN401 (any function)
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)

    async def _write(self) -> None:
        """Writes what waits, as much in one transaction as may be, until nothing does."""
        while self._waiting:
            batch = [self._waiting.pop(0)]
            while self._waiting and sum(len(rows) for rows, _ in batch) < _MOST_AT_ONCE:
                batch.append(self._waiting.pop(0))
            loop, rows = asyncio.get_running_loop(), [rows for rows, _ in batch]
            write = loop.run_in_executor(self._thread, self._append, rows)
            # Whatever went wrong, those who wait must hear of it.
            await asyncio.wait([write])
            error = write.exception()
            for number, (_, done) in enumerate(batch):
                if done.done():
                    continue
                if error is not None:
                    done.set_exception(_same(error))
                else:
                    done.set_result(write.result()[number])

    def _append(self, batches: Sequence[Rows]) -> list[int]:
        with self._database.locked() as connection:
            head = _head(connection) or Proof(count=0, head=GENESIS)
            known = _known(connection, [row["change_id"] for rows in batches for row in rows])
            counts: list[int] = []
            linked: list[dict[str, Any]] = []
            for rows in batches:
                before = len(linked)
                for row in rows:
                    if row["change_id"] not in known:
                        known.add(row["change_id"])
                        linked.append(link(row, head))
                        head = Proof(count=head.count + 1, head=linked[-1]["hash"])
                counts.append(len(linked) - before)
            if linked:
                connection.execute(ENTRIES.insert(), linked)
                _keep(connection, head)
            return counts

    def _page(self, wanted: Selection, below: int | None, page: int) -> Sequence[Any]:
        with self._database.snapshot() as connection:
            return connection.execute(wanted.query(below=below, page=page)).all()

    def _verify(self, anchor: Proof | None) -> Proof:
        with self._database.snapshot() as connection:
            head = Proof(count=0, head=GENESIS)
            while rows := _after(connection, head.count):
                head = prove(rows, since=head)
            compare(head, _head(connection))
            if anchor is not None:
                at_anchor = select(ENTRIES.c.hash).where(ENTRIES.c.sequence == anchor.count)
                hold(anchor, connection.scalar(at_anchor) if anchor.count else GENESIS)
            return head


def _same(error: BaseException) -> BaseException:
    """*error* for one of several who wait: an exception that two raise gathers both tracebacks."""
    return AuditUnavailable(str(error)) if isinstance(error, AuditUnavailable) else error


def _after(connection: Connection, sequence: int) -> list[dict[str, Any]]:
    query = select(ENTRIES).where(ENTRIES.c.sequence > sequence).order_by(ENTRIES.c.sequence)
    return [dict(row) for row in connection.execute(query.limit(_PAGE)).mappings()]


def _head(connection: Connection) -> Proof | None:
    row = connection.execute(select(HEAD.c.sequence, HEAD.c.hash)).first()
    return Proof(count=row.sequence, head=row.hash) if row else None


def _keep(connection: Connection, head: Proof) -> None:
    connection.execute(delete(HEAD))
    connection.execute(HEAD.insert(), {"id": 1, "sequence": head.count, "hash": head.head})


def _known(connection: Connection, change_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(change_ids), _MOST_AT_ONCE):
        some = change_ids[start : start + _MOST_AT_ONCE]
        query = select(ENTRIES.c.change_id).where(ENTRIES.c.change_id.in_(some))
        found.update(connection.scalars(query))
    return found
