"""The types of Graph's metadata: what their properties are called, and what they may hold.

A body is read against its type, as Graph reads it: names without case, enumerations by their
words, unknown properties refused. The types themselves stand beside the families that use them.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heliograph.simulator.clock import parse, stamp
from heliograph.simulator.refusals import Refused

_LINE = re.compile(r"(?P<names>[\w ]+):\s*(?P<type>[\w.]+)(?P<many>\[\])?\s*\Z")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?\Z")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")
# ISO 8601, or hours, minutes and seconds, as Microsoft's Python SDK writes them.
_DURATION = re.compile(r"(-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?|\d+:[0-5]\d:[0-5]\d)\Z")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """What one property is called, the name of its type, and whether it holds *many*."""

    name: str
    type: str
    many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A structured type. *unasked* properties come without `$select`; *derived* types are named by
    `@odata.type`. *full_name* is what refusals call it.
    """

    name: str
    full_name: str
    properties: Mapping[str, Property]
    unasked: tuple[str, ...]
    derived: Mapping[str, "Kind"] = field(default_factory=dict)

    def property(self, name: str) -> Property | None:
        """The property called so, without case."""
        return self.properties.get(name.lower())

    def known(self, name: str) -> Property:
        """The property called so. Raises Refused where there is none, as a query is refused."""
        found = self.property(name)
        if found is None:
            text = f"Could not find a property named '{name}' on type '{self.full_name}'."
            raise Refused(400, "RequestBroker--ParseUri", text)
        return found


class Kinds:
    """The types of one service, by their names."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._kinds: dict[str, Kind] = {}
        self._words: dict[str, Mapping[str, str]] = {}

    def words(self, name: str, words: str) -> None:
        """Declare an enumeration."""
        self._words[name] = {word.lower(): word for word in words.split()}

    def kind(self, name: str, text: str, *, on_request: str = "", base: Kind | None = None) -> Kind:
        """Declare a type: a line of *text* holds names of properties, a colon, and their type.

        The properties *on_request* come only where they are selected.
        """
        properties = dict(base.properties) if base else {}
        for line in filter(str.strip, text.splitlines()):
            match = _LINE.match(line.strip())
            assert match is not None, f"no declaration: {line}"  # noqa: S101 (ours)
            type_, many = match["type"], bool(match["many"])
            properties |= {
                each.lower(): Property(name=each, type=type_, many=many)
                for each in match["names"].split()
            }
        asked = {*on_request.split(), *(_on_request(base) if base else ())}
        full_name = f"{self._namespace}.{name[0].upper()}{name[1:]}"
        unasked = tuple(each.name for each in properties.values() if each.name not in asked)
        made = Kind(name=name, full_name=full_name, properties=properties, unasked=unasked)
        self._kinds[name] = made
        return made

    def family(self, base: Kind, *members: Kind) -> Kind:
        """*base*, whose bodies may name one of *members* as what they are."""
        made = Kind(
            name=base.name,
            full_name=base.full_name,
            properties=base.properties,
            unasked=base.unasked,
            derived={member.name.lower(): member for member in members},
        )
        self._kinds[base.name] = made
        return made

    def read(self, kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        """What *body* says of a *kind*, under the names of the metadata.

        Annotations are dropped, but `@odata.type` is kept where the type has others beside it.
        """
        found: dict[str, Any] = {}
        kind = self._derived(kind, body, found)
        for name, value in body.items():
            if "@odata." in name:
                continue
            each = kind.property(name)
            if each is None:
                raise _unreadable(
                    f"The property '{name}' does not exist on type '{kind.full_name}'. Make sure"
                    " to only use property names that are defined by the type or mark the type as"
                    " open type."
                )
            found[each.name] = self._value(each, value)
        return found

    def _derived(self, kind: Kind, body: Mapping[str, Any], found: dict[str, Any]) -> Kind:
        name = str(body.get("@odata.type", "")).rpartition(".")[2].lower()
        if not kind.derived:
            return kind
        member = kind.derived.get(name)
        if member is None:
            raise _unreadable(
                f"A type named '{body.get('@odata.type', '')}' could not be resolved by the model."
                " When a model is available, each type name must resolve to a valid type."
            )
        found["@odata.type"] = f"#microsoft.graph.{member.name}"
        return member

    def _value(self, each: Property, value: object) -> object:
        if not each.many:
            return None if value is None else self._one(each, value)
        if value is None:
            return []
        if not isinstance(value, list):
            raise _not_convertible(value, f"Collection({each.type})")
        return [self._one(each, entry) for entry in value]

    def _one(self, each: Property, value: object) -> object:
        if each.type in self._words:
            return self._word(each, value)
        if (kind := self._kinds.get(each.type)) is not None:
            if not isinstance(value, dict):
                raise _not_convertible(value, kind.full_name)
            return self.read(kind, value)
        try:
            return _EDM[each.type](value)
        except (ValueError, TypeError) as error:
            raise _not_convertible(value, f"Edm.{each.type}") from error

    def _word(self, each: Property, value: object) -> str:
        word = self._words[each.type].get(str(value).lower())
        if word is None:
            raise _unreadable(f"Requested value '{value}' was not found.")
        return word


def _on_request(kind: Kind) -> set[str]:
    return {each.name for each in kind.properties.values()} - set(kind.unasked)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value


def _matching(pattern: re.Pattern[str]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not pattern.match(_text(value)):
            raise ValueError("another form is expected")
        return str(value)

    return check


def _boolean(value: object) -> bool:
    # Examples of Microsoft's own write "true".
    found = value if isinstance(value, bool) else _BOOLEANS.get(_text(value).lower())
    if found is None:
        raise ValueError("true or false is expected")
    return found


def _whole(value: object) -> int:
    if isinstance(value, bool | float):
        raise TypeError("a whole number is expected")
    return int(str(value))


def _number(value: object) -> float:
    if isinstance(value, bool):
        raise TypeError("a number is expected")
    return float(str(value))


def _time(value: object) -> str:
    return stamp(parse(_text(value)))


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode("".join(_text(value).split()), validate=True)
    except binascii.Error as error:
        raise ValueError("base64 is expected") from error


_EDM: Mapping[str, Callable[[object], object]] = {
    "String": _text,
    "Guid": _text,
    "Boolean": _boolean,
    "Int32": _whole,
    "Double": _number,
    "DateTimeOffset": _time,
    "Date": _matching(_DATE),
    "TimeOfDay": _matching(_TIME_OF_DAY),
    "Duration": _matching(_DURATION),
    "Binary": _bytes,
    "Any": lambda value: value,
}


def _not_convertible(value: object, type_: str) -> Refused:
    shown = value if isinstance(value, str | int | float | bool) else type(value).__name__
    return _unreadable(f"Cannot convert the literal '{shown}' to the expected type '{type_}'.")


def _unreadable(text: str) -> Refused:
    return Refused(400, "RequestBodyRead", text)
