"""Mail that goes out: graph-users-api.md, 9, M4 to M8, and 16.1, row 10."""

import base64
from email.message import EmailMessage
from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner, mail

FILE = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "plan.txt",
    "contentType": "text/plain",
    "contentBytes": base64.b64encode(b"3.14").decode(),
}


async def send(owner: Owner, message: dict[str, Any], **more: Any) -> None:
    await owner.post("sendMail", {"message": message, **more}, status=202)


async def test_sent_mail_is_accepted_arrives_and_leaves_a_copy(lene: Owner, amir: Owner) -> None:
    answer = await lene.call("POST", "sendMail", json={"message": mail(amir, subject="Welcome")})
    assert (answer.status_code, answer.content) == (202, b"")
    (arrived,) = await amir.inbox()
    assert arrived["from"] == arrived["sender"] == lene.person
    assert (arrived["isRead"], arrived["isDraft"]) == (False, False)
    (copy,) = await lene.value("mailFolders('SentItems')/messages")
    assert copy["internetMessageId"] == arrived["internetMessageId"]
    assert copy["conversationId"] == arrived["conversationId"]
    assert copy["id"] != arrived["id"]
    assert copy["isRead"] is True


async def test_parameters_may_be_in_pascal_case_and_written_as_text(
    lene: Owner, amir: Owner
) -> None:
    message = {"@odata.type": "#microsoft.graph.message", **mail(amir)}
    body = {"Message": message, "SaveToSentItems": "false"}
    await lene.post("microsoft.graph.sendMail", body, status=202)
    assert len(await amir.inbox()) == 1
    assert await lene.value("mailFolders/sentitems/messages") == []


async def test_mail_is_under_way_for_as_long_as_is_wished(stage: Any) -> None:
    async with stage(mail_delay=3600) as scene:
        lene, amir = [Owner(scene=scene, user=user) for user in (await scene.users())[:2]]
        await send(lene, mail(amir))
        draft = await lene.post("messages", mail(amir))
        await lene.post(f"messages/{draft['id']}/send", status=202)
        assert await amir.inbox() == []
        assert len(await lene.value("mailFolders/drafts/messages")) == 1
        await scene.advance(hours=1)
        await scene.renew_token()
        assert len(await amir.inbox()) == 2
        assert len(await lene.value("mailFolders/sentitems/messages")) == 2
        assert await lene.value("mailFolders/drafts/messages") == []


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ({}, (400, "ErrorInvalidRecipients")),
        (
            {"toRecipients": [{"emailAddress": {"address": "nobody"}}]},
            (400, "ErrorInvalidRecipients"),
        ),
        (
            {
                "toRecipients": [{"emailAddress": {"address": "x@fabrikam.example"}}],
                "from": {"emailAddress": {"address": "boss@fabrikam.example"}},
            },
            (403, "ErrorSendAsDenied"),
        ),
        ({"subjekt": "x"}, (400, "RequestBodyRead")),
    ],
)
async def test_what_cannot_be_sent_is_refused_at_once(
    lene: Owner, message: dict[str, Any], refused: tuple[int, str]
) -> None:
    assert await lene.refused("POST", "sendMail", {"message": message}) == refused
    assert await lene.value("mailFolders/sentitems/messages") == []


async def test_a_call_without_a_message_is_refused(lene: Owner) -> None:
    assert await lene.refused("POST", "sendMail", {}) == (400, "ErrorInvalidParameter")


async def test_blind_copies_reach_their_readers_and_are_shown_to_the_sender_alone(
    lene: Owner, amir: Owner, nadia: Owner
) -> None:
    await send(lene, {**mail(amir), "bccRecipients": [nadia.person, lene.person]})
    for reader in (amir, nadia, lene):
        (arrived,) = await reader.inbox()
        assert arrived["bccRecipients"] == []
    (copy,) = await lene.value("mailFolders/sentitems/messages")
    assert len(copy["bccRecipients"]) == 2


async def test_attachments_travel(lene: Owner, amir: Owner) -> None:
    await send(lene, mail(amir, attachments=[FILE]))
    (arrived,) = await amir.inbox()
    assert arrived["hasAttachments"] is True
    (attached,) = await amir.value(f"messages/{arrived['id']}/attachments")
    assert (attached["name"], attached["contentBytes"]) == ("plan.txt", FILE["contentBytes"])


async def test_a_draft_moves_to_sent_items_under_its_immutable_id(lene: Owner, amir: Owner) -> None:
    draft = await lene.post("messages", mail(amir), headers=IMMUTABLE)
    default = (await lene.value("mailFolders/drafts/messages"))[0]["id"]
    await lene.ask("POST", f"messages/{draft['id']}/send", 202, headers={"content-length": "0"})
    assert await lene.refused("GET", f"messages/{default}") == (404, "ErrorItemNotFound")
    sent = await lene.get(f"messages/{draft['id']}", headers=IMMUTABLE)
    assert (sent["isDraft"], sent["id"]) == (False, draft["id"])
    assert sent["parentFolderId"] == (await lene.get("mailFolders/sentitems"))["id"]
    assert len(await amir.inbox()) == 1
    assert await lene.refused("POST", f"messages/{draft['id']}/send") == (404, "ErrorItemNotFound")


