"""Planner against the simulator."""

import pytest

from heliograph.errors import Conflict, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.tasks.planner import PlannerTask, assigned
from heliograph.graph.values.objects import User


async def a_task(live: GraphClient, people: list[User]) -> PlannerTask:
    """One that is assigned to somebody in a plan of the seeds, and a new one beside it."""
    for user in people:
        async for task in live.planner.list(user.id):
            new = {
                "planId": task.plan_id,
                "title": "Prepare access badge",
                "assignments": assigned([people[0].id]),
            }
            return await live.planner.create(new)
    raise AssertionError("the seeds have plans")


async def test_tasks_are_assigned_done_and_deleted(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    task = await a_task(live, people)
    assert task.id in {each.id async for each in live.planner.list(owner)}
    assert set((await live.planner.get(task.id)).assignments or {}) == {owner}
    done = await live.planner.complete(task.id)
    assert done.percent_complete == 100
    assert done.completed_date_time is not None
    details = await live.planner.update_details(task.id, {"description": "Ask Amir"})
    assert details.description == "Ask Amir"
    assert (await live.planner.details(task.id)).description == "Ask Amir"
    for _ in range(2):
        await live.planner.delete(task.id)
    with pytest.raises(NotFound):
        await live.planner.get(task.id)


async def test_an_old_state_is_a_conflict(live: GraphClient, people: list[User]) -> None:
    task = await a_task(live, people)
    assert task.etag is not None
    await live.planner.update(task.id, {"priority": 1}, etag=task.etag)
    with pytest.raises(Conflict):
        await live.planner.update(task.id, {"priority": 9}, etag=task.etag)
    with pytest.raises(Conflict):
        await live.planner.delete(task.id, etag=task.etag)
    assert (await live.planner.update(task.id, {"priority": 9})).priority == 9
