"""What a tenant began with, and what became of it: a large base that is never stored, and changes.

They stand where dictionaries and lists would, so that who reads them sees no difference.
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Protocol, overload

Row = Mapping[str, Any]


class Base(Protocol):
    """Rows that can be made when they are looked at, in an order of their own."""

    def __len__(self) -> int: ...
    def key(self, at: int) -> str:
        """The key of the row at a place."""

    def row(self, at: int) -> Row:
        """The row at a place."""

    def part(self, at: int, names: frozenset[str]) -> Row:
        """At least the properties called *names* of the row at a place."""

    def place(self, key: str) -> int:
        """The place of the row with this key, -1 where there is none."""


class Layered(MutableMapping[str, Row]):
    """The rows of a base, each until it is changed or removed, and new ones after them."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._changed: dict[str, Row | None] = {}
        self._new: dict[str, Row] = {}
        self._missing = 0

    def __getitem__(self, key: str) -> Row:
        if key in self._new:
            return self._new[key]
        if key in self._changed:
            found = self._changed[key]
            if found is None:
                raise KeyError(key)
            return found
        at = self._base.place(key)
        if at < 0:
            raise KeyError(key)
        return self._base.row(at)

    def __contains__(self, key: object) -> bool:
        if key in self._new:
            return True
        if key in self._changed:
            return self._changed[str(key)] is not None
        return self._base.place(str(key)) >= 0

    def __setitem__(self, key: str, row: Row) -> None:
        if key in self._changed or self._base.place(key) >= 0:
            self._missing -= key in self._changed and self._changed[key] is None
            self._changed[key] = row
        else:
            self._new[key] = row

    def __delitem__(self, key: str) -> None:
        if key in self._new:
            del self._new[key]
        elif key in self:
            self._changed[key] = None
            self._missing += 1
        else:
            raise KeyError(key)

    def __len__(self) -> int:
        return len(self._base) - self._missing + len(self._new)

    def __iter__(self) -> Iterator[str]:
        for at in range(len(self._base)):
            key = self._base.key(at)
            if self._changed.get(key, True) is not None:
                yield key
        yield from self._new

    def __reversed__(self) -> Iterator[str]:
        yield from reversed(self._new)
        for at in range(len(self._base) - 1, -1, -1):
            key = self._base.key(at)
            if self._changed.get(key, True) is not None:
                yield key

    def base_row(self, at: int) -> Row | None:
        """What became of the row at a place of the base; None where it was removed."""
        row = self._base.row(at)
        return self._changed.get(row["id"], row) if self._changed else row

    def parts(self, names: frozenset[str]) -> Iterator[Row]:
        """All rows, each with at least the properties called *names*."""
        if self._changed:
            yield from (self._base.part(at, names) for at in self._unchanged())
            yield from (row for row in self._changed.values() if row is not None)
        else:
            yield from (self._base.part(at, names) for at in range(len(self._base)))
        yield from self._new.values()

    def _unchanged(self) -> Iterator[int]:
        changed = {self._base.place(key) for key in self._changed}
        return (at for at in range(len(self._base)) if at not in changed)

    def pop(self, key: str, default: Row | None = None) -> Row | None:  # type: ignore[override]  # a row or None, no type of the caller's
        """Take the row out."""
        found = self.get(key)
        if found is None:
            return default
        del self[key]
        return found


class Order(Sequence[str]):
    """The keys of a base in its order, and those that were added."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._added: list[str] = []

    def append(self, key: str) -> None:
        """Add a key at the end."""
        self._added.append(key)

    def __len__(self) -> int:
        return len(self._base) + len(self._added)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self._key(one) for one in range(*at.indices(len(self)))]
        return self._key(at + len(self) if at < 0 else at)

    def _key(self, at: int) -> str:
        known = len(self._base)
        return self._base.key(at) if at < known else self._added[at - known]
