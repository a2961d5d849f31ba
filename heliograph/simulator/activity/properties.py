"""Properties as a person writes them in a hurry, brought into Graph's forms.

An address becomes a recipient, a text a body, a time a time with its zone. Whatever has Graph's
form already stays as it is.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from heliograph.simulator.clock import parse
from heliograph.simulator.outlook.people import recipient
from heliograph.simulator.refusals import Refused
from heliograph.simulator.world import World

Properties = Mapping[str, Any]

_HOUR = timedelta(hours=1)


def shaped(world: World, given: Properties) -> dict[str, Any]:
    """*given* in Graph's forms; an event that begins without an end lasts an hour."""
    properties = {name: _shaped(world, name, value) for name, value in given.items()}
    if isinstance(given.get("start"), str) and "end" not in given:
        properties["end"] = zoned(_time(given["start"]) + _HOUR)
    return properties


def zoned(time: datetime) -> dict[str, str]:
    """*time* as events hold it."""
    return {"dateTime": f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def person(world: World, name: str) -> dict[str, Any]:
    """The recipient that *name* means: someone in the tenant, or an address outside."""
    try:
        user = world.directory.user(name)
    except Refused:
        return recipient(name)
    return recipient(user.get("mail") or user["userPrincipalName"], user["displayName"])


def _shaped(world: World, name: str, value: object) -> object:
    if isinstance(value, str) and name in _OF_TEXT:
        return _OF_TEXT[name](world, value)
    if isinstance(value, list) and name in _OF_ENTRIES:
        shape = _OF_ENTRIES[name]
        return [shape(world, entry) if isinstance(entry, str) else entry for entry in value]
    return value


def _body(_: World, text: str) -> object:
    return {"contentType": "text", "content": text}


def _place(_: World, text: str) -> object:
    return {"displayName": text}


def _zoned(_: World, text: str) -> object:
    return zoned(_time(text))


def _time(text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"start: expected a time with a zone, got {text[:50]!r}") from error


def _address(_: World, text: str) -> object:
    return {"name": text, "address": text}


_OF_TEXT: Mapping[str, Callable[[World, str], object]] = {
    "body": _body,
    "from": person,
    "sender": person,
    "start": _zoned,
    "end": _zoned,
    "location": _place,
}
_OF_ENTRIES: Mapping[str, Callable[[World, str], object]] = {
    "toRecipients": person,
    "ccRecipients": person,
    "bccRecipients": person,
    "attendees": person,
    "emailAddresses": _address,
}
