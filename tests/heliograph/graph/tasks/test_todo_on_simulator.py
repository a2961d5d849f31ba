"""To Do against the simulator."""

from datetime import UTC, datetime

import pytest

from heliograph.errors import NotFound
from heliograph.graph import GraphClient
from heliograph.graph.values.objects import User
from heliograph.graph.values.times import moment


async def test_lists_are_kept(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    made = await live.todo_lists.create(owner, "Onboarding")
    names = {each.wellknown_list_name async for each in live.todo_lists.list(owner)}
    assert "defaultList" in names
    assert (await live.todo_lists.rename(owner, made.id, "Welcome")).display_name == "Welcome"
    assert (await live.todo_lists.get(owner, made.id)).display_name == "Welcome"
    for _ in range(2):
        await live.todo_lists.delete(owner, made.id)
    with pytest.raises(NotFound):
        await live.todo_lists.get(owner, made.id)


async def test_tasks_of_a_list_are_kept(live: GraphClient, people: list[User]) -> None:
    owner, due = people[0].id, datetime(2027, 1, 13, tzinfo=UTC)
    list_ = (await live.todo_lists.create(owner, "Onboarding")).id
    laptop = await live.todo_tasks.create(
        owner,
        list_,
        {
            "title": "Order laptop",
            "dueDateTime": moment(due),
            "linkedResources": [{"externalId": "100482", "applicationName": "HR"}],
        },
    )
    step = await live.checklist_items.create(owner, list_, laptop.id, "Choose")
    assert (await live.checklist_items.check(owner, list_, laptop.id, step.id)).is_checked
    whole = await live.todo_tasks.get(owner, list_, laptop.id)
    assert whole.due_date_time is not None
    assert whole.due_date_time.at == due
    assert [each.is_checked for each in whole.checklist_items or ()] == [True]
    assert [each.external_id for each in whole.linked_resources or ()] == ["100482"]
    other = await live.todo_tasks.create(owner, list_, {"title": "Order badge"})
    assert (
        await live.todo_tasks.update(owner, list_, other.id, {"importance": "high"})
    ).importance == "high"
    assert (await live.todo_tasks.complete(owner, list_, other.id)).completed_date_time is not None
    open_ = live.todo_tasks.list(owner, list_, where="status ne 'completed'")
    assert [task.id async for task in open_] == [laptop.id]
    for _ in range(2):
        await live.todo_tasks.delete(owner, list_, other.id)
    assert [task.id async for task in live.todo_tasks.list(owner, list_)] == [laptop.id]


async def test_steps_and_links_come_and_go(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    list_ = (await live.todo_lists.create(owner, "Onboarding")).id
    task = (await live.todo_tasks.create(owner, list_, {"title": "Order laptop"})).id
    step = await live.checklist_items.create(owner, list_, task, "Choose")
    assert [each.id async for each in live.checklist_items.list(owner, list_, task)] == [step.id]
    link = await live.linked_resources.create(
        owner, list_, task, {"externalId": "1", "applicationName": "HR"}
    )
    assert [each.id async for each in live.linked_resources.list(owner, list_, task)] == [link.id]
    for _ in range(2):
        await live.checklist_items.delete(owner, list_, task, step.id)
        await live.linked_resources.delete(owner, list_, task, link.id)
    assert [each async for each in live.checklist_items.list(owner, list_, task)] == []
    assert [each async for each in live.linked_resources.list(owner, list_, task)] == []
