"""Everything the simulated tenant holds, in tables, and the one way to write to it.

Each write emits an Event. Notifications and delta both derive from these, so that they cannot
tell different stories. Rows are never changed in place: before and after may be kept for free.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from heliograph.simulator.clock import Clock
from heliograph.simulator.layers import Base, Layered, Order, Row

__all__ = ["Event", "Listener", "Row", "Store", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One write: what happened to which row. *what* is created, updated, moved, deleted
    (for directory objects: put into the bin), restored or purged.
    """

    kind: str
    what: str
    key: str
    owner: str
    before: Row | None
    after: Row | None
    at: datetime
    sequence: int
    detail: Row = field(default_factory=dict)


Listener = Callable[[Event], None]


class Table:
    """Rows of one kind by key, in the order of their arrival, with the log of their changes.

    *owner* is the user whose mailbox it belongs to, empty for the directory.
    """

    __slots__ = ("_base", "_sequences", "kind", "log", "order", "owner", "rows")

    def __init__(self, kind: str, *, owner: str = "", base: Base | None = None) -> None:
        self.kind = kind
        self.owner = owner
        self.rows: dict[str, Row] | Layered = {} if base is None else Layered(base)
        self.order: list[str] | Order = [] if base is None else Order(base)
        self._base = 0 if base is None else len(base)
        self.log: list[Event] = []
        self._sequences: list[int] = []

    def load(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Take *rows* as what has always been there: no event tells of them."""
        for key, row in rows:
            self.rows[key] = row
            self.order.append(key)

    def walk(self, at: int = 0) -> Iterator[tuple[int, str, Row]]:
        """The rows from place *at* of the order on: the place after each, its key, and itself."""
        if isinstance(self.rows, Layered):
            for place in range(at, self._base):
                row = self.rows.base_row(place)
                if row is not None:
                    yield place + 1, row["id"], row
        for place in range(max(at, self._base), len(self.order)):
            key = self.order[place]
            row = self.rows.get(key)
            if row is not None:
                yield place + 1, key, row

    def parts(self, names: frozenset[str]) -> Iterable[Row]:
        """The rows, each with at least the properties called *names*: quicker than whole ones."""
        return self.rows.parts(names) if isinstance(self.rows, Layered) else self.rows.values()

    def backwards(self) -> Iterator[tuple[str, Row]]:
        """The rows with their keys, the newest first."""
        return ((key, self.rows[key]) for key in reversed(self.rows))

    def since(self, sequence: int, *, most: int) -> list[Event]:
        """The first events after *sequence*, oldest first, at *most* so many."""
        start = bisect_right(self._sequences, sequence)
        return self.log[start : start + most]

    def record(self, event: Event) -> None:
        """Enter *event*, and make the rows agree with it."""
        if event.after is None or event.what == "deleted":
            self.rows.pop(event.key, None)
        else:
            if event.before is None and event.what != "restored":
                self.order.append(event.key)
            self.rows[event.key] = event.after
        self.log.append(event)
        self._sequences.append(event.sequence)


class Store:
    """The writer: every change of a table goes through `write`, and is told to the listeners."""

    def __init__(self, clock: Clock) -> None:
        self.sequence = 0
        self._clock = clock
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Have *listener* told of every event from now on, at once and in order."""
        self._listeners.append(listener)

    def write(
        self,
        table: Table,
        key: str,
        *,
        after: Row | None,
        what: str = "",
        detail: Row | None = None,
    ) -> Event:
        """Make *after* the row under *key*, None removes it. *what* else follows from both."""
        before = table.rows.get(key)
        self.sequence += 1
        event = Event(
            kind=table.kind,
            what=what or _what(before, after),
            key=key,
            owner=table.owner,
            before=before,
            after=after,
            at=self._clock.now(),
            sequence=self.sequence,
            detail=detail or {},
        )
        table.record(event)
        for listener in self._listeners:
            listener(event)
        return event


def _what(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "created"
    return "deleted" if after is None else "updated"
