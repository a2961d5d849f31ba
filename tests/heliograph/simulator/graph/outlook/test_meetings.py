"""What meetings bring to others: graph-users-api.md, 7, K9 to K16, 13.2 and 16.1, row 9."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import Owner
from tests.heliograph.simulator.graph.outlook.test_events import at, event


async def meeting(organizer: Owner, *others: Owner, **more: Any) -> dict[str, Any]:
    attendees = [{"type": "required", **other.person} for other in others]
    made: dict[str, Any] = await organizer.post("events", event(attendees=attendees, **more))
    return made


async def copy(owner: Owner) -> dict[str, Any]:
    (found,) = await owner.value("events")
    return found


async def test_an_invitation_is_an_event_and_a_mail(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    assert made["attendees"][0]["status"] == {"response": "none", "time": "0001-01-01T00:00:00Z"}
    theirs = await copy(amir)
    assert theirs["iCalUId"] == made["iCalUId"]
    assert theirs["id"] != made["id"]
    assert (theirs["isOrganizer"], theirs["showAs"]) == (False, "tentative")
    assert theirs["responseStatus"]["response"] == "notResponded"
    assert theirs["organizer"] == lene.person
    (mail,) = await amir.inbox()
    assert mail["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    assert mail["meetingMessageType"] == "meetingRequest"
    assert (mail["subject"], mail["startDateTime"]) == ("Plan", made["start"])
    expanded = await amir.get(f"messages/{mail['id']}?$expand=microsoft.graph.eventMessage/event")
    assert expanded["event"]["id"] == theirs["id"]
    linked = await amir.get(f"messages/{mail['id']}/microsoft.graph.eventMessage/event")
    assert linked["id"] == theirs["id"]
    assert await lene.inbox() == []


async def test_people_outside_are_kept_as_attendees(lene: Owner) -> None:
    outside = {"emailAddress": {"address": "x@fabrikam.example"}}
    made = await lene.post("events", event(attendees=[outside]))
    assert made["attendees"][0]["type"] == "required"
    assert made["attendees"][0]["emailAddress"]["name"] == "x@fabrikam.example"


@pytest.mark.parametrize(
    ("action", "response", "told"),
    [
        ("accept", "accepted", ("meetingAccepted", "Accepted: Plan", "busy")),
        (
            "tentativelyAccept",
            "tentativelyAccepted",
            ("meetingTenativelyAccepted", "Tentative: Plan", "tentative"),
        ),
    ],
)
async def test_an_answer_flows_back(
    lene: Owner, amir: Owner, action: str, response: str, told: tuple[str, str, str]
) -> None:
    kind, subject, shown = told
    made = await meeting(lene, amir)
    theirs = await copy(amir)
    await amir.post(f"events/{theirs['id']}/{action}", {"Comment": "Fine"}, status=202)
    answered = await copy(amir)
    assert (answered["responseStatus"]["response"], answered["showAs"]) == (response, shown)
    seen = await lene.get(f"events/{made['id']}")
    assert seen["attendees"][0]["status"]["response"] == response
    (mail,) = await lene.inbox()
    assert mail["@odata.type"] == "#microsoft.graph.eventMessageResponse"
    assert (mail["meetingMessageType"], mail["responseType"]) == (kind, response)
    assert (mail["subject"], mail["bodyPreview"]) == (subject, "Fine")


async def test_who_declines_has_the_event_no_more(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    theirs = await copy(amir)
    await amir.post(f"events/{theirs['id']}/decline", {"sendResponse": True}, status=202)
    assert await amir.refused("GET", f"events/{theirs['id']}") == (404, "ErrorItemNotFound")
    seen = await lene.get(f"events/{made['id']}")
    assert seen["attendees"][0]["status"]["response"] == "declined"


async def test_an_answer_may_be_kept_to_oneself(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    path = f"events/{(await copy(amir))['id']}"
    await amir.post(f"{path}/accept", {"sendResponse": False}, status=202)
    assert (await copy(amir))["responseStatus"]["response"] == "accepted"
    seen = await lene.get(f"events/{made['id']}")
    assert seen["attendees"][0]["status"]["response"] == "none"
    assert await lene.inbox() == []


async def test_another_time_may_be_proposed(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    path = f"events/{(await copy(amir))['id']}"
    proposed = {"start": at(14), "end": at(15)}
    body = {"proposedNewTime": proposed, "sendResponse": True}
    for wrong in ({**body, "sendResponse": False}, None):
        action = "tentativelyAccept" if wrong else "accept"
        refused = await amir.refused("POST", f"{path}/{action}", wrong or body)
        assert refused == (400, "ErrorInvalidRequest")
    await amir.post(f"{path}/tentativelyAccept", body, status=202)
    (attendee,) = (await lene.get(f"events/{made['id']}"))["attendees"]
    assert attendee["proposedNewTime"] == proposed
    await lene.patch(f"events/{made['id']}", {"allowNewTimeProposals": False})
    assert (await amir.refused("POST", f"{path}/decline", body))[0] == 400


async def test_the_organizer_does_not_answer_and_others_do_not_cancel(
    lene: Owner, amir: Owner
) -> None:
    made = await meeting(lene, amir)
    answer = await lene.call("POST", f"events/{made['id']}/accept", json={})
    assert answer.json()["error"]["message"].endswith("because you're the meeting organizer.")
    answer = await amir.call("POST", f"events/{(await copy(amir))['id']}/cancel", json={})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "Your request can't be completed. You need to be an organizer to cancel a meeting.",
    )


async def test_what_the_organizer_changes_reaches_the_others(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    await amir.post(f"events/{(await copy(amir))['id']}/accept", {}, status=202)
    await lene.patch(f"events/{made['id']}", {"subject": "Better plan"})
    theirs = await copy(amir)
    assert (theirs["subject"], theirs["responseStatus"]["response"]) == ("Better plan", "accepted")
    await lene.patch(f"events/{made['id']}", {"start": at(15), "end": at(16)})
    theirs = await copy(amir)
    assert theirs["start"]["dateTime"].startswith("2030-05-01T15")
    assert theirs["responseStatus"]["response"] == "notResponded"
    assert len(await amir.inbox()) == 3
    seen = await lene.get(f"events/{made['id']}")
    assert seen["attendees"][0]["status"]["response"] == "accepted"


async def test_what_is_the_organizers_own_tells_nobody(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    await lene.patch(f"events/{made['id']}", {"categories": ["Red"], "showAs": "free"})
    assert len(await amir.inbox()) == 1
    assert (await copy(amir))["categories"] == []


async def test_what_an_attendee_changes_stays_his_own(lene: Owner, amir: Owner) -> None:
    made = await meeting(lene, amir)
    await amir.patch(
        f"events/{(await copy(amir))['id']}", {"categories": ["Blue"], "isReminderOn": False}
    )
    assert (await lene.get(f"events/{made['id']}"))["categories"] == []


async def test_attendees_are_replaced_whole(lene: Owner, amir: Owner, nadia: Owner) -> None:
    made = await meeting(lene, amir)
    await amir.post(f"events/{(await copy(amir))['id']}/accept", {}, status=202)
    both = [amir.person, {"type": "optional", **nadia.person}]
    seen = await lene.patch(f"events/{made['id']}", {"attendees": both})
    assert [one["status"]["response"] for one in seen["attendees"]] == ["accepted", "none"]
    assert [one["type"] for one in seen["attendees"]] == ["required", "optional"]
    assert (await copy(nadia))["iCalUId"] == made["iCalUId"]
    await lene.patch(f"events/{made['id']}", {"attendees": [nadia.person]})
    gone = await copy(amir)
    assert (gone["isCancelled"], gone["subject"]) == (True, "Canceled: Plan")


@pytest.mark.parametrize("way", ["cancel", "delete"])
async def test_a_cancelled_meeting_is_told(lene: Owner, amir: Owner, way: str) -> None:
    made = await meeting(lene, amir)
    if way == "cancel":
        await lene.post(f"events/{made['id']}/cancel", {"Comment": "Sorry"}, status=202)
    else:
        await lene.delete(f"events/{made['id']}")
    assert await lene.refused("GET", f"events/{made['id']}") == (404, "ErrorItemNotFound")
    theirs = await copy(amir)
    assert (theirs["isCancelled"], theirs["subject"], theirs["showAs"]) == (
        True,
        "Canceled: Plan",
        "free",
    )
    mail = (await amir.inbox())[0]
    assert (mail["meetingMessageType"], mail["subject"]) == ("meetingCancelled", "Canceled: Plan")
    if way == "cancel":
        assert mail["bodyPreview"] == "Sorry"


async def test_a_meeting_is_handed_on(lene: Owner, amir: Owner, nadia: Owner) -> None:
    made = await meeting(lene, amir)
    path = f"events/{(await copy(amir))['id']}"
    body = {
        "ToRecipients": [{"EmailAddress": {"Address": nadia.address, "Name": "N"}}],
        "Comment": "Come",
    }
    await amir.post(f"{path}/forward", body, status=202)
    assert (await copy(nadia))["iCalUId"] == made["iCalUId"]
    seen = await lene.get(f"events/{made['id']}")
    assert [one["emailAddress"]["address"] for one in seen["attendees"]] == [
        amir.address,
        nadia.address,
    ]
    assert await amir.refused("POST", f"{path}/forward", {}) == (400, "ErrorInvalidRecipients")
