"""To Do: graph-users-api.md, 8.2 and 12.7, T1 to T9, and section 14."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import Owner
from tests.heliograph.simulator.graph.outlook.test_delta import follow, told
from tests.heliograph.simulator.graph.outlook.test_events import PARIS, at

LINK = {
    "webUrl": "https://hr.contoso.example/case/100482",
    "applicationName": "HR",
    "displayName": "Case 100482",
    "externalId": "100482",
}


@pytest.fixture
async def path(lene: Owner) -> str:
    """The tasks of a new list."""
    made = await lene.post("todo/lists", {"displayName": "Onboarding"})
    return f"todo/lists/{made['id']}/tasks"


async def test_two_lists_are_always_there_and_stay(lene: Owner) -> None:
    lists = await lene.value("todo/lists")
    assert [one["wellknownListName"] for one in lists] == ["defaultList", "flaggedEmails"]
    assert (lists[0]["isOwner"], lists[0]["isShared"]) == (True, False)
    for method, body in (("PATCH", {"displayName": "Mine"}), ("DELETE", None)):
        refused = await lene.refused(method, f"todo/lists/{lists[0]['id']}", body)
        assert refused == (400, "ErrorInvalidRequest")


async def test_a_list_is_made_renamed_and_deleted_with_its_tasks(lene: Owner) -> None:
    made = await lene.post("todo/lists", {"DisplayName": "Onboarding"})
    assert made["@odata.context"].endswith("/todo/lists/$entity")
    path = f"todo/lists/{made['id']}"
    task = await lene.post(f"{path}/tasks", {"title": "Order laptop"})
    renamed = await lene.patch(path, {"displayName": "Arrivals"})
    assert (renamed["displayName"], renamed["@odata.etag"] != made["@odata.etag"]) == (
        "Arrivals",
        True,
    )
    assert (await lene.get(path))["displayName"] == "Arrivals"
    await lene.delete(path)
    for gone in (path, f"{path}/tasks/{task['id']}"):
        assert (await lene.refused("GET", gone))[0] == 404
    assert (await lene.refused("POST", "todo/lists", {}))[0] == 400


async def test_a_new_task_is_complete_and_has_its_links(lene: Owner, path: str) -> None:
    body = {
        "title": "Order laptop",
        "importance": "high",
        "dueDateTime": at(0, zone=PARIS),
        "reminderDateTime": at(8),
        "categories": ["Onboarding"],
        "linkedResources": [LINK],
    }
    made = await lene.post(path, body)
    assert made["@odata.context"].endswith("/tasks/$entity")
    assert made["@odata.etag"].startswith('W/"')
    assert (made["status"], made["isReminderOn"]) == ("notStarted", True)
    assert made["body"] == {"content": "", "contentType": "text"}
    assert made["dueDateTime"] == {"dateTime": "2030-04-30T22:00:00.0000000", "timeZone": "UTC"}
    assert not {"startDateTime", "completedDateTime", "recurrence", "changeKey"} & set(made)
    (link,) = made["linkedResources"]
    assert {name: link[name] for name in LINK} == LINK
    assert "linkedResources" not in await lene.get(f"{path}/{made['id']}")
    for query in ("$expand=linkedResources,checklistItems", "$expand=linkedResources"):
        seen = await lene.get(f"{path}/{made['id']}?{query}")
        assert seen["linkedResources"] == [link]
    there = {"prefer": f'outlook.timezone="{PARIS}"'}
    assert (await lene.get(f"{path}/{made['id']}", headers=there))["dueDateTime"][
        "dateTime"
    ].startswith("2030-05-01T00")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ErrorInvalidRequest"),
        ({"title": " "}, "ErrorInvalidRequest"),
        ({"title": "x", "status": "done"}, "RequestBodyRead"),
        (
            {"title": "x", "dueDateTime": {"dateTime": "2030-01-01", "timeZone": "Mars"}},
            "TimeZoneNotSupportedException",
        ),
    ],
)
async def test_a_malformed_task_is_refused(lene: Owner, path: str, body: Any, code: str) -> None:
    assert await lene.refused("POST", path, body) == (400, code)


async def test_a_task_is_changed_completed_and_opened_again(lene: Owner, path: str) -> None:
    made = await lene.post(path, {"title": "Order laptop", "dueDateTime": at(0)})
    one = f"{path}/{made['id']}"
    done = await lene.patch(one, {"status": "completed"})
    assert done["completedDateTime"]["timeZone"] == "UTC"
    assert done["@odata.etag"] != made["@odata.etag"]
    again = await lene.patch(one, {"status": "inProgress", "dueDateTime": None})
    assert not {"completedDateTime", "dueDateTime"} & set(again)
    stale = {"if-match": made["@odata.etag"]}
    assert (await lene.refused("PATCH", one, {"title": "x"}, headers=stale))[0] == 412
    await lene.delete(one)
    assert await lene.refused("GET", one) == (404, "ErrorItemNotFound")


async def test_tasks_are_filtered_sorted_and_counted(lene: Owner, path: str) -> None:
    for title, day in (("b", 2), ("a", 3), ("c", 1)):
        await lene.post(path, {"title": title, "dueDateTime": at(0, day=day)})
    first = (await lene.value(path))[0]
    await lene.patch(f"{path}/{first['id']}", {"status": "completed"})
    found = await lene.value(f"{path}?$filter=status ne 'completed'&$orderby=title&$select=title")
    assert [one["title"] for one in found] == ["a", "c"]
    due = await lene.value(f"{path}?$orderby=dueDateTime/dateTime desc&$top=5")
    assert [one["title"] for one in due] == ["a", "b", "c"]
    assert (await lene.call("GET", f"{path}/$count")).text == "3"
    page = await lene.get(f"{path}?$top=2")
    assert len(page["value"]) == 2
    assert "@odata.nextLink" in page


async def test_a_recurring_task_that_is_done_is_followed_by_the_next(
    lene: Owner, path: str
) -> None:
    weekly = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]},
        "range": {"type": "noEnd", "startDate": "2030-05-01"},
    }
    body = {
        "title": "Report",
        "dueDateTime": at(0),
        "recurrence": weekly,
        "reminderDateTime": at(8),
    }
    made = await lene.post(path, body)
    done = await lene.patch(f"{path}/{made['id']}", {"status": "completed"})
    assert "recurrence" not in done
    (following,) = await lene.value(f"{path}?$filter=status eq 'notStarted'")
    assert following["dueDateTime"]["dateTime"].startswith("2030-05-08")
    assert following["reminderDateTime"]["dateTime"].startswith("2030-05-08T08")
    assert following["recurrence"]["pattern"]["type"] == "weekly"


async def test_a_checklist_is_kept(lene: Owner, path: str) -> None:
    task = f"{path}/{(await lene.post(path, {'title': 'Order laptop'}))['id']}"
    before = (await lene.get(task))["@odata.etag"]
    made = await lene.post(f"{task}/checklistItems", {"displayName": "Ask IT"})
    assert len(made["id"]) == len("d8c2b7a0-171c-4f12-b4ea-c08e209dc69c")
    assert (made["isChecked"], "checkedDateTime" in made) == (False, False)
    assert (await lene.get(task))["@odata.etag"] != before
    step = f"{task}/checklistItems/{made['id']}"
    checked = await lene.patch(step, {"isChecked": True})
    assert (checked["displayName"], "checkedDateTime" in checked) == ("Ask IT", True)
    assert (await lene.get(step))["isChecked"] is True
    assert "checkedDateTime" not in await lene.patch(step, {"isChecked": False})
    assert len(await lene.value(f"{task}/checklistItems")) == 1
    assert len((await lene.get(f"{task}?$expand=checklistItems"))["checklistItems"]) == 1
    await lene.delete(step)
    assert await lene.value(f"{task}/checklistItems") == []
    assert (await lene.refused("GET", step))[0] == 404


async def test_links_are_kept(lene: Owner, path: str) -> None:
    task = f"{path}/{(await lene.post(path, {'title': 'Order laptop'}))['id']}"
    made = await lene.post(f"{task}/linkedResources", LINK)
    link = f"{task}/linkedResources/{made['id']}"
    changed = await lene.patch(link, {"displayName": "Closed"})
    assert (changed["displayName"], changed["externalId"]) == ("Closed", "100482")
    assert len(await lene.value(f"{task}/linkedResources")) == 1
    await lene.delete(link)
    assert await lene.value(f"{task}/linkedResources") == []


async def test_flagged_mail_stands_in_a_list_of_its_own(lene: Owner) -> None:
    flagged = (await lene.value("todo/lists"))[1]["id"]
    mail = f"messages/{(await lene.mail(subject='Please sign'))['id']}"
    await lene.patch(mail, {"flag": {"flagStatus": "flagged"}})
    (task,) = await lene.value(f"todo/lists/{flagged}/tasks?$expand=linkedResources")
    assert (task["title"], task["status"]) == ("Please sign", "notStarted")
    assert task["linkedResources"][0]["applicationName"] == "Outlook"
    await lene.patch(mail, {"flag": {"flagStatus": "complete"}})
    (task,) = await lene.value(f"todo/lists/{flagged}/tasks")
    assert task["status"] == "completed"
    await lene.patch(mail, {"flag": {"flagStatus": "notFlagged"}})
    assert await lene.value(f"todo/lists/{flagged}/tasks") == []


async def test_lists_and_tasks_are_followed_by_delta(lene: Owner, path: str) -> None:
    _, lists = await follow(lene, "todo/lists/delta")
    _, tasks = await follow(lene, f"{path}/delta")
    made = await lene.post("todo/lists", {"displayName": "New"})
    task = await lene.post(path, {"title": "Order laptop"})
    other = await lene.post(f"todo/lists/{made['id']}/tasks", {"title": "Elsewhere"})
    assert told((await follow(lene, lists))[0]) == {made["id"]: False}
    found, tasks = await follow(lene, tasks)
    assert [(one["title"], one["@odata.type"]) for one in found] == [
        ("Order laptop", "#microsoft.graph.todoTask")
    ]
    await lene.delete(f"{path}/{task['id']}")
    found, _ = await follow(lene, tasks)
    assert told(found) == {task["id"]: True}
    assert other["id"] not in told(found)


async def test_tasks_of_a_list_are_told_to_a_subscription(lene: Owner, path: str) -> None:
    scene = lene.scene
    resource = f"/users/{lene.user['id']}/{path}"
    await scene.subscribe(resource, "created,updated,deleted")
    made = await lene.post(path, {"title": "Order laptop"})
    default = (await lene.value("todo/lists"))[0]["id"]
    await lene.post(f"todo/lists/{default}/tasks", {"title": "Elsewhere"})
    await lene.patch(f"{path}/{made['id']}", {"status": "completed"})
    await lene.delete(f"{path}/{made['id']}")
    items = await scene.receiver.some(3)
    assert sorted(item["changeType"] for item in items) == ["created", "deleted", "updated"]
    assert {item["resourceData"]["id"] for item in items} == {made["id"]}
    assert items[0]["resourceData"]["@odata.type"] == "#Microsoft.Graph.TodoTask"


async def test_a_list_that_is_not_there_cannot_be_watched(lene: Owner) -> None:
    wish = lene.scene.wish(f"/users/{lene.user['id']}/todo/lists/AAMkNone/tasks", "created")
    answer = await lene.scene.graph.post("/subscriptions", json=wish)
    assert answer.status_code == 404


async def test_an_app_alone_may_be_refused(lene: Owner) -> None:
    await lene.scene.control("POST", "switches", json={"todoForUsersOnly": True})
    assert await lene.refused("GET", "todo/lists") == (403, "ErrorAccessDenied")
    headers = await lene.scene.signed_in(lene.user["userPrincipalName"], "Tasks.Read")
    assert len(await lene.value("todo/lists", headers=headers)) == 2
    refused = await lene.refused("POST", "todo/lists", {"displayName": "x"}, headers=headers)
    assert refused == (403, "ErrorAccessDenied")
