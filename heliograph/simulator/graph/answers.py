"""The forms of Graph's answers: errors with their envelope, lists, single objects."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from heliograph.simulator.clock import Clock
from heliograph.simulator.graph.calls import JSON_TYPE, Answer, Call
from heliograph.simulator.refusals import Refused


def refusal(refused: Refused, *, clock: Clock, ids: Mapping[str, str]) -> Answer:
    """The answer that *refused* becomes. *ids* are the request's own and the caller's."""
    inner = {"date": clock.now().strftime("%Y-%m-%dT%H:%M:%S"), **refused.inner, **ids}
    details = {"details": refused.details} if refused.details else {}
    error = {"code": refused.code, "message": refused.message, **details, "innerError": inner}
    return Answer(status=refused.status, body={"error": error}, headers=refused.headers)


def encoded(answer: Answer) -> tuple[bytes, dict[str, str]]:
    """The body of *answer* as bytes, and its headers."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if answer.body is None:
        return b"", headers
    if isinstance(answer.body, bytes):
        return answer.body, headers
    if isinstance(answer.body, str):
        return answer.body.encode(), {"content-type": "text/plain", **headers}
    return msgspec.json.encode(answer.body), {"content-type": JSON_TYPE, **headers}


def listing(
    call: Call,
    context: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    next_link: str = "",
    count: int | None = None,
) -> Answer:
    """A collection: its context, its rows, the link to the next page where there is one, and
    the *count* of all rows where that was asked for.
    """
    body: dict[str, Any] = {"@odata.context": call.context(context)}
    if count is not None:
        body["@odata.count"] = count
    if next_link:
        body["@odata.nextLink"] = next_link
    return Answer(body={**body, "value": rows})


def entity(call: Call, context: str, row: Mapping[str, Any], *, status: int = 200) -> Answer:
    """One object."""
    return Answer(status=status, body={"@odata.context": call.context(context, one=True), **row})


def preferred(answer: Answer, honoured: str) -> Answer:
    """*answer*, saying which preferences it honours."""
    if not honoured:
        return answer
    known = answer.headers.get("preference-applied", "")
    both = ", ".join(filter(None, (known, honoured)))
    return replace(answer, headers={**answer.headers, "preference-applied": both})


NOTHING = Answer(status=204)
ACCEPTED = Answer(status=202)
