"""Bodies that callers send to the directory: read by the types of its objects."""

from collections.abc import Mapping
from typing import Any

from heliograph.simulator.graph.calls import Call
from heliograph.simulator.graph.directory.kinds import KINDS, Family
from heliograph.simulator.refusals import Refused, bad_request


def read(call: Call, family: Family) -> dict[str, Any]:
    """The properties of an object of *family* in the body, each of which may be written."""
    body = call.json()
    for name in body:
        if "@odata." in name:
            continue
        known = family.kind.property(name)
        if known is None:
            raise bad_request(f"Invalid property '{name}'.")
        if known.name not in family.writable:
            raise bad_request(f"Property '{known.name}' is read-only and cannot be set.")
    return typed(family, body)


def typed(family: Family, body: Mapping[str, Any]) -> dict[str, Any]:
    """The properties in *body*, under the names of the metadata and of its types."""
    try:
        return KINDS.read(family.kind, body)
    except Refused as refused:
        raise bad_request(refused.message) from refused


def parameter(call: Call, name: str) -> Any:  # noqa: ANN401 (whatever the caller sent)
    """The parameter of an action, whose name has no case; None where it is not there."""
    wanted = name.lower()
    return next((value for key, value in call.json().items() if key.lower() == wanted), None)


def parameters(call: Call, *names: str) -> dict[str, Any]:
    """The parameters of an action, all of which must be there."""
    found = {name: parameter(call, name) for name in names}
    for name, value in found.items():
        if value is None:
            raise bad_request(f"A value is required for the parameter '{name}'.")
    return found


def ids(call: Call, name: str, *, most: int) -> list[str]:
    """The ids in a parameter, at *most* so many."""
    value = parameter(call, name)
    if not isinstance(value, list):
        raise bad_request(f"A value is required for the parameter '{name}'.")
    if len(value) > most:
        raise bad_request(f"The parameter '{name}' holds {len(value)} ids, {most} are allowed.")
    return [str(one) for one in value]


def referenced(body: Mapping[str, Any]) -> str:
    """The id in the `@odata.id` of a `$ref` body, whichever host and collection it names."""
    link = body.get("@odata.id")
    if not isinstance(link, str) or "/" not in link:
        raise bad_request("The @odata.id of the reference is missing.")
    name = link.rstrip("/").rpartition("/")[2]
    id_ = name.removesuffix("')").rpartition("('")[2]
    if not id_:
        raise bad_request("The @odata.id of the reference is missing.")
    return id_


def bound(body: Mapping[str, Any], name: str, *, most: int = 20) -> list[str]:
    """The ids that *body* binds to the relation called *name*."""
    links = body.get(f"{name}@odata.bind") or []
    if not isinstance(links, list) or len(links) > most:
        raise bad_request(f"At most {most} references can be bound at once.")
    return [referenced({"@odata.id": link}) for link in links]
