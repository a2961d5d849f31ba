"""How the rows of a mailbox are shown: chosen properties, ids, zones, bodies, what is expanded."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from heliograph.simulator.graph.answers import entity, preferred
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.kinds import Kind, Property
from heliograph.simulator.outlook.bodies import converted
from heliograph.simulator.outlook.times import in_zone, moment, wall, written
from heliograph.simulator.outlook.zones import zone
from heliograph.simulator.permissions import held, worth
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

Shown = dict[str, Any]
Expander = Callable[[Call, str, Row, Mapping[str, str]], object]
"""What is shown of a navigation property of the row under a key, with the options given for it."""

_LINK = "webLink"
_CAST = re.compile(r"\A(microsoft\.graph\.\w+|graph\.\w+)/", re.IGNORECASE)
_EXPANSION = re.compile(
    r"\s*([\w./]+)\s*(?:\(((?:[^()']|'(?:[^']|'')*'|\([^()]*\))*)\))?\s*(?:,|\Z)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one family shows of its rows.

    *derived* are the types that stand beside *kind* in a list, by name. The properties in *whole*
    are shown only to who holds the permission *needs*.
    """

    kind: Kind
    derived: Mapping[str, Kind] = field(default_factory=dict)
    expands: Mapping[str, Expander] = field(default_factory=dict)
    has_etag: bool = True
    has_two_ids: bool = True
    whole: frozenset[str] = frozenset()
    needs: str = ""


class Lens:
    """Shows rows as one call wants to see them."""

    def __init__(self, call: Call, view: View) -> None:
        self._call = call
        self._view = view
        self._zone = call.preference("outlook.timezone")
        self._body = call.preference("outlook.body-content-type").lower()
        if self._zone:
            zone(self._zone)
        self._hidden = _hidden(call, view)
        self._chosen = tuple(chosen(call, view))
        self._expanded = expansions(call.query.get("$expand", ""))
        for name in self._expanded:
            plain = _CAST.sub("", name)
            if plain.lower() not in view.expands:
                view.kind.known(plain)
                raise Refused(
                    400,
                    "RequestBroker--ParseUri",
                    f"Property '{name}' on type '{view.kind.full_name}' is not a navigation"
                    " property or complex property. Only navigation properties can be expanded.",
                )

    def show(self, key: str, row: Row) -> Shown:
        """The row under *key*."""
        view = self._view
        shown: Shown = {}
        if "@odata.type" in row:
            shown["@odata.type"] = row["@odata.type"]
        if view.has_etag:
            shown["@odata.etag"] = etag(row)
        for each in self._chosen or _unasked(view, row):
            if each.name not in self._hidden:
                shown[each.name] = self._value(each, row)
        shown["id"] = key if view.has_two_ids and self._call.immutable_ids else row["id"]
        for name, options in self._expanded.items():
            plain = _CAST.sub("", name)
            shown[plain] = view.expands[plain.lower()](self._call, key, row, options)
        return shown

    def honoured(self) -> str:
        """The preferences that what is shown honours, as a header tells them."""
        types = {each.type for each in self._view.kind.properties.values()}
        found = {
            "IdType": "ImmutableId" if self._view.has_two_ids and self._call.immutable_ids else "",
            "outlook.timezone": self._zone if "dateTimeTimeZone" in types else "",
            "outlook.body-content-type": self._body if "itemBody" in types else "",
        }
        return ", ".join(f'{name}="{value}"' for name, value in found.items() if value)

    def _value(self, each: Property, row: Row) -> object:
        if each.name == _LINK:
            return web_link(row)
        value = row.get(each.name)
        if value is None:
            return [] if each.many else None
        if each.type == "dateTimeTimeZone" and self._zone:
            return zoned(value, self._zone, is_all_day=bool(row.get("isAllDay")))
        if each.type == "itemBody":
            return converted(value, self._body)
        return value


def answered(
    call: Call, view: View, context: str, key: str, row: Row, *, status: int = 200
) -> Answer:
    """One row, as *call* wants to see it."""
    lens = Lens(call, view)
    return preferred(entity(call, context, lens.show(key, row), status=status), lens.honoured())


def chosen(call: Call, view: View) -> Iterator[Property]:
    """The properties that the caller named, each once."""
    names = call.query.get("$select", "").split(",")
    found = {}
    for name in filter(None, (name.strip() for name in names)):
        each = _known(view, name)
        found[each.name] = each
    yield from found.values()


def expansions(text: str) -> dict[str, dict[str, str]]:
    """What `$expand` names, each with the options in its parentheses."""
    found: dict[str, dict[str, str]] = {}
    at = 0
    while at < len(text):
        match = _EXPANSION.match(text, at)
        if match is None or match.end() == at:
            raise Refused(400, "BadRequest", f"Parsing OData Expand failed: '{text}'.")
        options = (option.partition("=") for option in (match[2] or "").split(";"))
        found[match[1]] = {name.strip().lower(): value for name, _, value in options if name}
        at = match.end()
    return found


def zoned(value: Mapping[str, Any], name: str, *, is_all_day: bool = False) -> dict[str, str]:
    """*value* on the walls of the zone called *name*; a whole day stays the day that it is."""
    return written(wall(value), name) if is_all_day else in_zone(moment(value), name)


def web_link(row: Row) -> str:
    """Where a browser would show the item."""
    return f"https://outlook.office365.com/owa/?ItemID={quote(row['id'])}&exvsurl=1"


def etag(row: Row) -> str:
    """The entity tag of an item: its change key."""
    return f'W/"{row["changeKey"]}"'


def check_match(call: Call, row: Row) -> None:
    """Refuse the write where the caller knows an older state."""
    known = call.headers.get("if-match", "*")
    if known not in {"*", etag(row)}:
        raise Refused(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in"
            " the request does not match the current change key for the item.",
        )


def _known(view: View, name: str) -> Property:
    plain = _CAST.sub("", name).partition("/")[0]
    for kind in view.derived.values() if plain != name else ():
        if (found := kind.property(plain)) is not None:
            return found
    return view.kind.known(plain)


def _unasked(view: View, row: Row) -> Iterator[Property]:
    type_ = str(row.get("@odata.type", "")).rpartition(".")[2]
    kind = view.derived.get(type_, view.kind)
    return (
        each
        for each in kind.properties.values()
        if each.name in kind.unasked and (each.name in row or each.name == _LINK)
    )


def _hidden(call: Call, view: View) -> frozenset[str]:
    """What the token's permissions do not show."""
    found = worth(held(call.claims))
    return frozenset() if view.needs in found else view.whole
