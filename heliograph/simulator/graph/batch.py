"""`$batch`: up to 20 calls in one, each answered on its own (change-notifications.md, 8.3)."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from heliograph.simulator.graph.answers import encoded
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.refusals import Refused

MOST = 20

Ask = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Answer]]
"""Method, path with query, headers and body of one call, to its answer."""


async def answer(call: Call, ask: Ask) -> Answer:
    """The answers to the calls in *call*, made with *ask* in their order."""
    requests = _checked(call.json().get("requests"))
    done: dict[str, dict[str, Any]] = {}
    for request in requests:
        id_ = str(request["id"])
        needed = [str(other) for other in request.get("dependsOn") or ()]
        if all(other in done and done[other]["status"] < 400 for other in needed):
            done[id_] = await _one(request, ask)
        else:
            done[id_] = _failed_dependency(id_)
    return Answer(body={"responses": list(done.values())})


async def _one(request: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    body = request.get("body")
    raw = b"" if body is None else msgspec.json.encode(body)
    headers = {
        str(key).lower(): str(value) for key, value in (request.get("headers") or {}).items()
    }
    url = _relative(str(request["url"]))
    if (raw and "content-type" not in headers) or url.lower().startswith("/$batch"):
        return {"id": str(request["id"]), "status": 400, "headers": {}, "body": {}}
    answered = await ask(str(request["method"]).upper(), url, headers, raw)
    content, sent = encoded(answered)
    item: dict[str, Any] = {"id": str(request["id"]), "status": answered.status, "headers": sent}
    if content:
        item["body"] = (
            answered.body if "json" in sent["content-type"] else base64.b64encode(content)
        )
    return item


def _relative(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path if parts.path.startswith("/") else "/" + parts.path
    path = path.removeprefix("/v1.0")
    return f"{path}?{parts.query}" if parts.query else path


def _checked(requests: object) -> list[dict[str, Any]]:
    if not isinstance(requests, list) or not requests or len(requests) > MOST:
        raise Refused(400, "BadRequest", f"A batch holds 1 to {MOST} requests.")
    whole = all(
        isinstance(item, dict) and {"id", "method", "url"} <= set(item) for item in requests
    )
    if not whole:
        raise Refused(400, "BadRequest", "Each request of a batch has an id, a method and a url.")
    if len({str(item["id"]).lower() for item in requests}) != len(requests):
        raise Refused(400, "BadRequest", "The ids in a batch differ from each other.")
    return requests


def _failed_dependency(id_: str) -> dict[str, Any]:
    error = {"code": "FailedDependency", "message": "A request that this one needs has failed."}
    return {"id": id_, "status": 424, "headers": {}, "body": {"error": error}}
