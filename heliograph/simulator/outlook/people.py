"""Who stands in mail and meetings: a name and an address, and how they are compared."""

from collections.abc import Iterable, Mapping
from typing import Any

Person = Mapping[str, Any]


def recipient(address: str, name: str = "") -> dict[str, Any]:
    """An address as mail and meetings hold it."""
    return {"emailAddress": {"name": name or address, "address": address}}


def entry_of(person: Person | None) -> Mapping[str, Any]:
    """The name and the address of *person*, as far as there are any."""
    return (person or {}).get("emailAddress") or {}


def address_of(person: Person | None) -> str:
    """The address of *person*, in lower case."""
    return str(entry_of(person).get("address") or "").lower()


def shown(row: Mapping[str, Any], *names: str) -> list[str]:
    """Who stands in the properties called *names*, each with name and address."""
    entries = (entry_of(person) for person in people(row, *names))
    return [f"{one.get('name') or ''} <{one.get('address') or ''}>" for one in entries]


def people(row: Mapping[str, Any], *names: str) -> Iterable[Person]:
    """Who stands in the properties called *names*, which hold one person or several."""
    for name in names:
        value = row.get(name) or ()
        yield from (value,) if isinstance(value, Mapping) else value


def addresses(row: Mapping[str, Any], *names: str) -> list[str]:
    """Their addresses in lower case, each once."""
    found = (address_of(person) for person in people(row, *names))
    return [*dict.fromkeys(filter(None, found))]
