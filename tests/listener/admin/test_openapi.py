"""The description is OpenAPI 3.1, and what is answered is what it says: `make contract` goes on."""

import re
from typing import Any

import httpx
import pytest

from listener.admin.openapi import describe
from listener.admin.operations import OPERATIONS
from tests.listener.admin.office import READ, WRITE, Office

IDS = [one.name for one in OPERATIONS]


def refs(value: Any) -> set[str]:
    """Every reference in *value*."""
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(refs(part) for part in value.values()))
    return set().union(*(refs(part) for part in value)) if isinstance(value, list) else set()


def test_every_operation_is_described_once() -> None:
    described = describe()
    assert described["openapi"] == "3.1.0"
    found = {
        (path, method.upper(), operation["operationId"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert found == {(one.path, one.method, one.name) for one in OPERATIONS}


def test_every_reference_leads_somewhere() -> None:
    described = describe()
    names = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert refs(described) == names


@pytest.mark.parametrize("one", OPERATIONS, ids=IDS)
def test_operation_says_what_it_does_and_what_it_takes(one: Any) -> None:
    said = describe()["paths"][one.path][one.method.lower()]
    assert said["summary"].endswith(".")
    in_path = {p["name"] for p in said.get("parameters", []) if p["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", one.path))
    assert ("requestBody" in said) == (one.takes is not None)


async def test_description_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json", headers=READ)).json() == describe()


@pytest.mark.parametrize("one", OPERATIONS, ids=IDS)
async def test_status_of_every_answer_is_described(
    client: httpx.AsyncClient, office: Office, one: Any
) -> None:
    await office.house.registrations.put(office.registered("r1"))
    described = describe()["paths"][one.path][one.method.lower()]["responses"]
    for id_ in ("r1", "none"):
        for headers in ({}, READ, WRITE):
            for query in ("", "?x=1"):
                path = one.path.replace("{id}", id_) + query
                answer = await client.request(one.method, path, headers=headers)
                content = described[str(answer.status_code)]["content"]
                assert list(content) == [answer.headers["content-type"]]
