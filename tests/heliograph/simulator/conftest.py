"""A running simulator, an app's client for it, and a receiver that listens for notifications."""

import asyncio
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from heliograph.simulator import Options, Running, running
from heliograph.simulator.switches import Switches


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request to the receiver."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def is_handshake(self) -> bool:
        return "validationToken" in self.query

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How the receiver answers; *after* seconds."""

    status: int = 202
    body: bytes = b""
    content_type: str = "text/plain"
    after: float = 0.0


def echo(request: Received) -> Reply:
    """What a good receiver does."""
    if request.is_handshake:
        return Reply(status=200, body=request.query["validationToken"][0].encode())
    return Reply()


@dataclass
class Receiver:
    """An endpoint for notifications on loopback."""

    url: str = ""
    reply: Callable[[Received], Reply] = echo
    handshakes: list[Received] = field(default_factory=list)
    posts: list[Received] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def some(
        self, count: int = 1, of: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> list[dict[str, Any]]:
        """The first items that fit, as soon as there are so many."""
        async with asyncio.timeout(5):
            while len(found := [item for item in self.items if of(item)]) < count:
                self.news.clear()
                await self.news.wait()
        return found

    async def posted(self, count: int = 1) -> list[Received]:
        """All POSTs with notifications, as soon as there are so many."""
        async with asyncio.timeout(5):
            while len(self.posts) < count:
                self.news.clear()
                await self.news.wait()
        return self.posts

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (request := await self._read(reader)) is not None:
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Received | None:
        line = (await reader.readline()).decode()
        if not line:
            return None
        method, target, _ = line.split(" ", 2)
        headers: dict[str, str] = {}
        while (text := (await reader.readline()).decode().strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Received(method=method, target=target, headers=headers, body=body)

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> None:
        reply = self.reply(request)
        if request.is_handshake:
            self.handshakes.append(request)
        else:
            self.posts.append(request)
            if 200 <= reply.status < 300:
                self.items.extend(request.json()["value"])
            self.news.set()
        if reply.after:
            await asyncio.sleep(reply.after)
        head = f"HTTP/1.1 {reply.status} X\r\ncontent-type: {reply.content_type}\r\n"
        writer.write(f"{head}content-length: {len(reply.body)}\r\n\r\n".encode() + reply.body)
        await writer.drain()


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A simulator, a client with its token, and a receiver."""

    simulator: Running
    graph: httpx.AsyncClient
    receiver: Receiver

    async def act(
        self, event: str, *, user: str = "", group: str = "", item: str = "", **properties: Any
    ) -> dict[str, Any]:
        """Have *event* happen; further names are properties."""
        wish = {"event": event, "user": user, "group": group, "item": item}
        answer = await self.control("POST", "activity", json={**wish, "set": properties})
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]  # JSON

    async def control(self, method: str, what: str, **more: Any) -> httpx.Response:
        return await self.graph.request(
            method, f"{self.simulator.ready['graph']}/_simulator/{what}", **more
        )

    async def advance(self, **by: float) -> None:
        seconds = timedelta(**by).total_seconds()
        answer = await self.control("POST", "clock", json={"advance": seconds})
        assert answer.status_code == 200

    async def users(self) -> list[dict[str, Any]]:
        return (await self.graph.get("/users")).json()["value"]  # type: ignore[no-any-return]  # JSON

    async def renew_token(self) -> None:
        """Go on with a new token of the app."""
        ready = self.simulator.ready
        answer = await self.graph.post(
            f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token",
            data={
                "client_id": ready["client_id"],
                "client_secret": ready["client_secret"],
                "grant_type": "client_credentials",
                "scope": "https://graph.microsoft.com/.default",
            },
        )
        self.graph.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def signed_in(self, name: str, scope: str) -> dict[str, str]:
        """The headers of a call in the name of somebody who has signed in."""
        ready = self.simulator.ready
        answer = await self.graph.post(
            f"{ready['authority']}/organizations/oauth2/v2.0/token",
            data={
                "client_id": ready["client_id"],
                "grant_type": "password",
                "username": name,
                "password": "Simulated-1234",
                "scope": scope,
            },
        )
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    def wish(self, resource: str, change_type: str = "updated,deleted", **more: Any) -> Any:
        now = self.simulator.world.clock.now().astimezone(UTC)
        return {
            "changeType": change_type,
            "notificationUrl": f"{self.receiver.url}/notify?route=a",
            "lifecycleNotificationUrl": f"{self.receiver.url}/lifecycle",
            "resource": resource,
            "expirationDateTime": (now + timedelta(hours=20)).isoformat(),
            "clientState": "state",
            **more,
        }

    async def subscribe(
        self, resource: str, change_type: str = "updated,deleted", **more: Any
    ) -> dict[str, Any]:
        headers = more.pop("headers", {})
        wish = self.wish(resource, change_type, **more)
        answer = await self.graph.post("/subscriptions", json=wish, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]  # JSON


def until(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


@asynccontextmanager
async def staged(options: Options, switches: Switches | None = None) -> AsyncIterator[Scene]:
    async with running(options, switches=switches) as simulator:
        receiver = Receiver()
        context: ssl.SSLContext | None = None
        if options.tls:
            context = server_context(simulator)
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        receiver.url = f"{'https' if context else 'http'}://localhost:{port}"
        ready = simulator.ready
        client = httpx.AsyncClient(
            base_url=f"{ready['graph']}/v1.0",
            verify=ssl.create_default_context(cafile=ready["ca_file"])
            if ready["ca_file"]
            else False,
            headers={"authorization": f"Bearer {ready['token']}"},
            trust_env=False,
        )
        try:
            async with client:
                yield Scene(simulator=simulator, graph=client, receiver=receiver)
        finally:
            server.close()


def server_context(simulator: Running) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = simulator.authority.issue()
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(certificate + key)
        context.load_cert_chain(file.name)
    return context


@pytest.fixture(autouse=True)
def _no_other_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


@pytest.fixture
def options() -> Options:
    """Plain http; a test that needs another overrides it."""
    return Options(tls=False, users=12)


@pytest.fixture
async def scene(options: Options, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    async with staged(options) as made:
        yield made


@pytest.fixture
def stage(options: Options) -> Callable[..., Any]:
    """Makes a scene with other options: `async with stage(speed=100) as scene`."""

    def make(switches: Switches | None = None, **changes: Any) -> Any:
        return staged(replace(options, **changes), switches)

    return make
