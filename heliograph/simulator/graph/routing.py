"""Which function answers a path. Segments have no case.

Casts and bound functions may carry `microsoft.graph.` or `graph.` before their name. A pattern's
`name()` is a function: its arguments stand in parentheses or in the query.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from heliograph.simulator.graph.calls import Handler
from heliograph.simulator.permissions import Needs

_NAMESPACE = re.compile(r"\A(microsoft\.)?graph\.", re.IGNORECASE)
_PARAMETER = "*"

H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A function that answers *method* on *pattern*; without *needs* for any token."""

    method: str
    pattern: str
    handler: Handler
    needs: Needs | None


class Routes:
    """The routes of one family, in the order in which they were declared."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(self, method: str, *patterns: str, needs: Needs | None = None) -> Callable[[H], H]:
        """Declare that the function below answers *method* on *patterns*."""

        def declare(handler: H) -> H:
            self.all.extend(
                Route(method=method, pattern=pattern, handler=handler, needs=needs)
                for pattern in patterns
            )
            return handler

        return declare


@dataclass(slots=True)
class _Node:
    children: "dict[str, _Node]" = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """A tree of all routes."""

    def __init__(self, *families: Routes) -> None:
        self._root = _Node()
        for family in families:
            for route in family.all:
                self._plant(route)

    def find(self, method: str, segments: tuple[str, ...]) -> "tuple[Route, dict[str, str]] | int":
        """The route and the values of its parameters, else the status that says why not."""
        found = self._walk(self._root, segments, ())
        if found is None:
            return 404
        node, values = found
        route = node.routes.get(method)
        if route is None:
            return 405
        names = [part[1:-1] for part in route.pattern.split("/") if part.startswith("{")]
        return route, dict(zip(names, values, strict=True))

    def _plant(self, route: Route) -> None:
        node = self._root
        for part in route.pattern.strip("/").split("/"):
            name = _PARAMETER if part.startswith("{") else part.lower()
            node = node.children.setdefault(name, _Node())
        node.routes[route.method] = route

    def _walk(
        self, node: _Node, rest: tuple[str, ...], values: tuple[str, ...]
    ) -> tuple[_Node, tuple[str, ...]] | None:
        if not rest:
            return (node, values) if node.routes else None
        head, tail = rest[0], rest[1:]
        plain = _plain(head)
        cast = (f"graph.{plain}",) if plain != head.lower() else ()
        for name in dict.fromkeys((head.lower(), *cast, plain, _function(head))):
            if name in node.children and (found := self._walk(node.children[name], tail, values)):
                return found
        if _PARAMETER in node.children:
            return self._walk(node.children[_PARAMETER], tail, (*values, head))
        return None


def _plain(segment: str) -> str:
    return _NAMESPACE.sub("", segment).lower()


def _function(segment: str) -> str:
    return _plain(segment.partition("(")[0]) + "()"
