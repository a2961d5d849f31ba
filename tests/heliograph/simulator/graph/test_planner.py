"""Planner: graph-users-api.md, 8.1 and 12.7, P1 to P6."""

from typing import Any

import pytest

from heliograph.simulator.agenda import Agenda
from heliograph.simulator.clock import Clock
from heliograph.simulator.directory import Directory
from heliograph.simulator.directory.accounts import Accounts
from heliograph.simulator.directory.groups import Groups
from heliograph.simulator.directory.service import Parts
from heliograph.simulator.ids import Ids
from heliograph.simulator.options import Options
from heliograph.simulator.planner import Planner
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Store
from heliograph.simulator.tenant import Tenant

ASSIGNED = {"@odata.type": "#microsoft.graph.plannerAssignment", "orderHint": " !"}
WHOLE = {"prefer": "return=representation"}


async def ask(scene: Any, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = await scene.graph.request(method, path, **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def users(scene: Any) -> list[str]:
    return [user["id"] for user in await scene.users()]


@pytest.fixture
async def plan(scene: Any) -> dict[str, Any]:
    """A plan of a group, with a bucket."""
    group = (await ask(scene, "GET", "/groups"))["value"][0]["id"]
    body = {
        "title": "Arrivals",
        "container": {"url": f"https://graph.microsoft.com/v1.0/groups/{group}"},
    }
    made: dict[str, Any] = await ask(scene, "POST", "/planner/plans", 201, json=body)
    bucket = {"name": "To do", "planId": made["id"]}
    made["bucket"] = (await ask(scene, "POST", "/planner/buckets", 201, json=bucket))["id"]
    return made


@pytest.fixture
async def task(scene: Any, plan: dict[str, Any]) -> dict[str, Any]:
    body = {"planId": plan["id"], "bucketId": plan["bucket"], "title": "Order laptop"}
    made: dict[str, Any] = await ask(scene, "POST", "/planner/tasks", 201, json=body)
    return made


async def test_some_of_the_first_users_have_tasks_from_the_beginning(
    scene: Any, users: list[str]
) -> None:
    counts = []
    for user in users[:8]:
        answer = await ask(scene, "GET", f"/users/{user}/planner/tasks")
        assert answer["@odata.context"].endswith("#Collection(microsoft.graph.plannerTask)")
        counts.append(len(answer["value"]))
        for task in answer["value"]:
            assert user in task["assignments"]
            assert task["@odata.etag"].startswith('W/"')
    assert sum(counts) >= 4


async def test_a_new_task_is_complete(scene: Any, plan: dict[str, Any], users: list[str]) -> None:
    body = {
        "planId": plan["id"],
        "bucketId": plan["bucket"],
        "title": "Order laptop",
        "dueDateTime": "2030-11-30T11:00:00+01:00",
        "assignments": {users[3]: ASSIGNED},
        "appliedCategories": {"category1": True, "category2": False},
    }
    made = await ask(scene, "POST", "/planner/tasks", 201, json=body)
    assert len(made["id"]) == 28
    assert made["@odata.context"].endswith("#planner/tasks/$entity")
    assert made["dueDateTime"] == "2030-11-30T10:00:00Z"
    assert (made["percentComplete"], made["priority"], made["completedDateTime"]) == (0, 5, None)
    assert made["appliedCategories"] == {"category1": True}
    assignment = made["assignments"][users[3]]
    assert assignment["@odata.type"] == "#microsoft.graph.plannerAssignment"
    assert assignment["orderHint"].isdigit()
    assert assignment["assignedBy"]["application"]["id"] == scene.simulator.ready["client_id"]
    found = await ask(scene, "GET", f"/users/{users[3]}/planner/tasks")
    assert made["id"] in [one["id"] for one in found["value"]]
    missing = await scene.graph.get(f"/planner/tasks/{made['id'].swapcase()}")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"title": ""}, 400),
        ({"planId": "none"}, 404),
        ({"bucketId": "none"}, 404),
        ({"percentComplete": 101}, 400),
        ({"priority": 11}, 400),
        ({"orderHint": "first"}, 400),
        ({"appliedCategories": {"category26": True}}, 400),
        ({"assignments": {"nobody": {"orderHint": " !"}}}, 400),
        ({"assignments": {"nobody": ASSIGNED}}, 404),
    ],
)
async def test_a_malformed_task_is_refused(
    scene: Any, plan: dict[str, Any], change: Any, status: int
) -> None:
    body = {"planId": plan["id"], "title": "Order laptop", **change}
    assert (await scene.graph.post("/planner/tasks", json=body)).status_code == status


