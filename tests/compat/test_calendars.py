"""Calendars, series, answers, schedules and contact folders, through Microsoft's SDK."""

from datetime import UTC, datetime, timedelta

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.calendar import Calendar
from msgraph.generated.models.calendar_color import CalendarColor
from msgraph.generated.models.calendar_group import CalendarGroup
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.contact_folder import ContactFolder
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_message_response import EventMessageResponse
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.physical_address import PhysicalAddress
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.time_slot import TimeSlot
from msgraph.generated.models.user import User
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import (
    GetSchedulePostRequestBody,
)
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import (
    DeltaRequestBuilder,
)
from msgraph.generated.users.item.events.item.cancel.cancel_post_request_body import (
    CancelPostRequestBody,
)
from msgraph.generated.users.item.events.item.decline.decline_post_request_body import (
    DeclinePostRequestBody,
)
from msgraph.generated.users.item.events.item.forward.forward_post_request_body import (
    ForwardPostRequestBody,
)
from msgraph.generated.users.item.events.item.instances.instances_request_builder import (
    InstancesRequestBuilder,
)
from msgraph.generated.users.item.events.item.snooze_reminder.snooze_reminder_post_request_body import (
    SnoozeReminderPostRequestBody,
)
from msgraph.generated.users.item.events.item.tentatively_accept.tentatively_accept_post_request_body import (
    TentativelyAcceptPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import (
    UserItemRequestBuilder as Person,
)

DAY = datetime.now(UTC).date() + timedelta(days=14)


def at(hour: int) -> DateTimeTimeZone:
    return DateTimeTimeZone(date_time=f"{DAY}T{hour:02d}:00:00", time_zone="UTC")


def an_event(**more: object) -> Event:
    return Event(subject="Plan", start=at(10), end=at(11), **more)


async def test_calendars_stand_in_groups(lene: Person) -> None:
    group = await lene.calendar_groups.post(CalendarGroup(name="Clients"))
    inside = lene.calendar_groups.by_calendar_group_id(group.id).calendars
    calendar = await inside.post(Calendar(name="Fabrikam", color=CalendarColor.LightBlue))
    one = inside.by_calendar_id(calendar.id)
    made = await one.events.post(an_event(is_online_meeting=True))
    assert made.online_meeting.join_url
    assert [each.id for each in (await one.events.get()).value] == [made.id]
    plain = lene.calendars.by_calendar_id(calendar.id)
    assert (await plain.patch(Calendar(name="Visits"))).name == "Visits"
    await plain.delete()
    await lene.calendar_groups.by_calendar_group_id(group.id).delete()
    assert (await lene.calendar.get()).is_default_calendar is True


async def test_a_series_has_instances_exceptions_and_gaps(lene: Person) -> None:
    pattern = RecurrencePattern(
        type=RecurrencePatternType.Weekly,
        interval=1,
        days_of_week=[DayOfWeek.Monday, DayOfWeek.Friday],
        first_day_of_week=DayOfWeek.Sunday,
    )
    span = RecurrenceRange(
        type=RecurrenceRangeType.Numbered,
        start_date=DAY,
        number_of_occurrences=4,
        recurrence_time_zone="Romance Standard Time",
    )
    recurrence = PatternedRecurrence(pattern=pattern, range=span)
    made = await lene.events.post(an_event(recurrence=recurrence))
    assert made.type == EventType.SeriesMaster
    query = InstancesRequestBuilder.InstancesRequestBuilderGetQueryParameters(
        start_date_time=f"{DAY}T00:00:00Z", end_date_time=f"{DAY + timedelta(days=60)}T00:00:00Z"
    )
    instances = lene.events.by_event_id(made.id).instances
    first, second, *_ = (await instances.get(RequestConfiguration(query_parameters=query))).value
    changed = await lene.events.by_event_id(first.id).patch(Event(subject="Special"))
    assert (changed.type, changed.series_master_id) == (EventType.Exception, made.id)
    await lene.events.by_event_id(second.id).delete()
    assert len((await instances.get(RequestConfiguration(query_parameters=query))).value) == 3
    await lene.events.by_event_id(made.id).delete()


async def test_calendar_view_is_followed_by_delta(lene: Person) -> None:
    delta = lene.calendar_view.delta
    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        start_date_time=f"{DAY}T00:00:00Z", end_date_time=f"{DAY + timedelta(days=1)}T00:00:00Z"
    )
    page = await delta.get(RequestConfiguration(query_parameters=query))
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
    made = await lene.events.post(an_event())
    page = await delta.with_url(page.odata_delta_link).get()
    assert made.id in [each.id for each in page.value]
    await lene.events.by_event_id(made.id).delete()
    page = await delta.with_url(page.odata_delta_link).get()
    assert [(each.id, "@removed" in each.additional_data) for each in page.value] == [
        (made.id, True)
    ]


async def test_invitations_are_answered_and_handed_on(
    lene: Person, amir: Person, people: list[User]
) -> None:
    guest = Attendee(email_address=EmailAddress(address=people[1].mail))
    made = await lene.events.post(an_event(attendees=[guest]))
    (copy,) = [
        each for each in (await amir.events.get()).value if each.i_cal_u_id == made.i_cal_u_id
    ]
    theirs = amir.events.by_event_id(copy.id)
    await theirs.tentatively_accept.post(
        TentativelyAcceptPostRequestBody(
            comment="Later?",
            send_response=True,
            proposed_new_time=TimeSlot(start=at(14), end=at(15)),
        )
    )
    inbox = lene.mail_folders.by_mail_folder_id("inbox").messages
    assert any(isinstance(mail, EventMessageResponse) for mail in (await inbox.get()).value)
    await theirs.decline.post(DeclinePostRequestBody(send_response=False))
    own = lene.events.by_event_id(made.id)
    other = Recipient(email_address=EmailAddress(address=people[2].mail))
    await own.forward.post(ForwardPostRequestBody(comment="Join", to_recipients=[other]))
    assert len((await own.get()).attendees) == 2
    await own.snooze_reminder.post(SnoozeReminderPostRequestBody(new_reminder_time=at(9)))
    await own.dismiss_reminder.post()
    await own.cancel.post(CancelPostRequestBody(comment="Sorry"))


async def test_schedules_and_reminders_are_told(lene: Person, people: list[User]) -> None:
    made = await lene.events.post(an_event())
    body = GetSchedulePostRequestBody(
        schedules=[people[0].mail],
        start_time=at(8),
        end_time=at(18),
        availability_view_interval=60,
    )
    (found,) = (await lene.calendar.get_schedule.post(body)).value
    assert found.availability_view[2] == "2"
    reminders = lene.reminder_view_with_start_date_time_with_end_date_time(
        start_date_time=at(0).date_time, end_date_time=at(23).date_time
    )
    assert made.id in [each.event_id for each in (await reminders.get()).value]
    await lene.events.by_event_id(made.id).delete()


async def test_contacts_lie_in_folders_and_are_followed(lene: Person) -> None:
    folder = await lene.contact_folders.post(ContactFolder(display_name="Auditors"))
    one = lene.contact_folders.by_contact_folder_id(folder.id)
    made = await one.contacts.post(
        Contact(
            given_name="Ann",
            birthday=datetime(1990, 1, 1, tzinfo=UTC),
            home_address=PhysicalAddress(city="Lisbon"),
        )
    )
    assert made.display_name == "Ann"
    assert [each.id for each in (await one.contacts.delta.get()).value] == [made.id]
    await one.child_folders.post(ContactFolder(display_name="Old"))
    await one.delete()
