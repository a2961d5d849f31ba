"""What the tests of the listener post, and the fakes that stand for Redis."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette

from heliograph.client_state import ClientStates
from heliograph.errors import QueueUnavailable
from heliograph.queue.intake import Arrival
from heliograph.subscriptions import Registration
from heliograph.validation_tokens import ISSUERS, App, Trust
from listener.app import application
from listener.bodies import Bodies
from listener.checks import Checks
from listener.endpoints import Door, Readiness
from listener.known import Known
from listener.tally import Tally
from tests.heliograph.entra import CLIENT, NOW, TENANT, key

KEY = b"k" * 32
USER = "622eaaff-0683-4862-9de4-f2ec83c2bd98"
SUBSCRIPTION = "c6126aa3-0ed8-412f-a988-71e6cee627c4"
MAIL = "AAMkAGUwNjQ4ZjIxAAA="
CONTENT = {
    "data": "ZGF0YQ==",
    "dataKey": "a2V5",
    "dataSignature": "c2ln",
    "encryptionCertificateId": "cert-1",
}
STATES = ClientStates([KEY])


def a_registration(id_: str = "r1", **fields: Any) -> Registration:
    registration = Registration(
        id=id_,
        tenant_id=TENANT,
        client_id=CLIENT,
        resource=f"users/{USER}/messages",
        kind="messages",
        owner=USER,
    )
    return msgspec.structs.replace(registration, **fields)


def an_item(registration: str = "r1", **fields: Any) -> dict[str, Any]:
    """A genuine notification, as Graph sends it; a field set to `...` is left out."""
    item = {
        "subscriptionId": SUBSCRIPTION,
        "subscriptionExpirationDateTime": "2026-11-29T03:12:18.2257768+00:00",
        "changeType": "created",
        "resource": f"Users/{USER}/Messages/{MAIL}",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": f"Users/{USER}/Messages/{MAIL}",
            "@odata.etag": 'W/"CQAAABYAAACQ2fKdhq8oSKEDSVrdi3lRAAGDUUXn"',
            "id": MAIL,
        },
        "clientState": STATES.make(registration),
        "tenantId": TENANT,
    }
    return {name: value for name, value in (item | fields).items() if value is not ...}


def a_body(*items: Mapping[str, Any], **fields: Any) -> bytes:
    return json.dumps({"value": items or [an_item()], **fields}).encode()


class Store:
    """An intake in memory."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.calls = 0
        self.error: Exception | None = None

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error
        self.arrivals += arrivals

    async def ready(self) -> None:
        if self.error is not None:
            raise QueueUnavailable("away")

    @property
    def accepted(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.refused is None]

    @property
    def refused(self) -> list[str]:
        return [arrival.refused for arrival in self.arrivals if arrival.refused is not None]


class Records:
    """Registrations in memory."""

    def __init__(self, *registrations: Registration) -> None:
        self.by_id = {registration.id: registration for registration in registrations}
        self.asked: list[str] = []
        self.error: Exception | None = None

    async def get(self, id_: str) -> Registration | None:
        self.asked.append(id_)
        if self.error is not None:
            raise self.error
        return self.by_id.get(id_)


@dataclass(kw_only=True)
class Listener:
    """The real application over fakes, and a client of it."""

    store: Store = field(default_factory=Store)
    records: Records = field(default_factory=lambda: Records(a_registration()))
    readiness: Readiness = field(default_factory=Readiness)
    bodies: Bodies = field(default_factory=Bodies)
    known_keys: Sequence[str] = ("k1",)
    prefix: str = ""
    at: float = NOW

    @property
    def app(self) -> Starlette:
        keys = {kid: key(kid).public_key() for kid in self.known_keys}
        apps: dict[App, Trust] = {(CLIENT, TENANT): Trust(key_of=keys.get, issuers=ISSUERS)}
        known = Known(self.records, clock=lambda: self.at)
        return application(
            Door(
                checks=Checks(client_states=STATES, known=known, apps=apps),
                intake=self.store,
                tally=Tally({TENANT: "contoso"}),
                bodies=self.bodies,
                readiness=self.readiness,
                clock=lambda: self.at,
            ),
            prefix=self.prefix,
        )

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://listener") as client:
            answer = await client.request(method, path, **options)
        await asyncio.sleep(0)  # the turn of the event loop ends, in which it was answered
        return answer

    async def post(
        self, body: bytes | None = None, *, path: str = "/graph/notifications", **options: Any
    ) -> httpx.Response:
        content = a_body() if body is None else body
        return await self.ask("POST", path, content=content, **options)
