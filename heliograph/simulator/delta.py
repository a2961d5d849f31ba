"""Delta rounds over a table: where a page begins, what it holds, where the next one begins.

The first round walks the rows in the order of arrival, later ones walk the log of changes: a page
costs what it holds, however many rows there are.
"""

import base64
import binascii
from dataclasses import dataclass
from itertools import islice

import msgspec

from heliograph.simulator.store import Event, Row, Table


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a nextLink or deltaLink says: the round, the place in it, the options it began with.

    In the first round *at* and *inner* are places among the rows, and *baseline* is the sequence
    from which the second goes on; later *at* is the sequence itself.
    """

    path: str
    made_at: float
    at: int = 0
    inner: int = 0
    baseline: int = -1
    was_empty: bool = False
    options: dict[str, str] = {}

    @property
    def is_first_round(self) -> bool:
        """Whether the rows are still being walked."""
        return self.baseline >= 0

    def encoded(self) -> str:
        """The token as it stands in a link."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page tells: rows in the first round, events later; and where the next begins."""

    rows: tuple[tuple[str, Row], ...] = ()
    events: tuple[Event, ...] = ()
    at: int
    inner: int = 0
    is_last: bool


def decoded(text: str) -> Token:
    """The token in a link. Raises ValueError for what is none."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.msgpack.decode(raw, type=Token)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise ValueError("this is no token of a delta link") from error


def rows_from(table: Table, at: int, *, size: int) -> Page:
    """The next rows of the first round."""
    found = list(islice(table.walk(at), size))
    end = found[-1][0] if len(found) == size else len(table.order)
    rows = tuple((key, row) for _, key, row in found)
    return Page(rows=rows, at=end, is_last=end >= len(table.order))


def events_from(table: Table, at: int, *, size: int) -> Page:
    """The next events of a later round."""
    events = table.since(at, most=size + 1)
    part = tuple(events[:size])
    end = part[-1].sequence if part else at
    return Page(events=part, at=end, is_last=len(events) <= size)
