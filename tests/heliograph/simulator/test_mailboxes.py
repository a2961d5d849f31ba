"""Mail, calendar and contacts, as the API shows them."""

from typing import Any

import pytest

IMMUTABLE = {"prefer": 'IdType="ImmutableId"'}


def _to(user: dict[str, Any]) -> dict[str, Any]:
    return {"emailAddress": {"address": user["mail"], "name": user["displayName"]}}


async def _inbox(scene: Any, user: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    answer = await scene.graph.get(
        f"/users/{user['id']}/mailFolders/inbox/messages", headers=headers
    )
    assert answer.status_code == 200
    return answer.json()["value"]  # type: ignore[no-any-return]  # JSON


async def test_sent_mail_arrives_and_leaves_a_copy(scene: Any) -> None:
    lene, amir = (await scene.users())[:2]
    message = {
        "subject": "Welcome",
        "body": {"contentType": "text", "content": "Your desk is 3.14."},
        "toRecipients": [_to(amir)],
    }
    sent = await scene.graph.post(f"/users/{lene['id']}/sendMail", json={"message": message})
    assert (sent.status_code, sent.content) == (202, b"")
    (arrived,) = await _inbox(scene, amir)
    assert arrived["subject"] == "Welcome"
    assert arrived["bodyPreview"] == "Your desk is 3.14."
    assert arrived["from"]["emailAddress"]["address"] == lene["mail"]
    assert (arrived["isRead"], arrived["isDraft"]) == (False, False)
    copies = await scene.graph.get(f"/users/{lene['id']}/mailFolders('SentItems')/messages")
    (copy,) = copies.json()["value"]
    assert copy["internetMessageId"] == arrived["internetMessageId"]
    assert copy["id"] != arrived["id"]


async def test_mail_without_recipient_is_refused(scene: Any) -> None:
    lene = (await scene.users())[0]
    answer = await scene.graph.post(f"/users/{lene['id']}/sendMail", json={"message": {}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ErrorInvalidRecipients")


async def test_draft_is_written_changed_and_sent(scene: Any) -> None:
    lene, amir = (await scene.users())[:2]
    path = f"/users/{lene['id']}/messages"
    draft = await scene.graph.post(path, json={"subject": "One", "toRecipients": [_to(amir)]})
    assert (draft.status_code, draft.json()["isDraft"]) == (201, True)
    id_ = draft.json()["id"]
    changed = await scene.graph.patch(f"{path}/{id_}", json={"subject": "Two"})
    assert changed.json()["changeKey"] != draft.json()["changeKey"]
    assert (await scene.graph.post(f"{path}/{id_}/send")).status_code == 202
    assert (await scene.graph.get(f"{path}/{id_}")).status_code == 404
    assert [mail["subject"] for mail in await _inbox(scene, amir)] == ["Two"]


async def test_move_gives_a_new_default_id_and_keeps_the_immutable_one(scene: Any) -> None:
    lene = (await scene.users())[0]
    mail = await scene.act("messages.received", user=lene["id"])
    path = f"/users/{lene['id']}/messages"
    moved = await scene.graph.post(f"{path}/{mail['id']}/move", json={"destinationId": "archive"})
    assert moved.status_code == 201
    assert moved.json()["id"] != mail["id"]
    assert (await scene.graph.get(f"{path}/{mail['id']}")).status_code == 404
    still = await scene.graph.get(f"{path}/{mail['immutableId']}", headers=IMMUTABLE)
    assert still.json()["id"] == mail["immutableId"]
    assert still.headers["preference-applied"] == 'IdType="ImmutableId"'
    missing = await scene.graph.get(f"{path}/{mail['immutableId'].swapcase()}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ErrorItemNotFound")


async def test_reading_changes_the_etag_and_an_old_one_is_refused(scene: Any) -> None:
    lene = (await scene.users())[0]
    mail = await scene.act("messages.received", user=lene["id"])
    path = f"/users/{lene['id']}/messages/{mail['id']}"
    before = (await scene.graph.get(path)).json()
    assert before["@odata.etag"] == f'W/"{before["changeKey"]}"'
    read = await scene.graph.patch(path, json={"isRead": True})
    assert read.json()["@odata.etag"] != before["@odata.etag"]
    stale = await scene.graph.patch(
        path, json={"isRead": False}, headers={"if-match": before["@odata.etag"]}
    )
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "ErrorIrresolvableConflict")
    refused = await scene.graph.patch(path, json={"subject": "Forged"})
    assert refused.status_code == 400


async def test_deleted_mail_lies_in_deleted_items_first(scene: Any) -> None:
    lene = (await scene.users())[0]
    mail = await scene.act("messages.received", user=lene["id"])
    path = f"/users/{lene['id']}/messages/{mail['immutableId']}"
    assert (await scene.graph.delete(path)).status_code == 204
    bin_ = await scene.graph.get(f"/users/{lene['id']}/mailFolders/deleteditems")
    assert bin_.json()["totalItemCount"] == 1
    assert (await scene.graph.delete(path)).status_code == 204
    assert (await scene.graph.get(path)).status_code == 404


async def test_folders_are_found_by_well_known_names(scene: Any) -> None:
    lene = (await scene.users())[0]
    await scene.act("messages.received", user=lene["id"])
    inbox = (await scene.graph.get(f"/users/{lene['id']}/mailFolders/Inbox")).json()
    assert (inbox["displayName"], inbox["unreadItemCount"]) == ("Inbox", 1)
    listed = await scene.graph.get(f"/users/{lene['id']}/mailFolders?$top=50")
    assert inbox["id"] in [folder["id"] for folder in listed.json()["value"]]


async def test_messages_are_paged_filtered_and_counted(scene: Any) -> None:
    lene = (await scene.users())[0]
    for number in range(12):
        await scene.act("messages.received", user=lene["id"], subject=f"No {number}")
    path = f"/users/{lene['id']}/messages?$count=true&$select=subject&$filter=isRead eq false"
    first = (await scene.graph.get(path)).json()
    second = (await scene.graph.get(first["@odata.nextLink"])).json()
    assert (len(first["value"]), len(second["value"]), first["@odata.count"]) == (10, 2, 12)
    assert "@odata.nextLink" not in second
    assert set(first["value"][0]) == {"@odata.etag", "id", "subject"}


def _meeting(*attendees: dict[str, Any]) -> dict[str, Any]:
    return {
        "subject": "Plan",
        "start": {"dateTime": "2030-05-01T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2030-05-01T11:00:00", "timeZone": "UTC"},
        "attendees": [{"type": "required", **_to(user)} for user in attendees],
    }


async def test_meeting_reaches_the_attendee_and_the_answer_the_organizer(scene: Any) -> None:
    lene, amir = (await scene.users())[:2]
    made = await scene.graph.post(f"/users/{lene['id']}/events", json=_meeting(amir))
    assert made.status_code == 201
    assert made.json()["start"]["dateTime"] == "2030-05-01T10:00:00.0000000"
    (copy,) = (await scene.graph.get(f"/users/{amir['id']}/events")).json()["value"]
    assert copy["iCalUId"] == made.json()["iCalUId"]
    assert copy["responseStatus"]["response"] == "notResponded"
    (invitation,) = await _inbox(scene, amir)
    assert invitation["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    path = f"/users/{amir['id']}/events/{copy['id']}"
    assert (await scene.graph.post(f"{path}/accept", json={})).status_code == 202
    event = (await scene.graph.get(f"/users/{lene['id']}/events/{made.json()['id']}")).json()
    assert event["attendees"][0]["status"]["response"] == "accepted"


async def test_moved_and_cancelled_meeting_changes_the_copies(scene: Any) -> None:
    lene, amir = (await scene.users())[:2]
    made = await scene.act("events.created", user=lene["id"], attendees=[amir["id"]])
    path = f"/users/{lene['id']}/events/{made['id']}"
    changes = {"end": {"dateTime": "2031-01-01T00:00:00", "timeZone": "UTC"}}
    assert (await scene.graph.patch(path, json=changes)).status_code == 200
    (copy,) = (await scene.graph.get(f"/users/{amir['id']}/events")).json()["value"]
    assert copy["end"]["dateTime"].startswith("2031")
    refused = await scene.graph.post(f"/users/{amir['id']}/events/{copy['id']}/cancel", json={})
    assert refused.status_code == 400
    assert (await scene.graph.post(f"{path}/cancel", json={})).status_code == 202
    assert (await scene.graph.get(path)).status_code == 404
    (copy,) = (await scene.graph.get(f"/users/{amir['id']}/events")).json()["value"]
    assert (copy["isCancelled"], copy["subject"]) == (True, "Canceled: Meeting")


async def test_transaction_id_keeps_a_meeting_from_being_made_twice(scene: Any) -> None:
    lene = (await scene.users())[0]
    body = {**_meeting(), "transactionId": "first-day"}
    assert (await scene.graph.post(f"/users/{lene['id']}/events", json=body)).status_code == 201
    assert (await scene.graph.post(f"/users/{lene['id']}/events", json=body)).status_code == 409


@pytest.mark.parametrize(("day", "count"), [("01", 1), ("02", 0)])
async def test_calendar_view_shows_what_touches_the_window(
    scene: Any, day: str, count: int
) -> None:
    lene = (await scene.users())[0]
    await scene.graph.post(f"/users/{lene['id']}/events", json=_meeting())
    window = f"startDateTime=2030-05-{day}T00:00:00Z&endDateTime=2030-05-{day}T23:00:00"
    answer = await scene.graph.get(f"/users/{lene['id']}/calendarView?{window}")
    assert len(answer.json()["value"]) == count
    assert (await scene.graph.get(f"/users/{lene['id']}/calendarView")).status_code == 400


async def test_contact_is_created_changed_and_deleted(scene: Any) -> None:
    lene = (await scene.users())[0]
    path = f"/users/{lene['id']}/contacts"
    made = await scene.graph.post(path, json={"givenName": "Nadia", "surname": "Costa"})
    assert (made.status_code, made.json()["displayName"]) == (201, "Nadia Costa")
    one = f"{path}/{made.json()['id']}"
    assert (await scene.graph.patch(one, json={"jobTitle": "Auditor"})).status_code == 200
    (listed,) = (await scene.graph.get(path)).json()["value"]
    assert listed["jobTitle"] == "Auditor"
    assert (await scene.graph.delete(one)).status_code == 204
    assert (await scene.graph.get(one)).status_code == 404
