"""The mailbox families of the client against the simulator: mail, folders, attachments, settings."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from heliograph.errors import Conflict, Forbidden, Invalid, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.outlook.attachments import NewAttachment
from heliograph.graph.outlook.mail import compose
from heliograph.graph.outlook.mailbox_settings import NO_AUTOMATIC_REPLIES, automatic_replies
from heliograph.graph.values.items import Message
from heliograph.graph.values.objects import User
from heliograph.graph.values.working_hours import working_hours

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]]) -> T:
    """What *look* finds, once it does: mail is delivered after it was accepted."""
    async with asyncio.timeout(10):
        while True:
            if (found := await look()) is not None:
                return found
            await asyncio.sleep(0.01)


async def arrived(live: GraphClient, user: User, subject: str) -> Message:
    where = f"subject eq '{subject}'"

    async def look() -> Message | None:
        found = live.mail.list(user.id, folder="inbox", where=where)
        return await anext(found, None)

    return await eventually(look)


async def a_mail(live: GraphClient, people: list[User], subject: str = "Payroll") -> Message:
    """A mail from the first of the people to the second, as it lies in the inbox there."""
    await live.mail.send(
        people[0].id, compose(to=[people[1].mail or ""], subject=subject, text="Hi")
    )
    return await arrived(live, people[1], subject)


async def test_a_mail_is_answered_and_passed_on(live: GraphClient, people: list[User]) -> None:
    first, second, third = people[:3]
    mail = await a_mail(live, people)
    await live.mail.reply(second.id, mail.id, "Thanks")
    answer = await arrived(live, first, "RE: Payroll")
    assert answer.conversation_id == mail.conversation_id
    await live.mail.reply_all(
        second.id, mail.id, extra={"body": {"contentType": "text", "content": "x"}}
    )
    await live.mail.forward(second.id, mail.id, [third.mail or ""], "For you")
    passed = await arrived(live, third, "FW: Payroll")
    assert passed.from_ is not None
    assert passed.from_.address == second.mail


async def test_a_comment_and_a_body_are_one_too_many(live: GraphClient, people: list[User]) -> None:
    mail = await a_mail(live, people)
    body = {"contentType": "text", "content": "x"}
    with pytest.raises(Invalid):
        await live.mail.reply(people[1].id, mail.id, "Thanks", extra={"body": body})


async def test_answers_are_drafted_and_sent(live: GraphClient, people: list[User]) -> None:
    mail = await a_mail(live, people)
    owner = people[1].id
    drafts = [
        await live.mail.draft_reply(owner, mail.id, "Thanks"),
        await live.mail.draft_reply_all(owner, mail.id),
        await live.mail.draft_forward(owner, mail.id, [people[2].mail or ""]),
    ]
    assert all(draft.is_draft for draft in drafts)
    await live.mail.send_draft(owner, drafts[2].id)
    assert (await arrived(live, people[2], "FW: Payroll")).subject == "FW: Payroll"


async def test_a_mail_is_sent_once_for_each_key(live: GraphClient, people: list[User]) -> None:
    first, second = people[:2]
    message = compose(to=[second.mail or ""], subject="Welcome", text="Hi")
    sent = await live.mail.send_once(first.id, message, key="run-1")
    await arrived(live, second, "Welcome")
    for _ in range(2):
        assert (await live.mail.send_once(first.id, message, key="run-1")).id == sent.id
    inbox = [
        each
        async for each in live.mail.list(second.id, folder="inbox", where="subject eq 'Welcome'")
    ]
    assert len(inbox) == 1
    other = await live.mail.send_once(first.id, message, key="run-2")
    assert other.id != sent.id


async def test_words_are_found(live: GraphClient, people: list[User]) -> None:
    mail = await a_mail(live, people, "Severance agreement")
    found = [each.id async for each in live.mail.search(people[1].id, "severance")]
    assert mail.id in found
    assert not [each async for each in live.mail.search(people[1].id, 'subject:"nothing of it"')]


async def test_a_copy_has_an_id_of_its_own(live: GraphClient, people: list[User]) -> None:
    mail = await a_mail(live, people)
    copy = await live.mail.copy(people[1].id, mail.id, "archive")
    assert copy.id != mail.id
    assert (await live.mail.get(people[1].id, copy.id)).subject == "Payroll"


async def test_folders_grow_to_a_tree(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    top = await live.mail_folders.create(owner, "Leavers")
    below = await live.mail_folders.create(owner, "2026", parent=top.id)
    hidden = await live.mail_folders.create(owner, "Machine", parent=top.id, hidden=True)
    with pytest.raises(Conflict):
        await live.mail_folders.create(owner, "Leavers")
    tree = {folder.id: folder async for folder in live.mail_folders.tree(owner)}
    assert tree[below.id].parent_folder_id == top.id
    assert hidden.id not in tree
    shown = {
        folder.id async for folder in live.mail_folders.list(owner, parent=top.id, hidden=True)
    }
    assert shown == {below.id, hidden.id}
    assert (await live.mail_folders.rename(owner, below.id, "2027")).display_name == "2027"
    moved = await live.mail_folders.move(owner, below.id, "inbox")
    assert moved.parent_folder_id == (await live.mail_folders.get(owner, "inbox")).id
    for _ in range(2):
        await live.mail_folders.delete(owner, top.id)
    with pytest.raises((Invalid, Forbidden)):
        await live.mail_folders.delete(owner, "inbox")


@pytest.mark.parametrize(
    "size", [5, 3 * 1024 * 1024, 9 * 1024 * 1024 + 1], ids=["small", "large", "pieces"]
)
async def test_an_attachment_goes_out_and_comes_back(
    live: GraphClient, people: list[User], tmp_path: Path, size: int
) -> None:
    file = tmp_path / "handbook.pdf"
    file.write_bytes(bytes(range(251)) * (size // 251) + bytes(size % 251))
    owner = people[0].id
    draft = await live.mail.create_draft(owner, compose(to=[], subject="Handbook"))
    made = await live.attachments.add(owner, draft.id, NewAttachment.from_file(file))
    assert (made.name, made.kind, made.content_type) == (
        "handbook.pdf",
        "fileAttachment",
        "application/pdf",
    )
    assert [each.id async for each in live.attachments.list(owner, draft.id)] == [made.id]
    assert (await live.attachments.get(owner, draft.id, made.id)).name == "handbook.pdf"
    async with live.attachments.content(owner, draft.id, made.id) as pieces:
        assert b"".join([piece async for piece in pieces]) == file.read_bytes()
    for _ in range(2):
        await live.attachments.delete(owner, draft.id, made.id)
    with pytest.raises(NotFound):
        await live.attachments.get(owner, draft.id, made.id)


async def test_rules_are_kept_and_tell_of_forwarding(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    forward = {"forwardTo": [{"emailAddress": {"address": "home@example.com"}}]}
    rule = await live.message_rules.create(
        owner, {"displayName": "Home", "sequence": 1, "isEnabled": True, "actions": forward}
    )
    listed = [each async for each in live.message_rules.list(owner)]
    assert [each.passes_on_to for each in listed] == [{"home@example.com"}]
    assert (await live.message_rules.get(owner, rule.id)).display_name == "Home"
    assert not (await live.message_rules.update(owner, rule.id, {"isEnabled": False})).is_enabled
    for _ in range(2):
        await live.message_rules.delete(owner, rule.id)
    assert [each async for each in live.message_rules.list(owner)] == []


async def test_settings_are_changed(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    replies = automatic_replies("Away", between=(start, start + timedelta(days=7)))
    await live.mailbox_settings.update(
        owner,
        {
            "automaticRepliesSetting": replies,
            "timeZone": "Europe/Copenhagen",
            "language": {"locale": "da-DK"},
            "workingHours": working_hours(time(9), time(15), zone_name="Europe/Copenhagen"),
        },
    )
    settings = await live.mailbox_settings.get(owner)
    assert settings.time_zone == "Europe/Copenhagen"
    assert settings.language is not None
    assert settings.language.locale == "da-DK"
    assert settings.automatic_replies_setting is not None
    assert settings.automatic_replies_setting.status == "scheduled"
    begins = settings.automatic_replies_setting.scheduled_start_date_time
    assert begins is not None
    assert begins.at == start
    assert settings.working_hours is not None
    assert settings.working_hours.time_zone.name == "Romance Standard Time"
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    (span, *_) = settings.working_hours.spans(monday, monday + timedelta(days=1))
    assert span == (monday + timedelta(hours=8), monday + timedelta(hours=14))
    ended = await live.mailbox_settings.update(
        owner, {"automaticRepliesSetting": NO_AUTOMATIC_REPLIES}
    )
    assert ended.automatic_replies_setting is not None
    assert ended.automatic_replies_setting.status == "disabled"


async def test_categories_are_kept(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    made = await live.categories.create(owner, "Onboarding", color="preset3")
    listed = {each.id: each async for each in live.categories.list(owner)}
    assert listed[made.id].display_name == "Onboarding"
    assert (await live.categories.recolor(owner, made.id, "preset4")).color == "preset4"
    for _ in range(2):
        await live.categories.delete(owner, made.id)
    assert made.id not in {each.id async for each in live.categories.list(owner)}


async def test_contacts_lie_in_folders(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    folder = await live.contact_folders.create(owner, "Auditors")
    below = await live.contact_folders.create(owner, "Lisbon", parent=folder.id)
    assert [each.id async for each in live.contact_folders.list(owner, parent=folder.id)] == [
        below.id
    ]
    assert folder.id in {each.id async for each in live.contact_folders.list(owner)}
    nadia = {
        "displayName": "Nadia (audit)",
        "givenName": "Nadia",
        "surname": "Costa",
        "emailAddresses": [{"address": "nadia.costa@fabrikam.com", "name": "Nadia"}],
    }
    made = await live.contacts.create(owner, nadia, folder=folder.id)
    assert made.parent_folder_id == folder.id
    changed = await live.contacts.update(owner, made.id, {"surname": "Costa Silva"})
    assert changed.display_name == "Nadia (audit)"
    found = live.contacts.with_address(owner, "nadia.costa@fabrikam.com", folder=folder.id)
    assert [each.id async for each in found] == [made.id]
    other = live.contacts.with_address(owner, "nobody@fabrikam.com", folder=folder.id)
    assert [each async for each in other] == []
    assert (await live.contact_folders.rename(owner, below.id, "Porto")).display_name == "Porto"
    assert (await live.contact_folders.get(owner, below.id)).display_name == "Porto"
    for _ in range(2):
        await live.contact_folders.delete(owner, folder.id)
    with pytest.raises(NotFound):
        await live.contacts.get(owner, made.id)
