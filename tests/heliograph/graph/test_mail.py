from typing import TYPE_CHECKING

import pytest

from heliograph.errors import NotFound
from heliograph.graph import GraphClient
from heliograph.graph.mail import compose

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
DEFAULT_ID = "AAMkAGYx/D+0="


def is_outlook(recorder: "Recorder") -> bool:
    """Does every call ask for immutable ids, and count for Lene's mailbox?"""
    return all(
        request.headers["prefer"] == 'IdType="ImmutableId"' and request.mailbox == LENE
        for request in recorder.requests
    )


async def test_a_message_is_read_by_its_encoded_id(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(
        200,
        {
            "@odata.type": "#microsoft.graph.eventMessageRequest",
            "id": DEFAULT_ID,
            "subject": "Welcome",
            "from": {"emailAddress": {"name": "Amir", "address": "amir.haddad@contoso.com"}},
            "isRead": False,
            "meetingMessageType": "meetingRequest",
        },
    )
    message = await graph.mail.get(LENE, DEFAULT_ID)
    assert message.from_ is not None
    assert message.from_.email_address is not None
    assert message.from_.email_address.address == "amir.haddad@contoso.com"
    assert recorder.last.path == f"/users/{LENE}/messages/AAMkAGYx%2FD%2B0%3D"
    assert "body" in recorder.last.params["$select"].split(",")
    assert is_outlook(recorder)


async def test_properties_of_a_message_are_raw(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"@odata.etag": "x", "id": "m", "isRead": True, "from": None})
    found = await graph.mail.get_properties(LENE, "m", ("id", "isRead", "from"))
    assert found == {"id": "m", "isRead": True, "from": None}
    recorder.refuse(404, "ErrorItemNotFound")
    with pytest.raises(NotFound):
        await graph.mail.get_properties(LENE, "m", ("id",))


async def test_messages_of_a_folder_are_listed_over_pages(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    link = f"https://graph.microsoft.com/v1.0/users/{LENE}/mailFolders/inbox/messages?$skip=100"
    recorder.answer(200, {"value": [{"id": "1"}], "@odata.nextLink": link})
    recorder.answer(200, {"value": [{"id": "2"}]})
    found = [message.id async for message in graph.mail.list(LENE, folder="inbox")]
    assert found == ["1", "2"]
    assert recorder.requests[0].path == f"/users/{LENE}/mailFolders/inbox/messages"
    assert recorder.requests[1].path.endswith("/messages?$skip=100")
    assert is_outlook(recorder)


async def test_a_mail_is_sent_from_a_mailbox(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(202)
    message = compose(to=["new@contoso.com"], cc=["hr@contoso.com"], subject="Hi", text="Welcome")
    await graph.mail.send(LENE, message)
    assert recorder.last.path == f"/users/{LENE}/sendMail"
    assert recorder.last.json == {
        "message": {
            "subject": "Hi",
            "body": {"contentType": "text", "content": "Welcome"},
            "toRecipients": [{"emailAddress": {"address": "new@contoso.com"}}],
            "ccRecipients": [{"emailAddress": {"address": "hr@contoso.com"}}],
        },
        "saveToSentItems": True,
    }
    assert recorder.last.is_write
    assert not recorder.last.is_repeatable
    assert is_outlook(recorder)


def test_html_wins_over_text() -> None:
    assert compose(to=[], subject="", html="<p>x</p>", text="x")["body"] == {
        "contentType": "html",
        "content": "<p>x</p>",
    }


async def test_a_draft_is_made_and_sent(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, {"id": "d", "isDraft": True}).answer(202)
    draft = await graph.mail.create_draft(LENE, compose(to=[LENE], subject="x"))
    await graph.mail.send_draft(LENE, draft.id)
    assert [request.path for request in recorder.requests] == [
        f"/users/{LENE}/messages",
        f"/users/{LENE}/messages/d/send",
    ]
    assert is_outlook(recorder)


async def test_a_message_is_marked_moved_and_deleted(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": "m", "isRead": True}).answer(201, {"id": "m"})
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    assert (await graph.mail.update(LENE, "m", {"isRead": True})).is_read
    assert (await graph.mail.move(LENE, "m", "archive")).id == "m"
    assert recorder.last.json == {"destinationId": "archive"}
    await graph.mail.delete(LENE, "m")
    await graph.mail.delete(LENE, "m")
    assert [request.method for request in recorder.requests] == [
        "PATCH",
        "POST",
        "DELETE",
        "DELETE",
    ]
    assert is_outlook(recorder)


async def test_a_folder_is_read_by_its_well_known_name(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": "f", "displayName": "Indbakke", "unreadItemCount": 3})
    assert (await graph.mail.folder(LENE, "inbox")).unread_item_count == 3
    assert recorder.last.path == f"/users/{LENE}/mailFolders/inbox"
