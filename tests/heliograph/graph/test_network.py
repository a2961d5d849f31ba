"""The edge itself: HttpTransport and the whole client, against a loopback server with TLS."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.responses import Response as Answer
from starlette.routing import Mount, Route

from heliograph.errors import Invalid, NotFound, Unavailable
from heliograph.graph import GraphClient, Request, Response, Transport, open_client
from heliograph.graph.transport import HttpTransport, NeverSent
from heliograph.settings import Tenant
from tests.heliograph.graph.edge import Certificate, Entra, serving, serving_http2


class Seen:
    """What reached the server."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.ports: list[int] = []  # of the client: one for each connection

    async def note(self, request: Received) -> None:
        target = request.scope["raw_path"].decode()
        query = request.scope["query_string"].decode()
        assert request.client is not None
        self.ports.append(request.client.port)
        self.requests.append(
            (
                request.method,
                target + ("?" + query if query else ""),
                dict(request.headers),
                await request.body(),
            )
        )


async def _halves() -> AsyncIterator[bytes]:
    yield b'{"id": "1"}'
    await asyncio.sleep(0)
    yield b'{"id": "1"}'


def a_graph(seen: Seen) -> Starlette:
    async def answer(request: Received) -> Answer:
        await seen.note(request)
        match request.path_params["rest"]:
            case "busy" if len(seen.ports) == 2:
                return Answer(status_code=503)
            case "slow":
                return StreamingResponse(_halves())
            case "redirect":
                return RedirectResponse("https://127.0.0.1:1/v1.0/users")
            case "users/astray/directReports":
                return JSONResponse(
                    {"value": [{"id": "1"}], "@odata.nextLink": "https://127.0.0.1:1/v1.0/users"}
                )
            case "users/gone":
                return JSONResponse(
                    {"error": {"code": "Request_ResourceNotFound", "message": "?"}},
                    status_code=404,
                    headers={"request-id": "r-1"},
                )
            case _:
                return JSONResponse({"id": "1"})

    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return Starlette(
        routes=[Mount("/v1.0", routes=[Route("/{rest:path}", answer, methods=methods)])]
    )


@pytest.fixture
def seen() -> Seen:
    return Seen()


async def test_a_request_goes_out_as_it_was_written(seen: Seen, certificate: Certificate) -> None:
    async with serving(a_graph(seen), certificate) as origin:
        transport = HttpTransport(origin, ca_file=certificate.certificate)
        request = Request(
            method="PATCH",
            path="/users/guest%23EXT%23@x.y/messages/a%2Fb%3D?$skiptoken=m~A%2B",
            params={"$select": "id,mail"},
            headers={"prefer": "x"},
            json={"mail": None},
        )
        response = await transport.send(request)
        await transport.close()
    assert (response.status, response.content) == (200, b'{"id":"1"}')
    ((method, target, headers, body),) = seen.requests
    assert method == "PATCH"
    assert (
        target
        == "/v1.0/users/guest%23EXT%23@x.y/messages/a%2Fb%3D?$skiptoken=m~A%2B&$select=id,mail"
    )
    assert (headers["prefer"], headers["content-type"]) == ("x", "application/json")
    assert body == b'{"mail":null}'


async def test_http2_is_spoken(certificate: Certificate) -> None:
    async with serving_http2(certificate) as (origin, asked):
        transport = HttpTransport(origin, ca_file=certificate.certificate)
        requests = [Request(method="GET", path=f"/users/{number}") for number in range(5)]
        answers = await asyncio.gather(*(transport.send(request) for request in requests))
        await transport.close()
    assert {answer.content for answer in answers} == {b'{"id": "1"}'}
    assert sorted(asked) == [f"/v1.0/users/{number}" for number in range(5)]


async def test_a_redirect_is_not_followed(seen: Seen, certificate: Certificate) -> None:
    async with serving(a_graph(seen), certificate) as origin:
        transport = HttpTransport(origin, ca_file=certificate.certificate)
        response = await transport.send(Request(method="GET", path="/redirect"))
        await transport.close()
    assert response.status == 307
    assert len(seen.requests) == 1


async def test_after_a_503_calls_go_on_another_connection(
    seen: Seen, certificate: Certificate
) -> None:
    """change-notifications.md 8.1: behind the old one is a server in trouble."""
    async with serving(a_graph(seen), certificate) as origin:
        transport = HttpTransport(origin, ca_file=certificate.certificate)
        answers = [await transport.send(Request(method="GET", path="/busy")) for _ in range(4)]
        await transport.close()
    assert [answer.status for answer in answers] == [200, 503, 200, 200]
    first, second, third, fourth = seen.ports
    assert first == second != third == fourth


