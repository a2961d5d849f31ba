"""Which handlers care about a change."""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heliograph.changes import KINDS, WHATS, Change

HandlerFunction = Callable[[Change, Any], Awaitable[None]]
"""A handler: `async def f(change: Change, ctx: Context) -> None` (`heliograph.context.Context`)."""

Predicate = Callable[[Change], bool]

ANY = "*"
"""Every kind but `heliograph`: what Heliograph did itself goes only to whom asks for it by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A function and the changes it cares about. Its *id* is stored and outlives a renaming."""

    id: str
    function: HandlerFunction
    kind: str
    whats: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    when: Predicate | None = None

    def refusal(self, change: Change) -> str | None:
        """The first filter that says no to *change*; None when the handler cares about it."""
        if not self._kind_matches(change.kind):
            return "kind"
        if self.whats and change.what not in self.whats:
            return "what"
        if self.fields and not self.fields & change.changed.keys():
            return "fields"
        if self.when is not None and not self.when(change):
            return "when"
        return None

    def _kind_matches(self, kind: str) -> bool:
        return kind == self.kind or (self.kind == ANY and kind != "heliograph")


class Router:
    """Collects handlers. A plain object: a handler module holds one, the worker joins them."""

    def __init__(self, *, settings: type | None = None) -> None:
        """*settings*: a dataclass or msgspec struct that the handlers' section must fit."""
        self.handlers: list[Handler] = []
        self.settings = settings

    def on(
        self,
        kind: str,
        *whats: str,
        fields: Iterable[str] = (),
        when: Predicate | None = None,
        id: str | None = None,  # noqa: A002 (the word of the field it fills)
    ) -> Callable[[HandlerFunction], HandlerFunction]:
        """Registers a handler for changes of *kind* (`ANY`: all kinds), and returns it unchanged.

        *whats* and *fields* narrow it down, each to any of those named; *when* decides last.
        Raises ValueError for a word that no change ever bears.
        """
        _expect(kind, (*KINDS, ANY), "kind")
        if kind != "heliograph":
            for what in whats:
                _expect(what, WHATS, "what")

        def register(function: HandlerFunction) -> HandlerFunction:
            self.handlers.append(
                Handler(
                    id=id or str(getattr(function, "__name__", "handler")),
                    function=function,
                    kind=kind,
                    whats=frozenset(whats),
                    fields=frozenset(fields),
                    when=when,
                )
            )
            return function

        return register


def join(routers: Iterable[tuple[str, Router]]) -> list[Handler]:
    """All handlers of named *routers*, each id preceded by its router's name.

    Raises ValueError when two handlers bear one id.
    """
    handlers = [
        replace(handler, id=f"{name}.{handler.id}")
        for name, router in routers
        for handler in router.handlers
    ]
    seen: set[str] = set()
    for handler in handlers:
        if handler.id in seen:
            raise ValueError(f"expected handlers with different ids, got {handler.id!r} twice")
        seen.add(handler.id)
    return handlers


def match(handlers: Sequence[Handler], change: Change) -> list[Handler]:
    """The *handlers* that care about *change*, in their order."""
    return [handler for handler in handlers if handler.refusal(change) is None]


def _expect(word: str, known: Sequence[str], name: str) -> None:
    if word not in known:
        nearest = difflib.get_close_matches(word, known, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ValueError(f"expected {name} to be one of {', '.join(known)}, got {word!r}{hint}")
