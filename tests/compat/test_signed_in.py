"""What Graph gives to signed-in users: `/me`, meeting times, and what is around them."""

from datetime import UTC, datetime, timedelta

from msgraph import GraphServiceClient
from msgraph.generated.models.attendee_base import AttendeeBase
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.time_constraint import TimeConstraint
from msgraph.generated.models.time_slot import TimeSlot
from msgraph.generated.users.item.find_meeting_times.find_meeting_times_post_request_body import (
    FindMeetingTimesPostRequestBody,
)


async def test_i_am_whoever_let_the_device_in(mine: GraphServiceClient) -> None:
    me = await mine.me.get()
    assert me.user_principal_name.endswith("@contoso.example")


async def test_free_times_are_found(mine: GraphServiceClient, graph: GraphServiceClient) -> None:
    day = datetime.now(UTC).date() + timedelta(days=7 - datetime.now(UTC).weekday())
    other = (await graph.users.get()).value[3]
    guest = AttendeeBase(email_address=EmailAddress(address=other.mail), type=AttendeeType.Required)
    slot = TimeSlot(
        start=DateTimeTimeZone(date_time=f"{day}T09:00:00", time_zone="UTC"),
        end=DateTimeTimeZone(date_time=f"{day}T16:00:00", time_zone="UTC"),
    )
    body = FindMeetingTimesPostRequestBody(
        attendees=[guest],
        time_constraint=TimeConstraint(time_slots=[slot]),
        meeting_duration=timedelta(hours=1),
    )
    found = await mine.me.find_meeting_times.post(body)
    assert found.meeting_time_suggestions
    assert found.meeting_time_suggestions[0].confidence


async def test_documents_and_people_around_me_are_told(mine: GraphServiceClient) -> None:
    assert (await mine.me.insights.used.get()).value is not None
    assert (await mine.me.insights.trending.get()).value is not None
    assert (await mine.me.insights.shared.get()).value is not None
    assert (await mine.me.people.get()).value is not None
