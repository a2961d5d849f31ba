"""To Do: lists, tasks, checklists and links."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
LISTS = f"/users/{LENE}/todo/lists"
TASKS = f"{LISTS}/l%3D/tasks"
LIST: dict[str, Any] = {
    "@odata.etag": 'W/"m1fdwWoFiE2YS9yegTKoYwAA/ZGllw=="',
    "id": "AAMkAGYxZDM0LstAAA=",
    "displayName": "Onboarding Lene Holm",
    "isOwner": True,
    "isShared": False,
    "wellknownListName": "none",
}
TASK: dict[str, Any] = {
    "@odata.etag": 'W/"xzyPKP0BiUGgld+lMKXwbQAAnBoTIw=="',
    "id": "AAMkAGYxZDM0TskAAA=",
    "importance": "high",
    "isReminderOn": True,
    "status": "notStarted",
    "title": "Order laptop",
    "createdDateTime": "2026-11-20T09:03:05.8339192Z",
    "hasAttachments": False,
    "categories": ["Onboarding"],
    "body": {"content": "", "contentType": "text"},
    "dueDateTime": {"dateTime": "2026-11-27T00:00:00.0000000", "timeZone": "UTC"},
    "linkedResources": [
        {
            "id": "f9cddce2-dce2-f9cd-e2dc-cdf9e2dccdf9",
            "webUrl": "https://hr.contoso.com/case/100482",
            "applicationName": "HR",
            "displayName": "Case 100482",
            "externalId": "100482",
        }
    ],
}


async def test_a_list_lives_and_dies(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, LIST).answer(200, LIST).answer(200, {"value": [LIST]})
    recorder.answer(200, {**LIST, "displayName": "New"}).answer(204).refuse(
        404, "ErrorItemNotFound"
    )
    assert (await graph.todo_lists.create(LENE, "Onboarding Lene Holm")).id == LIST["id"]
    assert recorder.last.json == {"displayName": "Onboarding Lene Holm"}
    assert (await graph.todo_lists.get(LENE, "l=")).wellknown_list_name == "none"
    assert [each.is_owner async for each in graph.todo_lists.list(LENE)] == [True]
    assert (await graph.todo_lists.rename(LENE, "l=", "New")).display_name == "New"
    await graph.todo_lists.delete(LENE, "l=")
    await graph.todo_lists.delete(LENE, "l=")
    one = f"{LISTS}/l%3D"
    assert recorder.calls == [
        f"POST {LISTS}",
        f"GET {one}",
        f"GET {LISTS}",
        f"PATCH {one}",
        f"DELETE {one}",
        f"DELETE {one}",
    ]
    assert recorder.is_outlook(LENE)


async def test_a_task_is_typed_with_its_links(graph: GraphClient, recorder: "Recorder") -> None:
    """The payload of the reference, 12.7."""
    recorder.answer(200, TASK)
    task = await graph.todo_tasks.get(LENE, "l=", "t")
    assert task.due_date_time is not None
    assert task.due_date_time.at == datetime(2026, 11, 27, tzinfo=UTC)
    assert task.completed_date_time is None
    assert task.linked_resources is not None
    assert task.linked_resources[0].external_id == "100482"
    assert recorder.calls == [f"GET {TASKS}/t"]
    assert recorder.last.params == {"$expand": "checklistItems,linkedResources"}


async def test_open_tasks_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [TASK]})
    open_ = graph.todo_tasks.list(LENE, "l=", where="status ne 'completed'", order_by="title")
    assert [task.title async for task in open_] == ["Order laptop"]
    assert recorder.calls == [f"GET {TASKS}"]
    assert recorder.last.params["$filter"] == "status ne 'completed'"
    assert recorder.last.params["$orderby"] == "title"


async def test_a_task_is_made_changed_done_and_deleted(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(201, TASK).answer(200, TASK).answer(200, {**TASK, "status": "completed"})
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    new = {"title": "Order laptop", "linkedResources": [{"externalId": "100482"}]}
    assert (await graph.todo_tasks.create(LENE, "l=", new)).id == TASK["id"]
    assert recorder.last.json == new
    await graph.todo_tasks.update(LENE, "l=", "t", {"importance": "high"})
    assert (await graph.todo_tasks.complete(LENE, "l=", "t")).status == "completed"
    assert recorder.last.json == {"status": "completed"}
    await graph.todo_tasks.delete(LENE, "l=", "t")
    await graph.todo_tasks.delete(LENE, "l=", "t")
    assert recorder.calls == [
        f"POST {TASKS}",
        f"PATCH {TASKS}/t",
        f"PATCH {TASKS}/t",
        f"DELETE {TASKS}/t",
        f"DELETE {TASKS}/t",
    ]
    assert recorder.is_outlook(LENE)


async def test_the_steps_of_a_task(graph: GraphClient, recorder: "Recorder") -> None:
    step = {"id": "s", "displayName": "Choose", "isChecked": False}
    recorder.answer(201, step).answer(200, {"value": [step]}).answer(
        200, {**step, "isChecked": True}
    )
    recorder.answer(200, step).answer(204).refuse(404, "ErrorItemNotFound")
    assert (await graph.checklist_items.create(LENE, "l=", "t", "Choose")).id == "s"
    assert recorder.last.json == {"displayName": "Choose"}
    steps = graph.checklist_items.list(LENE, "l=", "t")
    assert [each.is_checked async for each in steps] == [False]
    assert (await graph.checklist_items.check(LENE, "l=", "t", "s")).is_checked
    assert recorder.last.json == {"isChecked": True}
    await graph.checklist_items.check(LENE, "l=", "t", "s", done=False)
    assert recorder.last.json == {"isChecked": False}
    await graph.checklist_items.delete(LENE, "l=", "t", "s")
    await graph.checklist_items.delete(LENE, "l=", "t", "s")
    place = f"{TASKS}/t/checklistItems"
    assert recorder.calls[:3] == [f"POST {place}", f"GET {place}", f"PATCH {place}/s"]
    assert recorder.calls[-1] == f"DELETE {place}/s"


async def test_what_a_task_links_to(graph: GraphClient, recorder: "Recorder") -> None:
    link = {"id": "k", "externalId": "100482", "webUrl": "https://hr.contoso.com/case/100482"}
    recorder.answer(201, link).answer(200, {"value": [link]})
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    new = {"externalId": "100482"}
    assert (await graph.linked_resources.create(LENE, "l=", "t", new)).web_url == link["webUrl"]
    links = graph.linked_resources.list(LENE, "l=", "t")
    assert [each.external_id async for each in links] == ["100482"]
    await graph.linked_resources.delete(LENE, "l=", "t", "k")
    await graph.linked_resources.delete(LENE, "l=", "t", "k")
    place = f"{TASKS}/t/linkedResources"
    assert recorder.calls == [
        f"POST {place}",
        f"GET {place}",
        f"DELETE {place}/k",
        f"DELETE {place}/k",
    ]
