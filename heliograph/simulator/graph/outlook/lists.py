"""Collections in a mailbox: filtered, sorted, searched, counted, and paged by `$skip`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from heliograph.simulator.expressions import Filter, parse_filter
from heliograph.simulator.graph.answers import listing, preferred
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.kinds import Kind
from heliograph.simulator.graph.odata import page, top, wants_count
from heliograph.simulator.graph.outlook.views import Lens, View
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

Rows = Iterable[tuple[str, Row]]
Search = Callable[[str, Rows], Rows]
"""The rows that meet what `$search` says, in the order in which they are found."""

_DEFAULT = 10
_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one family lists: its *view*, the *order* without `$orderby`, how it is searched, and
    whether sorting by what is not filtered by is too much for it.
    """

    view: View
    order: str = ""
    search: Search | None = None
    is_strict: bool = False
    default: int = _DEFAULT


def mailbox(call: Call) -> Mailbox:
    """The mailbox that the path names."""
    return call.world.outlook.boxes.of(call.params["user"])


def owner(call: Call) -> str:
    """The user of the path, as it stands in a context."""
    return f"users('{quote(call.params['user'], safe='')}')"


def collection(call: Call, how: Listing, context: str, rows: Rows) -> Answer:
    """A page of *rows*, as the caller wants to see them."""
    found = _searched(call, how, rows) if "$search" in call.query else _asked(call, how, rows)
    keys = {id(row): key for key, row in found}
    size = top(call, default=how.default, most=_MOST)
    part, link = page(call, [row for _, row in found], size=size)
    lens = Lens(call, how.view)
    answer = listing(
        call,
        context,
        [lens.show(keys[id(row)], row) for row in part],
        next_link=link,
        count=len(found) if wants_count(call) else None,
    )
    honoured = filter(None, (lens.honoured(), _page_size(call)))
    return preferred(answer, ", ".join(honoured))


def count(call: Call, how: Listing, rows: Rows) -> Answer:
    """How many rows there are, as plain text."""
    found = _searched(call, how, rows) if "$search" in call.query else _asked(call, how, rows)
    return Answer(body=str(len(found)))


def filtered(call: Call, kind: Kind) -> Filter | None:
    """The filter that the caller wrote. Its properties are those of *kind*."""
    text = call.query.get("$filter", "")
    if not text.strip():
        return None
    try:
        return parse_filter(text, named=lambda path: _canonical(kind, path))
    except ValueError as error:
        raise Refused(400, "BadRequest", f"Invalid filter clause: {error}") from error


def _asked(call: Call, how: Listing, rows: Rows) -> list[tuple[str, Row]]:
    claim, order = filtered(call, how.view.kind), _order(call, how.view.kind)
    if how.is_strict and claim is not None and order:
        _check_order(claim, [path for path, _ in order])
    found = [(key, row) for key, row in rows if claim is None or claim.holds(row)]
    for path, falls in reversed(order or _parts(how.order)):
        found.sort(key=partial(_rank, path), reverse=falls)
    return found


def _searched(call: Call, how: Listing, rows: Rows) -> list[tuple[str, Row]]:
    if how.search is None:
        raise Refused(
            400, "ErrorInvalidUrlQuery", "The query parameter '$search' is not supported here."
        )
    for name, code in (("$filter", "SearchWithFilter"), ("$orderby", "SearchWithOrderBy")):
        if name in call.query:
            shown = "$orderBy" if name == "$orderby" else name
            text = f"The query parameter '{shown}' is not supported with '$search'."
            raise Refused(400, code, text)
    return list(how.search(call.query["$search"], rows))


def _order(call: Call, kind: Kind) -> list[tuple[str, bool]]:
    parts = _parts(call.query.get("$orderby", ""))
    return [(_canonical(kind, path), falls) for path, falls in parts]


def _parts(order: str) -> list[tuple[str, bool]]:
    """The paths to sort by, each with whether it falls."""
    words = [part.split() for part in order.split(",") if part.strip()]
    return [(path, [word.lower() for word in rest] == ["desc"]) for path, *rest in words]


def _rank(path: str, entry: tuple[str, Row]) -> tuple[int, float, str]:
    """Where a row stands: without a value first, numbers by their size, words without case."""
    value: object = entry[1]
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (1, 0.0, str(value).casefold())


def _check_order(claim: Filter, order: list[str]) -> None:
    if list(claim.properties[: len(order)]) != order:
        raise Refused(
            400,
            "InefficientFilter",
            "The restriction or sort order is too complex for this operation.",
        )


def _canonical(kind: Kind, path: str) -> str:
    """*path* as the rows have it; its first property must be one of *kind*."""
    head, *rest = path.split("/")
    return "/".join((kind.known(head).name, *(name[:1].lower() + name[1:] for name in rest)))


def _page_size(call: Call) -> str:
    wish = call.preference("odata.maxpagesize")
    return f"odata.maxpagesize={wish}" if wish else ""


def content(call: Call, name: str) -> Mapping[str, Any]:
    """The object under *name* in the body, whatever the case of the name."""
    value = parameters(call).get(name.lower())
    return value if isinstance(value, dict) else {}


def parameters(call: Call) -> dict[str, Any]:
    """The parameters of an action, by their names in lower case."""
    return {name.lower(): value for name, value in call.json().items()}
