from typing import TYPE_CHECKING, Any

import pytest

from heliograph.errors import Conflict, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.tasks.planner import assigned

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
TASK: dict[str, Any] = {
    "@odata.etag": 'W/"JzEtVGFzayAgQEBAQEBAQEBAQEBAQEBAWCc="',
    "id": "01gzSlKkIUSUl6DF_EilrmQAKDhh",
    "planId": "xqQg5FS2LkCp935s-FIFm2QAFkHM",
    "bucketId": "gcrYAaAkgU2EQUvpkNNXLGQAGTtu",
    "title": "Prepare access badge",
    "percentComplete": 0,
    "priority": 5,
    "startDateTime": None,
    "createdDateTime": "2026-11-20T09:30:00.2407981Z",
    "dueDateTime": "2026-11-30T10:00:00Z",
    "appliedCategories": {"category1": True},
    "assignments": {
        LENE: {
            "@odata.type": "#microsoft.graph.plannerAssignment",
            "assignedDateTime": "2026-11-20T09:30:00.2407981Z",
            "orderHint": "",
        }
    },
}
ONE = f"/planner/tasks/{TASK['id']}"


def state(etag: str) -> dict[str, object]:
    return {**TASK, "@odata.etag": etag}


async def test_tasks_of_somebody_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    """The payload of the reference, 12.7."""
    recorder.answer(200, {"value": [TASK]})
    (task,) = [each async for each in graph.planner.list(LENE)]
    assert task.etag == TASK["@odata.etag"]
    assert task.assignments is not None
    assert set(task.assignments) == {LENE}
    assert task.due_date_time is not None
    assert recorder.calls == [f"GET /users/{LENE}/planner/tasks"]
    assert recorder.last.mailbox is None


async def test_a_task_and_its_details_are_read(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, TASK)
    recorder.answer(
        200, {"@odata.etag": "x", "id": TASK["id"], "checklist": {"1": {"title": "Photo"}}}
    )
    assert (await graph.planner.get(TASK["id"])).title == "Prepare access badge"
    details = await graph.planner.details(TASK["id"])
    assert details.checklist == {"1": {"title": "Photo"}}
    assert recorder.calls == [f"GET {ONE}", f"GET {ONE}/details"]


async def test_a_task_is_assigned_as_it_is_made(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, TASK)
    new = {"planId": "p", "title": "Badge", "assignments": assigned([LENE])}
    assert (await graph.planner.create(new)).id == TASK["id"]
    assert recorder.calls == ["POST /planner/tasks"]
    assert recorder.last.json == {
        "planId": "p",
        "title": "Badge",
        "assignments": {
            LENE: {"@odata.type": "#microsoft.graph.plannerAssignment", "orderHint": " !"}
        },
    }


async def test_a_change_builds_on_the_present_state(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, state("1")).answer(200, {**state("2"), "percentComplete": 100})
    assert (await graph.planner.complete(TASK["id"])).percent_complete == 100
    assert recorder.calls == [f"GET {ONE}", f"PATCH {ONE}"]
    assert recorder.last.json == {"percentComplete": 100}
    assert recorder.last.headers == {"if-match": "1", "prefer": "return=representation"}


async def test_a_change_is_made_again_where_somebody_was_quicker(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, state("1")).refuse(412, "", "stale").answer(200, state("2"))
    recorder.answer(200, state("3"))
    assert (await graph.planner.update(TASK["id"], {"title": "Badge"})).etag == "3"
    assert recorder.last.headers["if-match"] == "2"


async def test_somebody_who_is_always_quicker_wins(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    for number in range(3):
        recorder.answer(200, state(str(number))).refuse(412, "", "stale")
    with pytest.raises(Conflict):
        await graph.planner.update(TASK["id"], {"title": "Badge"})
    assert len(recorder.requests) == 6


async def test_a_state_that_the_caller_names_is_no_other(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, state("2")).refuse(412, "", "stale")
    await graph.planner.update(TASK["id"], {"title": "Badge"}, etag="1")
    assert recorder.last.headers["if-match"] == "1"
    with pytest.raises(Conflict):
        await graph.planner.update(TASK["id"], {"title": "Badge"}, etag="1")
    assert recorder.calls == [f"PATCH {ONE}"] * 2


async def test_an_answer_without_the_task_is_followed_by_a_look(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(204).answer(200, state("2")).answer(204).answer(200, {"description": "x"})
    assert (await graph.planner.update(TASK["id"], {"title": "x"}, etag="1")).etag == "2"
    details = await graph.planner.update_details(TASK["id"], {"description": "x"}, etag="1")
    assert details.description == "x"


async def test_details_have_a_state_of_their_own(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"@odata.etag": "d1"}).answer(
        200, {"@odata.etag": "d2", "description": "x"}
    )
    details = await graph.planner.update_details(TASK["id"], {"description": "x"})
    assert (details.etag, details.description) == ("d2", "x")
    assert recorder.calls == [f"GET {ONE}/details", f"PATCH {ONE}/details"]
    assert recorder.last.headers["if-match"] == "d1"


async def test_a_task_is_deleted_once(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, state("1")).answer(204).refuse(404, "").refuse(404, "")
    await graph.planner.delete(TASK["id"])
    assert recorder.last.headers["if-match"] == "1"
    await graph.planner.delete(TASK["id"])
    await graph.planner.delete(TASK["id"], etag="1")
    assert recorder.calls == [f"GET {ONE}", f"DELETE {ONE}", f"GET {ONE}", f"DELETE {ONE}"]


async def test_a_task_that_is_gone_is_not_changed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(404, "")
    with pytest.raises(NotFound):
        await graph.planner.complete(TASK["id"])
