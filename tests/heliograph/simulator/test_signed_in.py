"""What a call in somebody's name may do: `/me`, one's own, and what is another's."""

from typing import Any

import pytest


async def test_row_16_1_1_me_is_refused_to_an_app_alone(scene: Any) -> None:
    answer = await scene.graph.get("/me/messages")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "path", ["", "/messages", "/mailFolders/inbox", "/memberOf", "/manager", "/contacts", "/events"]
)
async def test_me_is_the_signed_in_user_on_every_path(scene: Any, path: str) -> None:
    person = (await scene.users())[3]
    scopes = "User.Read Mail.Read Contacts.Read Calendars.Read GroupMember.Read.All User.Read.All"
    headers = await scene.signed_in(person["userPrincipalName"], scopes)
    mine = await scene.graph.get(f"/me{path}", headers=headers)
    assert mine.status_code == 200, mine.text
    theirs = await scene.graph.get(f"/users/{person['id']}{path}", headers=headers)
    assert mine.json() == theirs.json()


async def test_signed_in_user_reads_himself_with_less(scene: Any) -> None:
    one, two = (await scene.users())[:2]
    headers = await scene.signed_in(one["userPrincipalName"], "User.Read Mail.Read")
    for path in (f"/users/{one['id']}", f"/users/{one['userPrincipalName']}/messages"):
        assert (await scene.graph.get(path, headers=headers)).status_code == 200
    for path in (f"/users/{two['id']}", "/users", f"/users/{two['id']}/messages"):
        assert (await scene.graph.get(path, headers=headers)).status_code == 403


async def test_mailbox_of_another_needs_the_shared_permission(scene: Any) -> None:
    one, two = (await scene.users())[:2]
    headers = await scene.signed_in(one["userPrincipalName"], "Mail.Read.Shared")
    answer = await scene.graph.get(f"/users/{two['id']}/messages", headers=headers)
    assert answer.status_code == 200


async def test_batch_is_made_in_the_same_name(scene: Any) -> None:
    person = (await scene.users())[1]
    headers = await scene.signed_in(person["userPrincipalName"], "User.Read")
    requests = [{"id": "1", "method": "GET", "url": "/me?$select=id"}]
    answer = await scene.graph.post("/$batch", json={"requests": requests}, headers=headers)
    assert answer.json()["responses"][0]["body"]["id"] == person["id"]


async def test_subscription_to_my_inbox_is_made_in_my_name(scene: Any) -> None:
    person = (await scene.users())[2]
    headers = await scene.signed_in(person["userPrincipalName"], "Mail.Read")
    wish = scene.wish("me/mailFolders('Inbox')/messages", "created")
    made = await scene.graph.post("/subscriptions", json=wish, headers=headers)
    assert made.status_code == 201, made.text
    assert made.json()["resource"] == "me/mailFolders('Inbox')/messages"
    assert made.json()["creatorId"] == person["id"]
    await scene.act("messages.received", user=person["id"])
    assert (await scene.receiver.some())[0]["changeType"] == "created"


async def test_subscription_to_the_mailbox_of_another_is_forbidden(scene: Any) -> None:
    one, two = (await scene.users())[:2]
    headers = await scene.signed_in(one["userPrincipalName"], "Mail.ReadWrite Mail.Read")
    wish = scene.wish(f"users/{two['id']}/messages", "created")
    answer = await scene.graph.post("/subscriptions", json=wish, headers=headers)
    assert answer.status_code == 403


async def test_scopes_may_be_written_in_lower_case(scene: Any) -> None:
    """As Microsoft's samples write them: user.read, mail.read."""
    person = (await scene.users())[2]
    headers = await scene.signed_in(person["userPrincipalName"], "user.read mail.read")
    assert (await scene.graph.get("/me", headers=headers)).status_code == 200
    wish = scene.wish("me/mailfolders/inbox/messages", "created")
    made = await scene.graph.post("/subscriptions", json=wish, headers=headers)
    assert made.status_code == 201, made.text
