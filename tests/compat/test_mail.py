"""Attachments, answers, folders, rules and settings, through Microsoft's SDK."""

import base64
from datetime import time

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.attachment_item import AttachmentItem
from msgraph.generated.models.attachment_type import AttachmentType
from msgraph.generated.models.automatic_replies_setting import AutomaticRepliesSetting
from msgraph.generated.models.automatic_replies_status import AutomaticRepliesStatus
from msgraph.generated.models.category_color import CategoryColor
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.exchange_id_format import ExchangeIdFormat
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.inference_classification_override import (
    InferenceClassificationOverride,
)
from msgraph.generated.models.inference_classification_type import InferenceClassificationType
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.mail_tips_type import MailTipsType
from msgraph.generated.models.mailbox_settings import MailboxSettings
from msgraph.generated.models.message import Message
from msgraph.generated.models.message_rule import MessageRule
from msgraph.generated.models.message_rule_actions import MessageRuleActions
from msgraph.generated.models.message_rule_predicates import MessageRulePredicates
from msgraph.generated.models.outlook_category import OutlookCategory
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.time_zone_base import TimeZoneBase
from msgraph.generated.models.user import User
from msgraph.generated.models.working_hours import WorkingHours
from msgraph.generated.users.item.get_mail_tips.get_mail_tips_post_request_body import (
    GetMailTipsPostRequestBody,
)
from msgraph.generated.users.item.mail_folders.item.move.move_post_request_body import (
    MovePostRequestBody,
)
from msgraph.generated.users.item.messages.item.attachments.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)
from msgraph.generated.users.item.messages.item.copy.copy_post_request_body import (
    CopyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
    CreateReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.forward.forward_post_request_body import (
    ForwardPostRequestBody,
)
from msgraph.generated.users.item.messages.item.reply.reply_post_request_body import (
    ReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.translate_exchange_ids.translate_exchange_ids_post_request_body import (
    TranslateExchangeIdsPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import (
    UserItemRequestBuilder as Person,
)

Query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters


def to(user: User) -> list[Recipient]:
    return [Recipient(email_address=EmailAddress(address=user.mail, name=user.display_name))]


@pytest.fixture
async def draft(lene: Person, people: list[User]) -> Message:
    return await lene.messages.post(Message(subject="Draft", to_recipients=to(people[1])))


@pytest.fixture
async def received(lene: Person, amir: Person, people: list[User]) -> Message:
    """A message in Amir's inbox."""
    made = await lene.messages.post(Message(subject="Question", to_recipients=to(people[1])))
    await lene.messages.by_message_id(made.id).send.post()
    query = Query(filter=f"internetMessageId eq '{made.internet_message_id}'")
    return (await amir.messages.get(RequestConfiguration(query_parameters=query))).value[0]


async def test_files_are_attached_listed_and_removed(lene: Person, draft: Message) -> None:
    attachments = lene.messages.by_message_id(draft.id).attachments
    content = base64.b64encode(b"hello")
    made = await attachments.post(FileAttachment(name="a.txt", content_bytes=content))
    assert isinstance(made, FileAttachment)
    (listed,) = (await attachments.get()).value
    assert (listed.name, listed.content_bytes) == ("a.txt", content)
    await attachments.by_attachment_id(made.id).delete()
    assert (await attachments.get()).value == []


async def test_a_large_file_has_a_session(lene: Person, draft: Message) -> None:
    item = AttachmentItem(attachment_type=AttachmentType.File, name="big.bin", size=4 * 1024 * 1024)
    body = CreateUploadSessionPostRequestBody(attachment_item=item)
    attachments = lene.messages.by_message_id(draft.id).attachments
    session = await attachments.create_upload_session.post(body)
    assert session.next_expected_ranges == ["0-"]
    assert session.upload_url


async def test_mail_is_answered_handed_on_and_copied(
    amir: Person, people: list[User], received: Message
) -> None:
    one = amir.messages.by_message_id(received.id)
    await one.reply.post(ReplyPostRequestBody(comment="Yes"))
    drafted = await one.create_reply.post(CreateReplyPostRequestBody(comment="Later"))
    assert drafted.is_draft is True
    await one.forward.post(ForwardPostRequestBody(comment="See", to_recipients=to(people[0])))
    assert b"Subject: Question" in await one.content.get()
    copy = await one.copy.post(CopyPostRequestBody(destination_id="archive"))
    assert copy.id != received.id
    await amir.messages.by_message_id(copy.id).permanent_delete.post()


async def test_mail_is_searched_counted_and_expanded(amir: Person, received: Message) -> None:
    found = await amir.messages.get(
        RequestConfiguration(query_parameters=Query(search='"subject:question"'))
    )
    assert received.id in [one.id for one in found.value]
    query = Query(expand=["attachments"], top=1, count=True)
    page = await amir.messages.get(RequestConfiguration(query_parameters=query))
    assert page.odata_count >= 1
    assert page.value[0].attachments == []
    assert await amir.messages.count.get() == page.odata_count


async def test_folders_are_made_nested_moved_and_deleted(lene: Person, people: list[User]) -> None:
    made = await lene.mail_folders.post(MailFolder(display_name="Clients", is_hidden=False))
    folder = lene.mail_folders.by_mail_folder_id(made.id)
    child = await folder.child_folders.post(MailFolder(display_name="Fabrikam"))
    inside = folder.child_folders.by_mail_folder_id1(child.id)
    mail = await inside.messages.post(Message(subject="In", to_recipients=to(people[1])))
    assert mail.parent_folder_id == child.id
    assert (await folder.patch(MailFolder(display_name="Customers"))).display_name == "Customers"
    moved = await lene.mail_folders.by_mail_folder_id(child.id).move.post(
        MovePostRequestBody(destination_id="archive")
    )
    assert moved.id == child.id
    await folder.delete()
    await lene.mail_folders.by_mail_folder_id(child.id).delete()
    page = await lene.mail_folders.delta.get()
    assert page.odata_next_link or page.odata_delta_link


async def test_settings_are_read_and_changed(lene: Person) -> None:
    before = await lene.mailbox_settings.get()
    assert before.working_hours.start_time == time(8)
    reply = AutomaticRepliesSetting(
        status=AutomaticRepliesStatus.AlwaysEnabled, internal_reply_message="Away"
    )
    hours = WorkingHours(
        days_of_week=[DayOfWeek.Monday],
        start_time=time(8),
        end_time=time(15, 30),
        time_zone=TimeZoneBase(name="Romance Standard Time"),
    )
    changed = await lene.mailbox_settings.patch(
        MailboxSettings(automatic_replies_setting=reply, working_hours=hours)
    )
    assert changed.automatic_replies_setting.status == AutomaticRepliesStatus.AlwaysEnabled
    assert changed.working_hours.end_time == time(15, 30)
    off = AutomaticRepliesSetting(status=AutomaticRepliesStatus.Disabled)
    await lene.mailbox_settings.patch(MailboxSettings(automatic_replies_setting=off))


async def test_rules_overrides_and_categories_are_kept(lene: Person) -> None:
    rules = lene.mail_folders.by_mail_folder_id("inbox").message_rules
    rule = await rules.post(
        MessageRule(
            display_name="Reports",
            sequence=1,
            conditions=MessageRulePredicates(subject_contains=["report"]),
            actions=MessageRuleActions(mark_as_read=True, stop_processing_rules=True),
        )
    )
    one = rules.by_message_rule_id(rule.id)
    assert (await one.patch(MessageRule(is_enabled=False))).is_enabled is False
    await one.delete()
    overrides = lene.inference_classification.overrides
    override = await overrides.post(
        InferenceClassificationOverride(
            classify_as=InferenceClassificationType.Other,
            sender_email_address=EmailAddress(address="news@fabrikam.example"),
        )
    )
    await overrides.by_inference_classification_override_id(override.id).delete()
    categories = lene.outlook.master_categories
    made = await categories.post(OutlookCategory(display_name="SDK", color=CategoryColor.Preset3))
    await categories.by_outlook_category_id(made.id).delete()


async def test_zones_tips_and_ids_are_told(
    lene: Person, amir: Person, people: list[User], received: Message
) -> None:
    windows = await lene.outlook.supported_time_zones.get()
    assert "Romance Standard Time" in [zone.alias for zone in windows.value]
    iana = await lene.outlook.supported_time_zones_with_time_zone_standard("Iana").get()
    assert "Europe/Paris" in [zone.alias for zone in iana.value]
    tips = GetMailTipsPostRequestBody(
        email_addresses=[people[1].mail], mail_tips_options=MailTipsType.AutomaticReplies
    )
    assert len((await lene.get_mail_tips.post(tips)).value) == 1
    ids = TranslateExchangeIdsPostRequestBody(
        input_ids=[received.id],
        source_id_type=ExchangeIdFormat.RestId,
        target_id_type=ExchangeIdFormat.RestImmutableEntryId,
    )
    (found,) = (await amir.translate_exchange_ids.post(ids)).value
    assert found.target_id.startswith("AAkALg")
