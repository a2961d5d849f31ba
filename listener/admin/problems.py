"""What goes wrong, as RFC 9457 says it: `application/problem+json`, with what was expected."""

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from heliograph.telemetry import clean

MEDIA_TYPE = "application/problem+json"

SAFE: Mapping[str, str] = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer: no browser keeps it, frames it, or takes it for something else."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong: *pointer* is into the body (RFC 6901), *parameter* of the query."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of an answer that is an error."""

    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class Refused(Exception):
    """Ends a request with a problem. It never holds more than its caller may read."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: list[Fault] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.detail = status, clean(detail)
        self.errors, self.headers = errors or [], dict(headers or {})
        super().__init__(self.detail)

    def answer(self) -> Response:
        """The answer that tells it."""
        problem = Problem(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            errors=self.errors,
        )
        return Response(
            msgspec.json.encode(problem),
            self.status,
            headers={**SAFE, **self.headers},
            media_type=MEDIA_TYPE,
        )


_AT = re.compile(r"(?P<said>.*) - at `(?P<key>key in )?`?\$(?P<path>[^`]*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def fault_of(error: msgspec.DecodeError, *, in_query: bool) -> Fault:
    """What msgspec says of a value, and where that value is."""
    match = _AT.fullmatch(str(error))
    if match is None:
        return Fault(detail=clean(str(error)), pointer=None if in_query else "")
    steps = [name or number for name, number in _STEP.findall(match["path"])]
    if in_query:
        return Fault(detail=clean(match["said"]), parameter=steps[0] if steps else None)
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    return Fault(detail=clean(match["said"]), pointer=pointer)
