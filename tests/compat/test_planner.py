"""Links, checklists and Planner, through Microsoft's SDK."""

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.checklist_item import ChecklistItem
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.linked_resource import LinkedResource
from msgraph.generated.models.planner_assignments import PlannerAssignments
from msgraph.generated.models.planner_task import PlannerTask
from msgraph.generated.models.task_status import TaskStatus
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.models.todo_task_list import TodoTaskList
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import (
    UserItemRequestBuilder as Person,
)

ASSIGNED = {"@odata.type": "#microsoft.graph.plannerAssignment", "orderHint": " !"}


async def test_tasks_of_a_list_are_made_ticked_off_and_followed(lene: Person) -> None:
    made = await lene.todo.lists.post(TodoTaskList(display_name="Onboarding"))
    one = lene.todo.lists.by_todo_task_list_id(made.id)
    task = await one.tasks.post(
        TodoTask(
            title="Order laptop",
            due_date_time=DateTimeTimeZone(date_time="2030-05-01T00:00:00", time_zone="UTC"),
            linked_resources=[
                LinkedResource(web_url="https://hr.contoso.example/1", external_id="1")
            ],
        )
    )
    assert task.linked_resources[0].external_id == "1"
    item = one.tasks.by_todo_task_id(task.id)
    step = await item.checklist_items.post(ChecklistItem(display_name="Ask IT"))
    ticked = item.checklist_items.by_checklist_item_id(step.id)
    assert (await ticked.patch(ChecklistItem(is_checked=True))).checked_date_time
    done = await item.patch(TodoTask(status=TaskStatus.Completed))
    assert done.completed_date_time
    assert [each.id for each in (await one.tasks.delta.get()).value] == [task.id]
    assert made.id in [each.id for each in (await lene.todo.lists.delta.get()).value]
    await item.delete()
    await one.delete()


async def test_planner_tasks_are_assigned_and_done_by_who_knows_their_state(
    graph: GraphServiceClient, lene: Person, people: list[User]
) -> None:
    seeded = (await lene.planner.tasks.get()).value[0]
    assigned = PlannerAssignments(additional_data={people[1].id: ASSIGNED})
    made = await graph.planner.tasks.post(
        PlannerTask(
            plan_id=seeded.plan_id,
            bucket_id=seeded.bucket_id,
            title="Prepare badge",
            assignments=assigned,
        )
    )
    task = graph.planner.tasks.by_planner_task_id(made.id)
    knowing = RequestConfiguration()
    knowing.headers.add("If-Match", made.additional_data["@odata.etag"])
    knowing.headers.add("Prefer", "return=representation")
    done = await task.patch(PlannerTask(percent_complete=100), knowing)
    assert done.completed_date_time
    assert (await task.details.get()).id == made.id
    last = RequestConfiguration()
    last.headers.add("If-Match", done.additional_data["@odata.etag"])
    await task.delete(last)
    plan = graph.planner.plans.by_planner_plan_id(seeded.plan_id)
    assert seeded.bucket_id in [each.id for each in (await plan.buckets.get()).value]
