"""The published limits (change-notifications.md, 8.2), scaled so that a test reaches them."""

import asyncio
from typing import Any

import pytest

from heliograph.simulator.throttling import Load

LENE = "lene.holm@contoso.example"


def _load(path: str, method: str = "GET", **more: Any) -> Load:
    segments = tuple(path.lower().strip("/").split("/"))
    return Load(app="a", tenant="t", method=method, segments=segments, **more)


@pytest.mark.parametrize(
    ("load", "units"),
    [
        (_load("/users"), 2),
        (_load("/users", options=frozenset({"$select"})), 1),
        (_load("/users", options=frozenset({"$expand"})), 3),
        (_load("/users", top=10), 1),
        (_load("/users", options=frozenset({"$select"}), top=10), 1),
        (_load("/users", top=100), 2),
        (_load("/users/x"), 1),
        (_load("/users", "POST"), 2),
        (_load("/groups/x/members"), 3),
        (_load("/groups/x/transitiveMembers"), 5),
        (_load("/directoryObjects/getByIds", "POST"), 5),
        (_load("/users/x/memberOf"), 1),
    ],
)
def test_row_22_units_are_counted_as_published(load: Load, units: int) -> None:
    assert load.units == units


def test_row_22_questions_by_post_are_no_writes() -> None:
    assert _load("/users", "POST").is_write
    assert not _load("/users/x/checkMemberGroups", "POST").is_write


@pytest.mark.parametrize(
    ("path", "scale", "allowed"),
    [
        ("/users?$select=id", 0.002, 7),
        ("/users", 0.002, 3),
        (f"/users/{LENE}/messages", 0.002, 20),
        ("/subscriptions/none", 0.004, 2),
        ("/subscriptions", 0.04, 1),
    ],
)
async def test_row_22_reads_are_limited(stage: Any, path: str, scale: float, allowed: int) -> None:
    async with stage(limits=scale) as scene:
        for _ in range(allowed):
            assert (await scene.graph.get(path)).status_code != 429
        answer = await scene.graph.get(path)
        assert answer.status_code == 429
        assert answer.json()["error"]["code"] == "TooManyRequests"
        inner = answer.json()["error"]["innerError"]
        assert (inner["code"], inner["status"]) == ("429", "429")
        assert int(answer.headers["retry-after"]) > 0
        await scene.advance(minutes=10)
        assert (await scene.graph.get(path)).status_code != 429


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", f"/users/{LENE}", 3),
        ("POST", "/subscriptions/none/reauthorize", 1),
        ("DELETE", "/subscriptions/none", 1),
    ],
)
async def test_row_22_writes_are_limited(stage: Any, method: str, path: str, allowed: int) -> None:
    async with stage(limits=0.001) as scene:
        for _ in range(allowed):
            await scene.graph.request(method, path, json={})
        answer = await scene.graph.request(method, path, json={})
        assert answer.status_code == 429


async def test_row_22_directory_names_the_limit_and_how_near_it_is(stage: Any) -> None:
    async with stage(limits=0.003) as scene:
        ready, told = scene.simulator.ready, []
        for _ in range(10):
            answer = await scene.graph.get("/groups")
            told.append(answer.headers.get("x-ms-throttle-limit-percentage"))
            assert answer.headers["x-ms-resource-unit"] == "1"
        assert told == [None] * 7 + ["0.80", "0.90", "1.00"]
        answer = await scene.graph.get("/groups")
        assert answer.status_code == 429
        scope = f"Tenant_Application/ReadWrite/{ready['client_id']}/{ready['tenant_id']}"
        assert answer.headers["x-ms-throttle-scope"] == scope
        assert answer.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"


async def test_row_22_writes_have_a_word_of_their_own(stage: Any) -> None:
    async with stage(limits=0.001) as scene:
        for _ in range(3):
            await scene.graph.patch(f"/users/{LENE}", json={"department": "Legal"})
            await scene.advance(seconds=11)
        answer = await scene.graph.patch(f"/users/{LENE}", json={"department": "Legal"})
        assert answer.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
        assert "Write/" in answer.headers["x-ms-throttle-scope"]


async def test_row_22_mailboxes_bear_no_headers_of_the_directory(stage: Any) -> None:
    async with stage(limits=0.0001) as scene:
        answers = [await scene.graph.get(f"/users/{LENE}/messages") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert not [name for name in answers[1].headers if name.startswith("x-ms-throttle")]
        assert "x-ms-resource-unit" not in answers[0].headers


async def test_row_22_larger_tenants_may_ask_more(stage: Any) -> None:
    for users, allowed in ((12, 3), (50, 5), (501, 8)):
        async with stage(limits=0.001, users=users) as scene:
            for _ in range(allowed):
                assert (await scene.graph.get("/groups")).status_code == 200
            assert (await scene.graph.get("/groups")).status_code == 429


async def test_row_22_four_calls_at_once_to_one_mailbox(stage: Any) -> None:
    async with stage(limits=1.0) as scene:
        await scene.control("POST", "faults", json={"status": 200, "delay": 0.2, "times": 8})
        path = f"/users/{LENE}/messages"
        answers = await asyncio.gather(*(scene.graph.get(path) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 2
        (refused, _) = [answer for answer in answers if answer.status_code == 429]
        assert "MailboxConcurrency" in refused.json()["error"]["message"]
        assert (await scene.graph.get(path)).status_code == 200


async def test_row_22_uploads_to_a_mailbox_are_limited(stage: Any) -> None:
    async with stage(limits=0.01) as scene:
        mail = {"subject": "x", "body": {"contentType": "text", "content": "x" * 900_000}}
        statuses = [
            (await scene.graph.post(f"/users/{LENE}/messages", json=mail)).status_code
            for _ in range(2)
        ]
        assert statuses == [201, 429]


async def test_row_22_nothing_is_throttled_without_being_asked_for(scene: Any) -> None:
    for _ in range(50):
        answer = await scene.graph.get("/subscriptions")
        assert answer.status_code == 200
    assert (await scene.graph.get("/users")).headers["x-ms-resource-unit"] == "2"
