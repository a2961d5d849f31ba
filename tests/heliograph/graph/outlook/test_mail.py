from typing import TYPE_CHECKING, ClassVar

import pytest

from heliograph.errors import NotFound, Unavailable
from heliograph.graph import GraphClient
from heliograph.graph.outlook.mail import compose

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
DEFAULT_ID = "AAMkAGYx/D+0="


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
    assert recorder.is_outlook(LENE)


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
    assert recorder.is_outlook(LENE)


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
    assert recorder.is_outlook(LENE)


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
    assert recorder.is_outlook(LENE)


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
    assert recorder.is_outlook(LENE)


async def test_a_message_is_copied(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, {"id": "other"})
    assert (await graph.mail.copy(LENE, "m", "archive")).id == "other"
    assert recorder.calls == [f"POST /users/{LENE}/messages/m/copy"]
    assert recorder.last.json == {"destinationId": "archive"}


async def test_words_are_searched_for_in_quotes(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "1"}]})
    found = [
        each.id async for each in graph.mail.search(LENE, 'subject:"pay" rise', folder="inbox")
    ]
    assert found == ["1"]
    assert recorder.calls == [f"GET /users/{LENE}/mailFolders/inbox/messages"]
    assert recorder.last.params["$search"] == '"subject:\\"pay\\" rise"'


@pytest.mark.parametrize(
    ("answer", "action"), [("reply", "reply"), ("reply_all", "replyAll")], ids=["one", "all"]
)
async def test_a_message_is_answered(
    graph: GraphClient, recorder: "Recorder", answer: str, action: str
) -> None:
    recorder.answer(202).answer(202)
    send = getattr(graph.mail, answer)
    await send(LENE, "m", "Thanks")
    assert recorder.last.json == {"comment": "Thanks"}
    body = {"contentType": "html", "content": "<p>Thanks</p>"}
    await send(LENE, "m", extra={"body": body})
    assert recorder.last.json == {"message": {"body": body}}
    assert set(recorder.calls) == {f"POST /users/{LENE}/messages/m/{action}"}
    assert not recorder.last.is_repeatable
    assert recorder.is_outlook(LENE)


async def test_a_message_is_passed_on(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(202)
    await graph.mail.forward(LENE, "m", ["hr@contoso.com"], "For you")
    assert recorder.calls == [f"POST /users/{LENE}/messages/m/forward"]
    to = [{"emailAddress": {"address": "hr@contoso.com"}}]
    assert recorder.last.json == {"toRecipients": to, "comment": "For you"}


async def test_answers_are_drafted(graph: GraphClient, recorder: "Recorder") -> None:
    for number in range(3):
        recorder.answer(201, {"id": str(number), "isDraft": True})
    drafts = [
        await graph.mail.draft_reply(LENE, "m", "Thanks"),
        await graph.mail.draft_reply_all(LENE, "m"),
        await graph.mail.draft_forward(LENE, "m", ["hr@contoso.com"]),
    ]
    assert [draft.id for draft in drafts] == ["0", "1", "2"]
    assert [call.rpartition("/")[2] for call in recorder.calls] == [
        "createReply",
        "createReplyAll",
        "createForward",
    ]


class TestSendOnce:
    """A mail that must go out, and not twice: 16.2, row 7 of the reference."""

    MAIL: ClassVar = compose(to=[LENE], subject="Welcome")

    async def test_a_first_call_drafts_and_sends(
        self, graph: GraphClient, recorder: "Recorder"
    ) -> None:
        recorder.answer(200, {"value": []}).answer(201, {"id": "d", "isDraft": True}).answer(202)
        assert (await graph.mail.send_once(LENE, self.MAIL, key="run-1")).id == "d"
        looked, drafted, _ = recorder.requests
        assert isinstance(drafted.json, dict)
        mark = drafted.json["internetMessageId"]
        assert looked.params["$filter"] == f"internetMessageId eq '{mark}'"
        assert recorder.calls[1:] == [
            f"POST /users/{LENE}/messages",
            f"POST /users/{LENE}/messages/d/send",
        ]

    async def test_what_went_out_before_is_not_sent_again(
        self, graph: GraphClient, recorder: "Recorder"
    ) -> None:
        recorder.answer(
            200, {"value": [{"id": "x", "isDraft": True}, {"id": "d", "isDraft": False}]}
        )
        assert (await graph.mail.send_once(LENE, self.MAIL, key="run-1")).id == "d"
        assert len(recorder.requests) == 1

    async def test_a_draft_of_an_earlier_attempt_is_sent(
        self, graph: GraphClient, recorder: "Recorder"
    ) -> None:
        recorder.answer(200, {"value": [{"id": "d", "isDraft": True}]}).answer(202)
        await graph.mail.send_once(LENE, self.MAIL, key="run-1")
        assert recorder.calls[1:] == [f"POST /users/{LENE}/messages/d/send"]

    async def test_a_lost_answer_is_no_failure_where_the_mail_went_out(
        self, graph: GraphClient, recorder: "Recorder"
    ) -> None:
        for gone in (True, False):
            recorder.answer(200, {"value": [{"id": "d", "isDraft": True}]})
            recorder.fail(Unavailable("no answer"))
            if gone:
                recorder.refuse(404, "ErrorItemNotFound")
            else:
                recorder.answer(200, {"id": "d", "isDraft": False})
            await graph.mail.send_once(LENE, self.MAIL, key="run-1")

    async def test_a_lost_answer_is_a_failure_where_the_draft_is_still_there(
        self, graph: GraphClient, recorder: "Recorder"
    ) -> None:
        recorder.answer(200, {"value": [{"id": "d", "isDraft": True}]})
        recorder.fail(Unavailable("no answer")).answer(200, {"id": "d", "isDraft": True})
        with pytest.raises(Unavailable):
            await graph.mail.send_once(LENE, self.MAIL, key="run-1")

    async def test_each_key_and_each_mailbox_has_a_mark_of_its_own(
        self, graph: GraphClient, recorder: "Recorder"
    ) -> None:
        for user, key in [(LENE, "1"), (LENE, "2"), ("amir.haddad@contoso.com", "1")]:
            recorder.answer(200, {"value": [{"id": "d", "isDraft": False}]})
            await graph.mail.send_once(user, self.MAIL, key=key)
        assert len({request.params["$filter"] for request in recorder.requests}) == 3
