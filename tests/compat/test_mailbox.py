"""Mail, calendars, contacts, tasks and insights, through Microsoft's SDK."""

from datetime import UTC, datetime, timedelta

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.message import Message
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.user import User
from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import (
    CalendarViewRequestBuilder,
)
from msgraph.generated.users.item.events.item.accept.accept_post_request_body import (
    AcceptPostRequestBody,
)
from msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder import (
    DeltaRequestBuilder,
)
from msgraph.generated.users.item.messages.item.move.move_post_request_body import (
    MovePostRequestBody,
)
from msgraph.generated.users.item.messages.item.reply.reply_post_request_body import (
    ReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import (
    SendMailPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

Person = UserItemRequestBuilder
People = list[User]


@pytest.fixture
async def people(graph: GraphServiceClient) -> People:
    return (await graph.users.get()).value


@pytest.fixture
def lene(graph: GraphServiceClient, people: People) -> Person:
    return graph.users.by_user_id(people[0].id)


@pytest.fixture
def amir(graph: GraphServiceClient, people: People) -> Person:
    return graph.users.by_user_id(people[1].id)


def a_mail(user: User, subject: str) -> Message:
    address = EmailAddress(address=user.mail, name=user.display_name)
    return Message(
        subject=subject,
        body=ItemBody(content_type=BodyType.Text, content="Good morning"),
        to_recipients=[Recipient(email_address=address)],
    )


def at(hour: int) -> DateTimeTimeZone:
    day = datetime.now(UTC).date() + timedelta(days=7)
    return DateTimeTimeZone(date_time=f"{day}T{hour:02d}:00:00", time_zone="UTC")


async def _inbox(user: Person, subject: str) -> list[Message]:
    query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
        filter=f"subject eq '{subject}'", top=50, select=["id", "subject", "isRead", "from"]
    )
    folder = user.mail_folders.by_mail_folder_id("inbox")
    page = await folder.messages.get(RequestConfiguration(query_parameters=query))
    return page.value


async def test_mail_is_sent_read_moved_and_deleted(
    lene: Person, amir: Person, people: People
) -> None:
    body = SendMailPostRequestBody(message=a_mail(people[1], "Sent"), save_to_sent_items=True)
    await lene.send_mail.post(body)
    (mail,) = await _inbox(amir, "Sent")
    assert mail.from_.email_address.address == people[0].mail
    assert mail.is_read is False
    one = amir.messages.by_message_id(mail.id)
    assert (await one.patch(Message(is_read=True))).is_read is True
    moved = await one.move.post(MovePostRequestBody(destination_id="archive"))
    assert moved.id != mail.id
    await amir.messages.by_message_id(moved.id).delete()


async def test_draft_is_written_sent_and_answered(
    lene: Person, amir: Person, people: People
) -> None:
    draft = await lene.messages.post(a_mail(people[1], "Drafted"))
    assert draft.is_draft is True
    note = FileAttachment(
        odata_type="#microsoft.graph.fileAttachment",
        name="note.txt",
        content_type="text/plain",
        content_bytes=b"remember",
    )
    attachments = lene.messages.by_message_id(draft.id).attachments
    await attachments.post(note)
    (kept,) = (await attachments.get()).value
    assert (kept.name, kept.content_bytes) == ("note.txt", b"remember")
    await lene.messages.by_message_id(draft.id).send.post()
    (mail,) = await _inbox(amir, "Drafted")
    await amir.messages.by_message_id(mail.id).reply.post(ReplyPostRequestBody(comment="Thanks"))
    assert [one.subject for one in await _inbox(lene, "RE: Drafted")] == ["RE: Drafted"]


async def test_folders_are_made_listed_and_changed(lene: Person) -> None:
    made = await lene.mail_folders.post(MailFolder(display_name="Projects"))
    folder = lene.mail_folders.by_mail_folder_id(made.id)
    await folder.patch(MailFolder(display_name="Plans"))
    assert (await folder.get()).display_name == "Plans"
    listed = await lene.mail_folders.get()
    assert {"Inbox", "Sent Items"} <= {one.display_name for one in listed.value}


async def test_folder_is_followed_by_delta(lene: Person, amir: Person, people: People) -> None:
    delta = amir.mail_folders.by_mail_folder_id("inbox").messages.delta
    configuration = RequestConfiguration(
        query_parameters=DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
            select=["subject"]
        )
    )
    configuration.headers.add("Prefer", "odata.maxpagesize=2")
    page = await delta.get(configuration)
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
    body = SendMailPostRequestBody(message=a_mail(people[1], "Followed"))
    await lene.send_mail.post(body)
    page = await delta.with_url(page.odata_delta_link).get()
    assert [one.subject for one in page.value] == ["Followed"]


async def test_meeting_is_made_seen_accepted_and_cancelled(
    lene: Person, amir: Person, people: People
) -> None:
    guest = EmailAddress(address=people[1].mail, name=people[1].display_name)
    made = await lene.events.post(
        Event(
            subject="Planning",
            start=at(10),
            end=at(11),
            attendees=[Attendee(email_address=guest, type=AttendeeType.Required)],
        )
    )
    assert made.is_organizer is True
    query = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
        start_date_time=f"{at(0).date_time}Z", end_date_time=f"{at(23).date_time}Z"
    )
    view = await amir.calendar_view.get(RequestConfiguration(query_parameters=query))
    (copy,) = [one for one in view.value if one.i_cal_u_id == made.i_cal_u_id]
    await amir.events.by_event_id(copy.id).accept.post(AcceptPostRequestBody(send_response=True))
    (attendee,) = (await lene.events.by_event_id(made.id).get()).attendees
    assert attendee.status.response.value == "accepted"
    await lene.events.by_event_id(made.id).patch(
        Event(subject="Planning, moved", start=at(12), end=at(13))
    )
    assert (await amir.events.by_event_id(copy.id).get()).subject == "Planning, moved"
    await lene.events.by_event_id(made.id).delete()


async def test_contact_is_made_changed_and_removed(lene: Person) -> None:
    made = await lene.contacts.post(
        Contact(
            given_name="Nadia",
            surname="Costa",
            email_addresses=[EmailAddress(address="nadia@fabrikam.example", name="Nadia")],
        )
    )
    contact = lene.contacts.by_contact_id(made.id)
    await contact.patch(Contact(company_name="Fabrikam"))
    assert (await contact.get()).company_name == "Fabrikam"
    assert made.id in [one.id for one in (await lene.contacts.get()).value]
    await contact.delete()