async def test_calls_that_are_under_way_end_on_the_connection_that_was_left(
    seen: Seen, certificate: Certificate
) -> None:
    async with serving(a_graph(seen), certificate) as origin:
        transport = HttpTransport(origin, ca_file=certificate.certificate)
        pieces: list[bytes] = []

        async def meanwhile(piece: bytes) -> None:
            pieces.append(piece)
            if len(pieces) == 1:  # in the middle of the answer
                assert (await transport.send(Request(method="GET", path="/busy"))).status == 503

        request = Request(method="GET", path="/slow", sink=meanwhile)
        assert (await transport.send(request)).status == 200
        await transport.close()
    assert b"".join(pieces) == b'{"id": "1"}' * 2


async def test_an_untrusted_server_is_never_sent_anything(
    seen: Seen, certificate: Certificate
) -> None:
    async with serving(a_graph(seen), certificate) as origin:
        transport = HttpTransport(origin)
        with pytest.raises(NeverSent):
            await transport.send(Request(method="GET", path="/users"))
        await transport.close()
    assert seen.requests == []


async def test_a_closed_door_is_never_sent() -> None:
    transport = HttpTransport("http://127.0.0.1:1")
    request = Request(method="GET", path="/users", headers={"client-request-id": "c-1"})
    with pytest.raises(NeverSent) as failed:
        await transport.send(request)
    await transport.close()
    assert failed.value.client_request_id == "c-1"


async def test_a_lost_answer_is_unavailable_and_not_never_sent() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = HttpTransport(f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable) as failed:
        await transport.send(Request(method="GET", path="/users"))
    assert not isinstance(failed.value, NeverSent)
    await transport.close()
    server.close()
    await server.wait_closed()


@pytest.fixture
def served(tenant: Tenant, authority: str, certificate: Certificate) -> Tenant:
    return replace(tenant, authority=authority, ca_file=certificate.certificate)


async def test_the_whole_client_signs_its_calls(
    served: Tenant, seen: Seen, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonsense/ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonsense/ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with (
        serving(a_graph(seen), certificate) as origin,
        open_client(replace(served, graph=origin)) as graph,
    ):
        assert (await graph.users.get("1")).id == "1"
    headers = seen.requests[0][2]
    assert headers["authorization"] == "Bearer token-1"
    assert len(headers["client-request-id"]) == 36


async def test_a_refusal_of_the_whole_client_carries_both_ids(
    served: Tenant, seen: Seen, certificate: Certificate
) -> None:
    async with (
        serving(a_graph(seen), certificate) as origin,
        open_client(replace(served, graph=origin)) as graph,
    ):
        with pytest.raises(NotFound) as refused:
            await graph.users.get("gone")
    assert refused.value.request_id == "r-1"
    assert refused.value.client_request_id == seen.requests[0][2]["client-request-id"]


async def test_a_link_to_another_host_gets_no_token(
    served: Tenant, seen: Seen, certificate: Certificate
) -> None:
    """Threat S13, with the real client."""
    async with (
        serving(a_graph(seen), certificate) as origin,
        open_client(replace(served, graph=origin)) as graph,
    ):
        pages = graph.users.direct_reports("astray")
        with pytest.raises(Invalid, match="leads elsewhere"):
            _ = [user async for user in pages]
    assert len(seen.requests) == 1


async def test_a_wrapped_client_passes_every_call_through_the_wrapper(
    graph: GraphClient,
) -> None:
    class Journal:
        def __init__(self, inner: Transport) -> None:
            self.inner = inner
            self.writes: list[str] = []

        async def send(self, request: Request) -> Response:
            if request.is_write:
                self.writes.append(f"{request.method} {request.path}")
                return Response(status=204)
            return await self.inner.send(request)

    journals: list[Journal] = []

    def wrap(inner: Transport) -> Transport:
        journals.append(Journal(inner))
        return journals[-1]

    await graph.with_transport(wrap).users.delete("x")
    assert journals[0].writes == ["DELETE /users/x"]
    assert graph.with_transport(wrap).tenant is graph.tenant


async def test_one_token_serves_many_calls(
    served: Tenant, entra: Entra, seen: Seen, certificate: Certificate
) -> None:
    async with (
        serving(a_graph(seen), certificate) as origin,
        open_client(replace(served, graph=origin)) as graph,
    ):
        await asyncio.gather(*(graph.users.get(str(number)) for number in range(20)))
    assert len(seen.requests) == 20
    assert len(entra.asked) == 1