async def test_a_reply_goes_to_the_sender_in_the_same_thread(lene: Owner, amir: Owner) -> None:
    await send(lene, mail(amir, subject="Plan", body={"contentType": "text", "content": "When?"}))
    (asked,) = await amir.inbox()
    await amir.post(f"messages/{asked['id']}/reply", {"Comment": "Friday"}, status=202)
    (answered,) = await lene.inbox()
    assert answered["subject"] == "RE: Plan"
    assert answered["conversationId"] == asked["conversationId"]
    assert base64.b64decode(answered["conversationIndex"]).startswith(
        base64.b64decode(asked["conversationIndex"])
    )
    assert "Friday" in answered["body"]["content"]
    assert "When?" in answered["body"]["content"]
    unique = await lene.get(f"messages/{answered['id']}?$select=uniqueBody")
    assert "Friday" in unique["uniqueBody"]["content"]
    assert "When?" not in unique["uniqueBody"]["content"]


async def test_a_reply_goes_where_the_original_wants_it(
    lene: Owner, amir: Owner, nadia: Owner
) -> None:
    await send(lene, mail(amir, replyTo=[nadia.person]))
    (asked,) = await amir.inbox()
    await amir.post(f"messages/{asked['id']}/reply", {"comment": "Yes"}, status=202)
    assert len(await nadia.inbox()) == 1
    assert await lene.inbox() == []


async def test_a_reply_to_all_leaves_out_who_writes_it(
    lene: Owner, amir: Owner, nadia: Owner
) -> None:
    await send(lene, {**mail(amir), "ccRecipients": [nadia.person]})
    (asked,) = await amir.inbox()
    await amir.post(f"messages/{asked['id']}/replyAll", {"comment": "Yes"}, status=202)
    assert len(await lene.inbox()) == 1
    assert len(await nadia.inbox()) == 2
    assert len(await amir.inbox()) == 1


async def test_a_message_is_handed_on_with_what_is_attached(
    lene: Owner, amir: Owner, nadia: Owner
) -> None:
    await send(lene, mail(amir, subject="Plan", attachments=[FILE]))
    (asked,) = await amir.inbox()
    body = {"ToRecipients": [nadia.person], "Comment": "See below"}
    await amir.post(f"messages/{asked['id']}/forward", body, status=202)
    (got,) = await nadia.inbox()
    assert (got["subject"], got["hasAttachments"]) == ("FW: Plan", True)


@pytest.mark.parametrize(
    ("action", "recipient"),
    [("createReply", "lene"), ("createReplyAll", "lene"), ("createForward", None)],
)
async def test_answers_may_be_drafted(
    lene: Owner, amir: Owner, action: str, recipient: str | None
) -> None:
    await send(lene, mail(amir))
    (asked,) = await amir.inbox()
    draft = await amir.ask("POST", f"messages/{asked['id']}/{action}", 201)
    assert (draft["isDraft"], draft["conversationId"]) == (True, asked["conversationId"])
    assert draft["toRecipients"] == ([lene.person] if recipient else [])
    assert draft["parentFolderId"] == (await amir.get("mailFolders/drafts"))["id"]


async def test_what_is_given_of_an_answer_counts(lene: Owner, amir: Owner, nadia: Owner) -> None:
    asked = await amir.mail()
    message = {"toRecipients": [nadia.person], "importance": "high"}
    path = f"messages/{asked['id']}"
    draft = await amir.post(f"{path}/createReply", {"message": message, "comment": "x"})
    assert (draft["toRecipients"], draft["importance"]) == ([nadia.person], "high")
    both = {"comment": "x", "message": {"body": {"contentType": "text", "content": "y"}}}
    assert await amir.refused("POST", f"{path}/reply", both) == (400, "ErrorInvalidParameter")
    twice = {"toRecipients": [nadia.person], "message": {"toRecipients": [nadia.person]}}
    for wrong in (twice, {}):
        code = await amir.refused("POST", f"{path}/forward", wrong)
        assert code == (400, "ErrorInvalidParameter")


def mime(to: str) -> bytes:
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = "Grüße"
    message["X-Case"] = "7"
    message.set_content("plain")
    message.add_alternative("<p>rich</p>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="zip", filename="a.zip")
    return base64.encodebytes(message.as_bytes())


async def test_mail_may_be_sent_and_drafted_as_mime(lene: Owner, amir: Owner) -> None:
    how = {"content": mime(amir.address), "headers": {"content-type": "text/plain"}}
    await lene.ask("POST", "sendMail", 202, **how)
    (arrived,) = await amir.inbox()
    assert (arrived["subject"], arrived["body"]["contentType"]) == ("Grüße", "html")
    assert arrived["hasAttachments"] is True
    draft = await lene.ask("POST", "messages", 201, **how)
    assert (draft["isDraft"], draft["toRecipients"][0]["emailAddress"]["address"]) == (
        True,
        amir.address,
    )
    (zipped,) = await lene.value(f"messages/{draft['id']}/attachments?$select=id,name,contentType")
    assert (zipped["name"], zipped["contentType"]) == ("a.zip", "application/zip")


async def test_mime_that_is_no_base64_is_refused(lene: Owner) -> None:
    how = {"content": b"From: me!", "headers": {"content-type": "text/plain"}}
    answer = await lene.call("POST", "sendMail", **how)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ErrorMimeContentInvalidBase64String"
    assert answer.json()["error"]["message"] == "Invalid base64 string for MIME content."


async def test_mail_needs_the_permission_to_send(stage: Any) -> None:
    async with stage(permissions=("Mail.ReadWrite", "User.Read.All")) as scene:
        lene, amir = [Owner(scene=scene, user=user) for user in (await scene.users())[:2]]
        body = {"message": mail(amir)}
        assert await lene.refused("POST", "sendMail", body) == (403, "ErrorAccessDenied")
