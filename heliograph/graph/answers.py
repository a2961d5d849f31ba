"""What an answer of Graph says: an error of ours, a time to wait, a typed value, properties.

Pure. An error is told by its status, then by its code without case; by its text only where Graph
gives no other sign. https://learn.microsoft.com/graph/errors
"""

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from heliograph.errors import (
    Conflict,
    Forbidden,
    Gone,
    GraphError,
    Invalid,
    NotFound,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from heliograph.graph.requirements import hint, scope_of
from heliograph.graph.transport import Request, Response

T = TypeVar("T")

LONGEST_TEXT = 300

_CONTAINERS = frozenset({dict, list})

_THROTTLE = ("scope", "information")  # headers of the directory: whose limit, and which

_BY_STATUS: dict[int, type[GraphError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: Conflict,
    423: Conflict,
    429: Throttled,
    509: Throttled,
}
_GONE = frozenset({"syncstatenotfound", "resyncrequired"})  # with any status, says the reference


class _Detail(msgspec.Struct, frozen=True):
    code: str | None = None


class _InnerError(msgspec.Struct, frozen=True, rename={"request_id": "request-id"}):
    request_id: str | None = None


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    code: str | None = None
    message: str | None = None
    details: list[_Detail] | None = None
    inner_error: _InnerError | None = None
    innererror: _InnerError | None = None  # both spellings are documented


class _Envelope(msgspec.Struct, frozen=True):
    error: _Error


def refusal(request: Request, response: Response) -> GraphError:
    """The error that *response* stands for; its status is 300 or above."""
    error = _error(response)
    code, text = cut(error.code or ""), cut(error.message or "")
    inner = error.inner_error or error.innererror or _InnerError()
    refused = _class(response.status, error)(
        _sentence(request, response, code, text),
        status=response.status,
        code=code,
        request_id=response.headers.get("request-id") or cut(inner.request_id or ""),
        client_request_id=response.headers.get("client-request-id", ""),
        retry_after=retry_after(response.headers),
    )
    if isinstance(refused, Forbidden):
        refused.permission = _needed(request, response)
    if isinstance(refused, Gone):
        refused.location = response.headers.get("location", "")
    return refused


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Whole seconds that Graph asks to wait, rounded up; None where it does not say.

    Graph sends decimals at times. A date counts from *now*, else from the answer's own `Date`.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, now or _date(headers.get("date", "")))
    return float(math.ceil(seconds)) if 0 <= seconds < math.inf else None


def decode(content: bytes, type_: type[T]) -> T:
    """*content* as *type_*. Raises GraphError where Graph's answer is not of that shape."""
    try:
        value: T = _decoder(cast("Any", type_)).decode(content)
    except msgspec.DecodeError as error:
        raise GraphError(f"an answer of Graph is not as documented: {cut(str(error))}") from error
    return value


def properties(content: bytes) -> dict[str, object]:
    """The plain properties of an object: its JSON without the annotations of OData."""
    return plain(decode(content, dict[str, object]))


def number(content: bytes) -> int:
    """The number that *content* is, as `$count` answers: with a byte order mark or without."""
    text = content.decode("utf-8-sig", errors="replace").strip()
    if not text.isdecimal():
        raise GraphError(f"an answer of Graph is not the number it should be: {cut(text)}")
    return int(text)


def plain(found: dict[str, object]) -> dict[str, object]:
    """*found* without the annotations of OData, at any depth; itself where there are none."""
    if "@odata." not in "".join(found) and _CONTAINERS.isdisjoint(map(type, found.values())):
        return found  # as most of a million users are: worth the look
    return {
        name: _plain(value) if isinstance(value, dict | list) else value
        for name, value in found.items()
        if "@odata." not in name
    }


def cut(text: str) -> str:
    """Foreign *text*, short and on one line, fit to be logged."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text[: 2 * LONGEST_TEXT])
    return " ".join(printable.split())[:LONGEST_TEXT]


def _class(status: int, error: _Error) -> type[GraphError]:
    if status < 500 and (error.code or "").lower() in _GONE:
        return Gone
    if status == 400:
        return _class_of_400(error)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Invalid if 400 <= status < 500 else Unavailable


def _class_of_400(error: _Error) -> type[GraphError]:
    """The directory answers 400 to what others answer by 409 and 404."""
    text = (error.message or "").lower()
    if any(detail.code == "ObjectConflict" for detail in error.details or ()):
        return Conflict
    if "already exist" in text or text.startswith("a conflicting object"):
        return Conflict
    return NotFound if "referenced don't exist" in text else Invalid


def _error(response: Response) -> _Error:
    try:
        return msgspec.json.decode(response.content, type=_Envelope).error
    except msgspec.DecodeError:
        return _Error()  # a gateway before Graph answers in HTML, or not at all


def _sentence(request: Request, response: Response, code: str, text: str) -> str:
    said = ": ".join(part for part in (code, text) if part) or "no reason given"
    more = ""
    if response.status == 403:
        needed = _needed(request, response)
        more = (f" (needs {needed})" if needed else "") + hint(request)
    elif response.status == 429:
        told = (response.headers.get(f"x-ms-throttle-{name}") for name in _THROTTLE)
        more = "".join(f" ({cut(part)})" for part in told if part)
    return f"Graph answered {response.status}: {said}{more}"


def _needed(request: Request, response: Response) -> str | None:
    """The least permission that *request* takes of whoever asked."""
    return request.permission if response.caller == "app" else scope_of(request)


def _until(value: str, now: datetime | None) -> float:
    date = _date(value)
    return max(0.0, (date - now).total_seconds()) if date and now else math.inf


def _date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value)
    except ValueError:
        return None


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return plain(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 (any type there is)
    return msgspec.json.Decoder(type_)
