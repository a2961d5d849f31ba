"""Threats S21, S22 and S30: who comes in, and what is said to those who do not."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from heliograph.settings import Settings
from listener.admin.operations import OPERATIONS
from listener.app import build as build_public
from tests.listener.admin.office import READ, WRITE, Office
from tests.listener.wired import configured

PATHS = sorted({one.path for one in OPERATIONS} | {"/metrics", "/openapi.json"})
WRITES = [one for one in OPERATIONS if one.method != "GET"]
PROBLEM = "application/problem+json"


def address(path: str) -> str:
    return path.replace("{id}", "r1")


def test_table_of_paths_is_all_that_is_routed(office: Office) -> None:
    routed = {route.path for route in office.app().routes if isinstance(route, Route)}
    assert routed == {*PATHS, "/healthz"}


@pytest.mark.parametrize("path", [*PATHS, "/", "/v2", "/healthz/../metrics"])
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"]
)
async def test_s21_nobody_comes_in_without_a_credential(
    client: httpx.AsyncClient, path: str, method: str
) -> None:
    answer = await client.request(method, address(path))
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", PATHS)
async def test_s21_wrong_credential_is_refused(client: httpx.AsyncClient, path: str) -> None:
    for said in ("Bearer wrong", "Basic cncncg==", "Bearer", "Bearer  writer's", "writer's"):
        answer = await client.get(address(path), headers={"authorization": said})
        assert answer.status_code == 401


@pytest.mark.parametrize("operation", WRITES, ids=[one.name for one in WRITES])
async def test_s21_reader_writes_nothing(
    client: httpx.AsyncClient, office: Office, operation: Any
) -> None:
    answer = await client.request(operation.method, address(operation.path), headers=READ)
    assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)
    assert await office.orders() == []


@pytest.mark.parametrize("path", PATHS)
async def test_s21_nothing_of_it_is_reachable_on_the_public_port(
    tmp_path: Path, redis_url: str, path: str
) -> None:
    settings = Settings.load(configured(tmp_path, redis_url), {})
    transport = httpx.ASGITransport(build_public(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://public") as client:
        for prefix in ("", "/hooks", "/admin"):
            answer = await client.get(prefix + address(path), headers=WRITE)
            assert answer.status_code == 404


async def test_health_alone_asks_for_nobody(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "alive"


async def test_metrics_of_the_process_are_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics", headers=READ)
    assert "heliograph_" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_s22_another_site_changes_nothing(
    client: httpx.AsyncClient, office: Office, headers: dict[str, str]
) -> None:
    await office.house.registrations.put(office.registered("r1"))
    answer = await client.delete("/v1/subscriptions/r1", headers={**WRITE, **headers})
    assert answer.status_code == 403
    assert await office.orders() == []


async def test_s22_own_pages_and_programs_may_act(
    client: httpx.AsyncClient, office: Office
) -> None:
    await office.house.registrations.put(office.registered("r1"))
    own = {"sec-fetch-site": "same-origin", "origin": "http://admin"}
    answer = await client.delete("/v1/subscriptions/r1", headers={**WRITE, **own})
    assert answer.status_code == 202


@pytest.mark.parametrize("path", PATHS)
async def test_s22_no_get_changes_anything(
    client: httpx.AsyncClient, office: Office, path: str
) -> None:
    await office.house.registrations.put(office.registered("r1"))
    await client.get(address(path), headers=WRITE)
    assert await office.orders() == []
    assert await office.house.registrations.all() == [office.registered("r1")]
    assert set(office.graph.calls) <= {"list", "get"}


@pytest.mark.parametrize("path", ["/healthz", *PATHS, "/v1/nothing"])
async def test_no_browser_keeps_or_frames_an_answer(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(address(path), headers=READ)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


BODIES = {
    "no JSON": (b"{", ""),
    "another type": (b'{"plan": 1}', "/plan"),
    "a field missing": (b"{}", ""),
    "a field too many": (b'{"plan": "00000000000000000000000000000000", "x": 1}', ""),
    "no plan's name": (b'{"plan": "x"}', "/plan"),
    "no UTF-8": (b'{"plan": "\xff"}', ""),
    "deep": (b"[" * 10_000, ""),
}


@pytest.mark.parametrize("name", BODIES)
async def test_body_that_is_wrong_is_told_where_and_how(
    client: httpx.AsyncClient, name: str
) -> None:
    body, pointer = BODIES[name]
    headers = {**WRITE, "content-type": "application/json"}
    answer = await client.post("/v1/apply", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    problem = answer.json()
    assert (problem["title"], problem["status"]) == ("Bad Request", 400)
    (error,) = problem["errors"]
    assert error["pointer"] == pointer
    assert error["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("limit=0", "limit"), ("limit=x", "limit"), ("tenant=", "tenant"), ("x=1", None)],
)
async def test_parameter_that_is_wrong_is_named(
    client: httpx.AsyncClient, query: str, parameter: str | None
) -> None:
    answer = await client.get(f"/v1/subscriptions?{query}", headers=READ)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].get("parameter") == parameter


async def test_parameter_that_stands_twice_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/plan?tenant=a&tenant=b", headers=READ)).status_code == 400


async def test_large_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {**WRITE, "content-type": "application/json"}
    answer = await client.post("/v1/apply", content=b" " * 70_000, headers=headers)
    assert answer.status_code == 413


async def test_body_of_another_type_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/apply", content=b"plan=1", headers=WRITE)
    assert answer.status_code == 415


async def test_s30_a_mistake_of_ours_tells_nothing(
    client: httpx.AsyncClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(type(office.house.registrations), "all", broken)
    answer = await client.get("/v1/subscriptions", headers=READ)
    assert (answer.status_code, answer.json()["detail"]) == (500, "failed")


async def test_method_that_is_none_is_refused_with_those_that_are(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.put("/v1/plan", headers=WRITE)
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
    assert "GET" in answer.headers["allow"]
