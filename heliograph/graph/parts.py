"""The answers inside of a batch's answer. The id of a call is its place among the parts.

https://learn.microsoft.com/graph/json-batching
"""

from typing import Any

import msgspec

from heliograph.graph.answers import decode
from heliograph.graph.transport import Request, Response


class _Item(msgspec.Struct, frozen=True):
    id: str
    status: int
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw()


class _Answers(msgspec.Struct, frozen=True):
    responses: list[_Item]


def answers_of_parts(request: Request, response: Response) -> list[tuple[Request, Response | None]]:
    """Each part of the batch *request* with its answer in *response*; None where it has none."""
    answered = {item.id: _response(item) for item in decode(response.content, _Answers).responses}
    return [(part, answered.get(str(place))) for place, part in enumerate(request.parts)]


def throttled(request: Request, response: Response) -> list[tuple[Request, Response]]:
    """The calls that Graph wants to wait: *request*, or those of its parts, with their 429s."""
    if response.status == 429:
        return [(request, response)]
    if not request.parts or b"429" not in response.content:
        return []
    pairs = answers_of_parts(request, response)
    return [(part, answer) for part, answer in pairs if answer and answer.status == 429]


def _response(item: _Item) -> Response:
    headers = {name.lower(): str(value) for name, value in (item.headers or {}).items()}
    return Response(status=item.status, headers=headers, content=bytes(item.body))
