"""Threats S13 and S14 of reliability.md, with the real client on a loopback Graph.

Every place that a link could lead to on this machine is served, by a certificate that the client
trusts: so a request that leaves would arrive, and be counted.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from heliograph.errors import Invalid, NotFound, Unavailable
from heliograph.graph import GraphClient, Request, open_client
from tests.heliograph.graph.conftest import a_tenant
from tests.heliograph.graph.edge import Certificate, Entra, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Server:
    """Answers every request alike, and remembers it."""

    answer: Response = field(default_factory=lambda: JSONResponse({"value": []}))
    seen: list[tuple[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        app = Starlette()
        app.router.default = self._take  # no route: a path may hold what a pattern does not match
        return app

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append((scope["method"], scope["raw_path"].decode()))
        await self.answer(scope, receive, send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    graph: Server
    evil: Server
    client: GraphClient
    graph_host: str
    evil_host: str

    def link(self, form: str) -> str:
        return form.format(graph=self.graph_host, evil=self.evil_host)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def servers(certificate: Certificate) -> AsyncIterator[Stage]:
    """One for all tests, as a server takes its time to end."""
    graph, evil = Server(), Server()
    async with AsyncExitStack() as stack:
        origin, elsewhere, authority = [
            await stack.enter_async_context(serving(app, certificate))
            for app in (graph.app(), evil.app(), Entra().app())
        ]
        tenant = a_tenant(graph=origin, authority=authority, ca_file=certificate.certificate)
        yield Stage(
            graph=graph,
            evil=evil,
            client=await stack.enter_async_context(open_client(tenant)),
            graph_host=origin.removeprefix("https://"),
            evil_host=elsewhere.removeprefix("https://"),
        )


@pytest.fixture
def stage(servers: Stage) -> Stage:
    for server in (servers.graph, servers.evil):
        server.seen.clear()
    return servers


LINKS = {
    "another host": "https://{evil}/v1.0/users",
    "another scheme": "http://{graph}/v1.0/users",
    "no scheme": "//{evil}/v1.0/users",
    "a path alone": "/v1.0/users",
    "our host as user": "https://{graph}@{evil}/v1.0/users",
    "our host as password": "https://x:{graph}@{evil}/v1.0/users",
    "a user before our host": "https://user@{graph}/v1.0/users",
    "our host as a part of another": "https://{graph}.evil/v1.0/users",
    "the machine itself": "https://127.0.0.1/v1.0/users",
    "the metadata of a cloud": "http://169.254.169.254/metadata/identity/oauth2/token",
    "the metadata over https": "https://169.254.169.254/v1.0/users",
    "an IPv6 address": "https://[::1]/v1.0/users",
    "a host in other letters": "https://graph.m\u0456crosoft.com/v1.0/users",
    "a full stop of another script": "https://graph\u3002microsoft.com/v1.0/users",
    "a back slash": "https://{graph}\\@{evil}/v1.0/users",
    "a fragment": "https://{graph}#@{evil}/v1.0/users",
    "a query in place of a path": "https://{graph}?@{evil}/v1.0/users",
    "a line break": "https://{graph}/v1.0/users\r\nhost: {evil}",
    "a blank": "https://{graph}/v1.0/users {evil}",
    "another version": "https://{graph}/beta/users",
    "out of the version": "https://{graph}/v1.0/../beta/users",
    "out of the version, encoded": "https://{graph}/v1.0/%2e%2e/beta/users",
    "a longer version": "https://{graph}/v1.0.evil/users",
    "a file": "file:///etc/passwd",
}


async def next_link(stage: Stage) -> None:
    _ = [user async for user in stage.client.users.direct_reports("1")]


async def delta_link(stage: Stage) -> None:
    _ = [page async for page in stage.client.delta.users().pages()]


@pytest.mark.parametrize("form", LINKS.values(), ids=LINKS.keys())
@pytest.mark.parametrize(
    ("name", "follow"), [("@odata.nextLink", next_link), ("@odata.deltaLink", delta_link)]
)
async def test_a_link_that_leads_elsewhere_sends_nothing_and_no_token(
    stage: Stage, form: str, name: str, follow: Callable[[Stage], Awaitable[None]]
) -> None:
    stage.graph.answer = JSONResponse({"value": [{"id": "1"}], name: stage.link(form)})
    with pytest.raises(Invalid, match="a link in an answer"):
        await follow(stage)
    assert stage.evil.seen == []
    assert len(stage.graph.seen) == 1


@pytest.mark.parametrize("form", LINKS.values(), ids=LINKS.keys())
async def test_a_link_that_was_kept_is_judged_anew(stage: Stage, form: str) -> None:
    """Who can write to Redis must not get the token."""
    with pytest.raises(Invalid, match="a link in an answer"):
        _ = [page async for page in stage.client.delta.users().pages(stage.link(form))]
    assert stage.evil.seen == stage.graph.seen == []


OTHER_HOSTS = {
    name: form for name, form in LINKS.items() if not form.startswith("https://{graph}/")
}


@pytest.mark.parametrize("form", OTHER_HOSTS.values(), ids=OTHER_HOSTS.keys())
async def test_an_upload_session_elsewhere_gets_nothing(stage: Stage, form: str) -> None:
    request = Request(method="PUT", path="/x", content=b"x", upload_url=stage.link(form))
    with pytest.raises(Invalid, match="an upload session"):
        await stage.client.calls.send(request)
    assert stage.evil.seen == stage.graph.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(stage: Stage, status: int) -> None:
    stage.graph.answer = Response(
        status_code=status, headers={"location": stage.link("https://{evil}/v1.0/users")}
    )
    with pytest.raises(Unavailable):
        await stage.client.users.get("1")
    assert stage.evil.seen == []
    assert len(stage.graph.seen) == 1


async def test_an_id_of_an_answer_is_no_address(stage: Stage) -> None:
    """`@odata.id` and `resource` are never asked for, wherever they lead."""
    link = stage.link("https://{evil}/v1.0/users/2")
    found = {"id": "2", "@odata.id": link, "resource": link, "@odata.context": link}
    stage.graph.answer = JSONResponse({"value": [found]})
    assert [user.id async for user in stage.client.users.direct_reports("1")] == ["2"]
    assert stage.evil.seen == []


IDS = {
    "up and over": ("x/../../directoryRoles", "/v1.0/users/x%2F..%2F..%2FdirectoryRoles"),
    "an option": ("x?$expand=manager", "/v1.0/users/x%3F$expand%3Dmanager"),
    "a fragment": ("x#y", "/v1.0/users/x%23y"),
    "encoded already": ("x%2f..%2fy", "/v1.0/users/x%252f..%252fy"),
    "another host": ("@evil.example/x", "/v1.0/users/@evil.example%2Fx"),
    "a whole address": ("https://evil.example", "/v1.0/users/https:%2F%2Fevil.example"),
    "a back slash": ("..\\..\\x", "/v1.0/users/..%5C..%5Cx"),
    "a line break": ("x\r\nhost: evil", "/v1.0/users/x%0D%0Ahost:%20evil"),
    "other letters": ("\u0456d", "/v1.0/users/%D1%96d"),
}


@pytest.mark.parametrize(("id_", "path"), IDS.values(), ids=IDS.keys())
async def test_an_id_stays_in_its_segment_on_the_wire(stage: Stage, id_: str, path: str) -> None:
    stage.graph.answer = JSONResponse({"id": "1"})
    await stage.client.users.get(id_)
    assert stage.graph.seen == [("GET", path)]
    assert stage.evil.seen == []


@pytest.mark.parametrize("id_", ["", ".", ".."])
async def test_an_id_that_is_a_step_in_the_path_sends_nothing(stage: Stage, id_: str) -> None:
    with pytest.raises(Invalid, match="an id or name is expected"):
        await stage.client.users.get(id_)
    assert stage.graph.seen == []


async def test_an_id_in_quotes_cannot_close_them(stage: Stage) -> None:
    stage.graph.answer = JSONResponse({"error": {"code": "x", "message": "y"}}, status_code=404)
    with pytest.raises(NotFound):
        await stage.client.users.get("$x')/manager")
    assert stage.graph.seen == [("GET", "/v1.0/users('$x%27%27%29%2Fmanager')")]
