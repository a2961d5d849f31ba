"""What a collection of the directory is asked: filtered, searched, sorted, counted, paged (3.4)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from heliograph.simulator.expressions import Filter, parse_filter
from heliograph.simulator.graph.answers import listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.kinds import Family
from heliograph.simulator.graph.directory.search import searched
from heliograph.simulator.graph.odata import next_page, position, top, wants_count
from heliograph.simulator.refusals import Refused, bad_request
from heliograph.simulator.store import Row

Families = Sequence[Family]
Show = Callable[[Row], Row]

MOST = 999
LOOKED_AT = 50_000
"""A page looks at so many rows at most: what matches little comes in short pages."""

_ADVANCED = frozenset({"ne", "not", "endswith"})
_KNOWN = frozenset(
    (
        *("$select", "$filter", "$orderby", "$top", "$count", "$search", "$expand"),
        *("$skiptoken", "$format"),
    )
)
_PINNED = re.compile(
    r"\s*(?P<name>id|userPrincipalName|mail)\s+eq\s+'(?P<value>(?:[^']|'')*)'\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows in an order of their own: *walk* goes on from a place and tells the place after each.

    *total* counts them all; *find* gives those that go by a name, without walking; *parts* are all
    rows with at least some properties, for who only counts.
    """

    walk: Callable[[int], Iterator[tuple[int, Row]]]
    total: Callable[[], int] | None = None
    find: Callable[[str], Row | None] | None = None
    parts: Callable[[frozenset[str]], Iterable[Row]] | None = None

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Source":
        """The source that a list is."""
        return cls(
            walk=lambda at: ((place + 1, rows[place]) for place in range(at, len(rows))),
            total=lambda: len(rows),
        )


def collection(
    call: Call, families: Families, source: Source, *, context: str, show: Show
) -> Answer:
    """A page of the rows of *source*, as *show* shows them."""
    wanted, order = understood(call, families)
    size = top(call, default=100, most=MOST)
    candidates = _candidates(call, source)
    if order or candidates is not None:
        rows = candidates if candidates is not None else [row for _, row in source.walk(0)]
        found = _ordered([row for row in rows if wanted(row)], order)
        at = position(call)
        part, end = found[at : at + size], at + size if at + size < len(found) else 0
    else:
        part, end = _next(source, position(call), wanted, size)
    count = None
    if wants_count(call) and call.is_eventual and "$skiptoken" not in call.query:
        count = _count(call, families, source, wanted)
    link = next_page(call, end) if end else ""
    return listing(call, context, [show(row) for row in part], next_link=link, count=count)


def counted(call: Call, families: Families, source: Source) -> Answer:
    """How many there are, as text. It needs the header that accepts the slower copy."""
    if not call.is_eventual:
        raise bad_request("$count is not currently supported.")
    wanted, _ = understood(call, families, is_count=True)
    return Answer(body=str(_count(call, families, source, wanted)))


def understood(
    call: Call, families: Families, *, is_count: bool = False
) -> tuple[Callable[[Row], bool], list[tuple[str, bool]]]:
    """Which rows are wanted, and in which order: paths, each with whether it falls."""
    _check_options(call)
    claim, order = _filter(call, families), _order(call, families)
    is_accepted = call.is_eventual and (is_count or wants_count(call))
    is_advanced = families[0].is_indexed and _is_advanced(call, claim, order)
    if is_advanced and not is_accepted:
        raise _unsupported()
    if "$search" not in call.query:
        return (lambda row: claim is None or claim.holds(row)), order
    if not call.is_eventual:
        raise Refused(
            400,
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph with a special request"
            " header: 'ConsistencyLevel: eventual'",
        )
    names = frozenset().union(*(family.searchable for family in families))
    found = searched(call.query["$search"], names)
    return (lambda row: (claim is None or claim.holds(row)) and found(row)), order


def selected(call: Call, families: Families) -> tuple[str, ...]:
    """The properties that the caller named, as the metadata spells them."""
    names = (name.strip() for name in call.query.get("$select", "").split(","))
    return tuple(_known(families, name) for name in names if name and name != "*")


def is_cast(call: Call) -> bool:
    """Whether the path narrows a mixed collection to one type."""
    return any(
        segment.lower().startswith(("graph.", "microsoft.graph.")) for segment in call.segments[2:]
    )


def _check_options(call: Call) -> None:
    if "$skip" in call.query:
        raise bad_request("'$skip' is not supported by the service.")
    for name in call.query:
        if name.startswith("$") and name not in _KNOWN:
            raise bad_request(f"The query option '{name}' is not supported.")