async def test_a_task_is_changed_only_by_who_knows_its_state(
    scene: Any, task: dict[str, Any]
) -> None:
    path, etag = f"/planner/tasks/{task['id']}", task["@odata.etag"]
    assert (await scene.graph.patch(path, json={"title": "x"})).status_code == 412
    assert (await scene.graph.delete(path)).status_code == 412
    answer = await scene.graph.patch(
        path, json={"percentComplete": 100}, headers={"if-match": etag}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    stale = await scene.graph.patch(path, json={"title": "x"}, headers={"if-match": etag})
    assert stale.status_code == 412
    done = await ask(scene, "GET", path)
    assert done["completedDateTime"]
    assert done["completedBy"]["application"]["id"] == scene.simulator.ready["client_id"]
    headers = {"if-match": done["@odata.etag"], **WHOLE}
    answer = await scene.graph.patch(path, json={"percentComplete": 50}, headers=headers)
    assert answer.headers["preference-applied"] == "return=representation"
    opened = answer.json()
    assert (opened["percentComplete"], opened["completedDateTime"], opened["completedBy"]) == (
        50,
        None,
        None,
    )
    await ask(scene, "DELETE", path, 204, headers={"if-match": opened["@odata.etag"]})
    assert (await scene.graph.get(path)).status_code == 404


async def test_people_are_assigned_and_released(
    scene: Any, task: dict[str, Any], users: list[str]
) -> None:
    path = f"/planner/tasks/{task['id']}"
    for change, assigned in (
        ({users[0]: ASSIGNED, users[1]: ASSIGNED}, users[:2]),
        ({users[0]: None}, users[1:2]),
    ):
        headers = {"if-match": task["@odata.etag"], **WHOLE}
        task = await ask(scene, "PATCH", path, json={"assignments": change}, headers=headers)
        assert list(task["assignments"]) == assigned


async def test_a_task_has_no_more_assignees_than_the_limit(
    scene: Any, plan: dict[str, Any], stage: Any
) -> None:
    async with stage(users=25) as large:
        users = [user["id"] for user in (await ask(large, "GET", "/users"))["value"]]
        found = (await ask(large, "GET", f"/users/{users[0]}/planner/tasks"))["value"][0]
        body = {"assignments": dict.fromkeys(users[:21], ASSIGNED)}
        headers = {"if-match": found["@odata.etag"]}
        answer = await large.graph.patch(
            f"/planner/tasks/{found['id']}", json=body, headers=headers
        )
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "MaximumAssigneesInTasks"


def test_a_plan_has_no_more_tasks_than_the_limit() -> None:
    clock, ids = Clock(), Ids(1)
    store = Store(clock)
    tenant, options = Tenant.seeded(1), Options(users=0)
    parts = Parts(
        store=store, clock=clock, ids=ids, agenda=Agenda(clock), tenant=tenant, options=options
    )
    directory = Directory(parts)
    limits = {"MaximumTasksInProject": 1, "MaximumBucketsInProject": 0}
    planner = Planner(store, clock, ids, directory=directory, limits=limits)
    group = Groups(directory, Accounts(directory)).create(
        {"displayName": "A", "mailEnabled": False, "mailNickname": "a", "securityEnabled": True}
    )
    plan = planner.create_plan("Plan", group["id"], {})["id"]
    planner.create({"planId": plan, "title": "One"}, {})
    with pytest.raises(Refused) as refused:
        planner.create({"planId": plan, "title": "Two"}, {})
    assert (refused.value.status, refused.value.code) == (403, "MaximumTasksInProject")
    with pytest.raises(Refused, match="MaximumBucketsInProject"):
        planner.create_bucket("Bucket", plan)


async def test_details_are_counted_in_the_task(scene: Any, task: dict[str, Any]) -> None:
    path = f"/planner/tasks/{task['id']}/details"
    details = await ask(scene, "GET", path)
    assert (details["description"], details["checklist"], details["id"]) == ("", {}, task["id"])
    step = {"@odata.type": "#microsoft.graph.plannerChecklistItem", "title": "Ask IT"}
    body = {
        "description": "A 14 inch one",
        "checklist": {"1": step, "2": {**step, "isChecked": True}},
        "references": {"https%3A//x%2Eexample": {"alias": "Shop"}},
        "previewType": "checklist",
    }
    headers = {"if-match": details["@odata.etag"], **WHOLE}
    changed = await ask(scene, "PATCH", path, json=body, headers=headers)
    assert changed["@odata.etag"] != details["@odata.etag"]
    seen = await ask(scene, "GET", f"/planner/tasks/{task['id']}")
    assert (seen["hasDescription"], seen["referenceCount"], seen["previewType"]) == (
        True,
        1,
        "checklist",
    )
    assert (seen["checklistItemCount"], seen["activeChecklistItemCount"]) == (2, 1)
    headers = {"if-match": changed["@odata.etag"], **WHOLE}
    after = await ask(scene, "PATCH", path, json={"checklist": {"2": None}}, headers=headers)
    assert list(after["checklist"]) == ["1"]
    assert (await scene.graph.patch(path, json={"description": "x"})).status_code == 412


async def test_plans_and_buckets_are_listed_renamed_and_deleted(
    scene: Any, plan: dict[str, Any], task: dict[str, Any]
) -> None:
    path = f"/planner/plans/{plan['id']}"
    for place in (path, f"/planner/buckets/{plan['bucket']}"):
        tasks = await ask(scene, "GET", f"{place}/tasks")
        assert [one["id"] for one in tasks["value"]] == [task["id"]]
    buckets = await ask(scene, "GET", f"{path}/buckets")
    assert [one["name"] for one in buckets["value"]] == ["To do"]
    of_group = await ask(scene, "GET", f"/groups/{plan['owner']}/planner/plans")
    assert plan["id"] in [one["id"] for one in of_group["value"]]
    found = await ask(scene, "GET", path)
    headers = {"if-match": found["@odata.etag"], **WHOLE}
    renamed = await ask(scene, "PATCH", path, json={"title": "Starters"}, headers=headers)
    assert renamed["title"] == "Starters"
    await ask(scene, "DELETE", path, 204, headers={"if-match": renamed["@odata.etag"]})
    for gone in (path, f"/planner/buckets/{plan['bucket']}", f"/planner/tasks/{task['id']}"):
        assert (await scene.graph.get(gone)).status_code == 404


async def test_plans_of_a_user_are_for_himself(scene: Any, users: list[str]) -> None:
    name = (await ask(scene, "GET", f"/users/{users[0]}"))["userPrincipalName"]
    refused = await scene.graph.get(f"/users/{users[0]}/planner/plans")
    assert refused.status_code == 403
    headers = await scene.signed_in(name, "Tasks.Read")
    own = await ask(scene, "GET", "/me/planner/plans", headers=headers)
    assert own["@odata.context"].endswith("#Collection(microsoft.graph.plannerPlan)")
    tasks = await ask(scene, "GET", "/me/planner/tasks", headers=headers)
    assert tasks["value"]
    other = await scene.graph.get(f"/users/{users[1]}/planner/tasks", headers=headers)
    assert other.status_code == 403
