"""`$batch` (change-notifications.md, 8.3)."""

import base64
from dataclasses import replace
from typing import Any

import pytest

LENE = "lene.holm@contoso.example"


async def _responses(scene: Any, *requests: Any) -> dict[str, dict[str, Any]]:
    answer = await scene.graph.post("/$batch", json={"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["responses"]}


def _get(id_: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "method": "GET", "url": url, **more}


async def test_each_call_is_answered_on_its_own(scene: Any) -> None:
    told = await _responses(
        scene,
        _get("1", f"/users/{LENE}"),
        _get("2", "users?$top=1&$select=id"),
        _get("3", "/users/nobody"),
        {
            "id": "4",
            "method": "PATCH",
            "url": f"/users/{LENE}",
            "headers": {"Content-Type": "application/json"},
            "body": {"department": "Legal"},
        },
    )
    assert {id_: item["status"] for id_, item in told.items()} == {
        "1": 200,
        "2": 200,
        "3": 404,
        "4": 204,
    }
    assert len(told["2"]["body"]["value"]) == 1
    assert told["3"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert "body" not in told["4"]


async def test_urls_may_be_whole(scene: Any) -> None:
    graph = scene.simulator.ready["graph"]
    told = await _responses(
        scene,
        _get("1", f"{graph}/v1.0/users?$top=1"),
        _get("2", "https://graph.microsoft.com/v1.0/groups?$top=1"),
        _get("3", "/v1.0/users?$top=1"),
    )
    assert [item["status"] for item in told.values()] == [200, 200, 200]


async def test_headers_of_an_item_are_its_own(scene: Any) -> None:
    eventual = {"ConsistencyLevel": "eventual"}
    told = await _responses(
        scene,
        _get("1", "/users/$count", headers=eventual),
        _get("2", "/users/$count"),
    )
    assert base64.b64decode(told["1"]["body"]) == b"12"
    assert told["2"]["status"] == 400


async def test_failed_dependency_fails_what_depends_on_it(scene: Any) -> None:
    told = await _responses(
        scene,
        _get("c", "/users", dependsOn=["B"]),
        _get("b", "/users", dependsOn=["a"]),
        _get("a", "/users/nobody"),
        _get("d", "/users"),
        _get("e", "/users", dependsOn=["d"]),
    )
    assert {id_: item["status"] for id_, item in told.items()} == {
        "a": 404,
        "b": 424,
        "c": 424,
        "d": 200,
        "e": 200,
    }
    assert told["c"]["body"]["error"]["code"] == "FailedDependency"


async def test_dependent_calls_see_what_was_done_before(scene: Any) -> None:
    headers = {"Content-Type": "application/json"}
    told = await _responses(
        scene,
        _get("2", f"/users/{LENE}?$select=department", dependsOn=["1"]),
        {
            "id": "1",
            "method": "PATCH",
            "url": f"/users/{LENE}",
            "headers": headers,
            "body": {"department": "Audit"},
        },
    )
    assert told["2"]["body"]["department"] == "Audit"


async def test_row_22_items_are_throttled_alone(scene: Any) -> None:
    fault = {"status": 429, "retryAfter": 5, "times": 1, "path": "/groups"}
    await scene.control("POST", "faults", json=fault)
    told = await _responses(scene, _get("1", "/groups"), _get("2", "/users"))
    assert (told["1"]["status"], told["1"]["headers"]["retry-after"]) == (429, "5")
    assert told["2"]["status"] == 200


async def test_row_22_items_count_against_the_limits(stage: Any) -> None:
    async with stage(limits=0.001) as scene:
        told = await _responses(scene, *(_get(str(number), "/groups") for number in range(5)))
        statuses = [item["status"] for item in told.values()]
        assert statuses == [200, 200, 200, 429, 429]
        assert all("retry-after" in item["headers"] for item in list(told.values())[3:])


async def test_handshakes_of_a_batch_go_out_together(scene: Any) -> None:
    """Twenty subscriptions take as long as one."""
    headers = {"Content-Type": "application/json"}
    users = [row["id"] for row in await scene.users()]
    requests = [
        {
            "id": str(number),
            "method": "POST",
            "url": "/subscriptions",
            "headers": headers,
            "body": scene.wish(f"users/{user}/messages", "created", lifecycleNotificationUrl=None),
        }
        for number, user in enumerate(users)
    ]
    good = scene.receiver.reply
    scene.receiver.reply = lambda request: replace(good(request), after=0.2)
    answer = await scene.graph.post("/$batch", json={"requests": requests})
    assert [item["status"] for item in answer.json()["responses"]] == [201] * len(users)
    assert answer.elapsed.total_seconds() < 0.2 * 3


@pytest.mark.parametrize(
    "request_",
    [
        {"id": "1", "method": "POST", "url": "/users", "body": {}},
        _get("1", "/$batch"),
    ],
    ids=["no content type", "nested"],
)
async def test_call_that_cannot_be_made_is_400_alone(scene: Any, request_: Any) -> None:
    told = await _responses(scene, request_, _get("2", "/users"))
    assert told["1"]["status"] == 400
    assert told["1"]["body"]["error"]["code"] == "BadRequest"
    assert told["2"]["status"] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": []},
        {"requests": {}},
        {"requests": [_get(str(number), "/users") for number in range(21)]},
        {"requests": [_get("a", "/users"), _get("A", "/users")]},
        {"requests": [_get("a", "/users", dependsOn=["b"])]},
        {"requests": [_get("a", "/users", dependsOn=["b"]), _get("b", "/users", dependsOn=["a"])]},
        {"requests": [{"id": "1", "method": "GET"}]},
        {"requests": [{"id": 1, "method": "GET", "url": "/users"}]},
        {"requests": ["GET /users"]},
    ],
    ids=[
        *("nothing", "empty", "no list", "21", "equal but for case", "depends on none", "circle"),
        *("no url", "id is a number", "text"),
    ],
)
async def test_malformed_batch_is_400(scene: Any, body: Any) -> None:
    answer = await scene.graph.post("/$batch", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"
