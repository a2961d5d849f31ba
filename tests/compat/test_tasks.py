"""To Do, Planner, mailbox settings, schedules and meeting times, through Microsoft's SDK."""

from datetime import UTC, datetime, timedelta

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.automatic_replies_setting import AutomaticRepliesSetting
from msgraph.generated.models.automatic_replies_status import AutomaticRepliesStatus
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.mailbox_settings import MailboxSettings
from msgraph.generated.models.task_status import TaskStatus
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.models.todo_task_list import TodoTaskList
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import (
    GetSchedulePostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

LENE = "lene.holm@contoso.example"


@pytest.fixture
def lene(graph: GraphServiceClient) -> UserItemRequestBuilder:
    return graph.users.by_user_id(LENE)


def at(hour: int) -> DateTimeTimeZone:
    day = datetime.now(UTC).date() + timedelta(days=7)
    return DateTimeTimeZone(date_time=f"{day}T{hour:02d}:00:00", time_zone="UTC")


async def test_task_is_entered_changed_and_completed(lene: UserItemRequestBuilder) -> None:
    made = await lene.todo.lists.post(TodoTaskList(display_name="Onboarding"))
    assert made.id in [one.id for one in (await lene.todo.lists.get()).value]
    tasks = lene.todo.lists.by_todo_task_list_id(made.id).tasks
    task = await tasks.post(TodoTask(title="Order a laptop"))
    one = tasks.by_todo_task_id(task.id)
    await one.patch(TodoTask(title="Order two laptops"))
    done = await one.patch(TodoTask(status=TaskStatus.Completed))
    assert (done.title, done.status) == ("Order two laptops", TaskStatus.Completed)
    assert [row.id for row in (await tasks.get()).value] == [task.id]
    await one.delete()
    assert (await tasks.get()).value == []


async def test_planner_tasks_of_a_user_are_listed(lene: UserItemRequestBuilder) -> None:
    assert (await lene.planner.tasks.get()).value is not None


async def test_mailbox_settings_are_read_and_changed(lene: UserItemRequestBuilder) -> None:
    before = await lene.mailbox_settings.get()
    assert before.time_zone
    assert before.working_hours.days_of_week
    replies = AutomaticRepliesSetting(
        status=AutomaticRepliesStatus.AlwaysEnabled, internal_reply_message="Away"
    )
    await lene.mailbox_settings.patch(MailboxSettings(automatic_replies_setting=replies))
    after = await lene.mailbox_settings.get()
    assert after.automatic_replies_setting.status == AutomaticRepliesStatus.AlwaysEnabled
    off = AutomaticRepliesSetting(status=AutomaticRepliesStatus.Disabled)
    await lene.mailbox_settings.patch(MailboxSettings(automatic_replies_setting=off))


async def test_schedule_of_people_is_told(
    graph: GraphServiceClient, lene: UserItemRequestBuilder
) -> None:
    people = [user.mail for user in (await graph.users.get()).value[:2]]
    body = GetSchedulePostRequestBody(schedules=people, start_time=at(8), end_time=at(17))
    body.availability_view_interval = 60
    told = (await lene.calendar.get_schedule.post(body)).value
    assert [one.schedule_id for one in told] == people
    assert all(len(one.availability_view) == 9 for one in told)


async def test_reminders_of_a_window_are_told(lene: UserItemRequestBuilder) -> None:
    view = lene.reminder_view_with_start_date_time_with_end_date_time(
        start_date_time=f"{at(0).date_time}Z", end_date_time=f"{at(23).date_time}Z"
    )
    assert (await view.get(RequestConfiguration())).value is not None


async def test_calendars_and_groups_of_them_are_listed(lene: UserItemRequestBuilder) -> None:
    assert (await lene.calendars.get()).value
    assert (await lene.calendar_groups.get()).value


async def test_contact_folders_are_listed(lene: UserItemRequestBuilder) -> None:
    assert (await lene.contact_folders.get()).value is not None
