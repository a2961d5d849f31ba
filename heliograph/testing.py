"""For tests of handlers: a change, a Graph that answers what it is told, and an attempt of a run.

No Redis and no network. What the handler wrote stands in the Graph's `writes` afterwards.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import structlog

from heliograph.audit import AuditEntry, AuditStore
from heliograph.changes import Change
from heliograph.context import Context
from heliograph.effects import JournaledTransport
from heliograph.graph.client import GraphClient
from heliograph.graph.transport import Request, Response
from heliograph.settings import ClientSecret, Secret, Tenant
from heliograph.workflow import Journal, Steps

TENANT_ID = "00000000-0000-0000-0000-00000000000a"

_NOT_TOLD = {"error": {"code": "NotTold", "message": "not told by the test"}}


def a_change(kind: str = "users", what: str = "updated", **facts: Any) -> Change:  # noqa: ANN401 (fields of Change)
    """A change with sensible facts; *facts* are fields of `Change` that the test cares about."""
    defaults: dict[str, Any] = {
        "change_id": "0" * 32,
        "tenant": TENANT_ID,
        "id": "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053",
        "observed_at": 1_764_000_000_000,
    }
    return Change(kind=kind, what=what, **(defaults | facts))


@dataclass
class FakeGraph:
    """Answers as told: `{"GET /users/*": {...}}`, first match wins, `*` stands for any segment.

    A value is the JSON of a 200, an int a status without a body. What is not told is 404, or 403
    where Graph asks for a signed-in user.
    """

    answers: Mapping[str, object] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def writes(self) -> list[Request]:
        """The requests that would have changed something."""
        return [request for request in self.requests if request.is_write]

    async def send(self, request: Request) -> Response:
        """The told answer to *request*."""
        self.requests.append(request)
        asked = f"{request.method} {request.path}"
        for pattern, answer in self.answers.items():
            if re.fullmatch(re.escape(pattern).replace(r"\*", "[^/]+"), asked):
                if isinstance(answer, int):
                    return Response(status=answer)
                return Response(status=200, content=msgspec.json.encode(answer))
        status = 403 if request.caller == "user" else 404
        return Response(status=status, content=msgspec.json.encode(_NOT_TOLD))


@dataclass
class FakeAudit:
    """Keeps the entries that it is given."""

    entries: list[AuditEntry] = field(default_factory=list)

    async def append(self, entries: list[AuditEntry]) -> int:
        """As AuditStore's."""
        self.entries += entries
        return len(entries)


class FakeRun:
    """One run of a handler: each `attempt` finds the journal that earlier ones left."""

    def __init__(
        self, graph: FakeGraph | None = None, *, settings: object = None, run_id: str = "run"
    ) -> None:
        self.graph = graph or FakeGraph()
        self.audit = FakeAudit()
        self.settings = settings
        self.run_id = run_id
        self._entries: dict[str, bytes] = {}
        self._attempts = 0

    def attempt(self) -> Context:
        """The context of the next attempt."""
        self._attempts += 1
        journal = Journal(self.run_id, self._entries, write=self._write, clock=lambda: 0)
        transport = JournaledTransport(self.graph, journal)
        return Context(
            graph=GraphClient(transport, tenant=_TENANT),
            audit=cast("AuditStore", self.audit),
            settings=self.settings,
            attempt=self._attempts,
            idempotency_key=journal.idempotency_key(""),
            log=structlog.get_logger(),
            steps=Steps(journal),
        )

    async def _write(self, key: str, entry: bytes) -> None:
        self._entries[key] = entry


_TENANT = Tenant(
    name="test",
    tenant_id=TENANT_ID,
    client_id=TENANT_ID,
    credential=ClientSecret(secret=Secret("none")),
)
