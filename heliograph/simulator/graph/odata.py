"""What the query options of all collections have in common: order, size and pages."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from heliograph.simulator.graph.calls import Call
from heliograph.simulator.refusals import Refused, bad_request

Row = Mapping[str, Any]


def top(call: Call, *, default: int, most: int) -> int:
    """The page size that the caller wants."""
    wish = call.query.get("$top") or call.preference("odata.maxpagesize") or str(default)
    if not wish.isdecimal() or int(wish) < 1 or int(wish) > most:
        raise bad_request(f"Invalid page size specified: '{wish}'. Must be between 1 and {most}.")
    return int(wish)


def ordered(call: Call, rows: Iterable[Row]) -> list[Row]:
    """*rows* as `$orderby` says."""
    found = list(rows)
    for part in reversed(call.query.get("$orderby", "").split(",")):
        name, _, direction = part.strip().partition(" ")
        if name:
            found.sort(
                key=lambda row, path=name: _sortable(row, path),  # type: ignore[misc]  # a default binds the name
                reverse=direction.strip().lower() == "desc",
            )
    return found


def position(call: Call) -> int:
    """Where the page that the caller asks for begins."""
    if "$skiptoken" not in call.query:
        return 0
    text = clear(call.query["$skiptoken"])
    if not text.isdecimal():
        raise bad_request("Specified page token value has expired or is invalid.")
    return int(text)


def next_page(call: Call, at: int) -> str:
    """The link to the page that begins *at*."""
    query = {**call.query, "$skiptoken": opaque(str(at))}
    return call.link("/" + "/".join(encoded(call)), query)


def wants_count(call: Call) -> bool:
    """Whether the caller wants all rows counted."""
    return call.query.get("$count", "").lower() == "true"


def page(call: Call, rows: Sequence[Row], *, size: int) -> tuple[Sequence[Row], str]:
    """The rows of one page by `$skip`, and the link to the next."""
    text = call.query.get("$skip", "0")
    if not text.isdecimal():
        raise Refused(400, "ErrorInvalidUrlQueryFilter", "The $skip value is invalid.")
    start = int(text)
    if start + size >= len(rows):
        return rows[start:], ""
    query = {**call.query, "$skip": str(start + size)}
    return rows[start : start + size], call.link("/" + "/".join(encoded(call)), query)


def encoded(call: Call) -> list[str]:
    """The segments of the call's path, fit for a link."""
    return [quote(part, safe="@$'(),:=") for part in call.segments]


def opaque(text: str) -> str:
    """*text* as a token that callers read no meaning into."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def clear(token: str) -> str:
    """The text in a token of ours. Raises Refused for any other."""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Refused(
            400, "Request_BadRequest", "Specified page token value has expired or is invalid."
        ) from error


def _sortable(row: Row, path: str) -> tuple[bool, str]:
    value: object = row
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value is None, str(value).casefold()