def _filter(call: Call, families: Families) -> Filter | None:
    text = call.query.get("$filter", "")
    if not text.strip():
        return None

    def named(path: str) -> str:
        name, slash, rest = path.partition("/")
        return _known(families, name) + slash + rest

    try:
        found = parse_filter(text, named=named)
    except ValueError as error:
        raise Refused(400, "BadRequest", f"Invalid filter clause: {error}") from error
    for path, operator in found.uses:
        if not path.endswith("/$count"):
            _check_operator(families, path.partition("/")[0], operator)
    return found


def _check_operator(families: Families, name: str, operator: str) -> None:
    if not any(operator in family.operators.get(name, ()) for family in families):
        kind = families[0].kind.name
        raise _unsupported(
            f"Unsupported or invalid query filter clause specified for property '{name}' of"
            f" resource '{kind[0].upper()}{kind[1:]}'."
        )


def _order(call: Call, families: Families) -> list[tuple[str, bool]]:
    found = []
    for part in call.query.get("$orderby", "").split(","):
        if part.strip():
            name, *rest = part.split()
            path = _known(families, name)
            if not any(path in family.sortable for family in families):
                raise _unsupported(
                    f"Sorting is not supported for property '{path}' of this resource."
                )
            found.append((path, [word.lower() for word in rest] == ["desc"]))
    return found


def _is_advanced(call: Call, claim: Filter | None, order: list[tuple[str, bool]]) -> bool:
    if claim is not None:
        counts = any(path.endswith("/$count") for path in claim.properties)
        if counts or order or claim.operators & _ADVANCED:
            return True
    if any(path == "deletedDateTime" for path, _ in order):
        return True
    options = {"$filter", "$orderby", "$search", "$expand"} & set(call.query)
    return is_cast(call) and bool(options) and "deleteditems" not in call.segments[1].lower()


def _known(families: Families, name: str) -> str:
    for family in families:
        found = family.kind.property(name)
        if found is not None:
            return found.name
    full = families[0].kind.name if len(families) == 1 else "directoryObject"
    raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.{full}'.")


def _candidates(call: Call, source: Source) -> list[Row] | None:
    """The few rows that a filter by a name leaves, where it is one; None where all must be seen."""
    text = call.query.get("$filter", "")
    if source.find is None or not text or "$search" in call.query:
        return None
    found: dict[str, Row] = {}
    while text:
        match = _PINNED.match(text)
        if match is None:
            return None
        row = source.find(match["value"].replace("''", "'"))
        if row is not None:
            found[row["id"]] = row
        rest = text[match.end() :]
        if rest and not rest.lower().startswith("or "):
            return list(found.values()) if _narrows(rest) and len(found) < 2 else None
        text = rest[3:]
    return list(found.values())


def _narrows(rest: str) -> bool:
    return rest.lower().startswith("and ") and " or " not in rest.lower()


def _next(
    source: Source, at: int, wanted: Callable[[Row], bool], size: int
) -> tuple[list[Row], int]:
    """The next rows, and the place after them; 0 at the end."""
    found: list[Row] = []
    for looked, (place, row) in enumerate(source.walk(at)):
        if len(found) == size or looked == LOOKED_AT:
            return found, at
        at = place
        if wanted(row):
            found.append(row)
    return found, 0


def _count(call: Call, families: Families, source: Source, wanted: Callable[[Row], bool]) -> int:
    if source.total is not None and not {"$filter", "$search"} & set(call.query):
        return source.total()
    claim = _filter(call, families)
    if source.parts is not None and claim is not None and "$search" not in call.query:
        names = frozenset(path.partition("/")[0] for path in claim.properties)
        return sum(1 for row in source.parts(names) if claim.holds(row))
    return sum(1 for _, row in source.walk(0) if wanted(row))


def _ordered(rows: list[Row], order: list[tuple[str, bool]]) -> list[Row]:
    for path, falls in reversed(order):
        rows.sort(key=lambda row, path=path: _rank(row.get(path)), reverse=falls)  # type: ignore[misc]  # the default binds the name
    return rows


def _rank(value: object) -> tuple[bool, str]:
    return value is not None, str(value).casefold()


def _unsupported(
    text: str = "Unsupported or invalid query filter clause specified.",
) -> Refused:
    return Refused(400, "Request_UnsupportedQuery", text)
