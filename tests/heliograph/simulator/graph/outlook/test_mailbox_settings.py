"""Settings, rules, the focused inbox: graph-users-api.md, 9, M21 to M24, and 3.7."""

from datetime import timedelta
from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import Owner, mail

HOURS = {
    "daysOfWeek": ["monday", "tuesday"],
    "startTime": "09:00:00",
    "endTime": "15:30:00.0000000",
    "timeZone": {"name": "Romance Standard Time"},
}


async def test_settings_are_there_from_the_beginning(lene: Owner) -> None:
    settings = await lene.get("mailboxSettings")
    assert settings["@odata.context"].endswith("/mailboxSettings")
    assert settings["automaticRepliesSetting"]["status"] == "disabled"
    assert settings["workingHours"]["startTime"] == "08:00:00.0000000"
    assert settings["archiveFolder"] == (await lene.get("mailFolders/archive"))["id"]
    assert settings["userPurpose"] == "user"


async def test_a_part_comes_alone(lene: Owner) -> None:
    zone = await lene.get("mailboxSettings/timeZone")
    assert set(zone) == {"@odata.context", "value"}
    assert zone["@odata.context"].endswith("/mailboxSettings/timeZone")
    assert "startTime" in await lene.get("mailboxSettings/workingHours")
    assert set(await lene.get("mailboxSettings?$select=language")) == {"@odata.context", "language"}
    assert (await lene.refused("GET", "mailboxSettings/nothing"))[0] == 400


async def test_only_what_was_changed_comes_back(lene: Owner) -> None:
    changed = await lene.patch(
        "mailboxSettings", {"timeZone": "Europe/Berlin", "workingHours": HOURS}
    )
    assert set(changed) == {"@odata.context", "timeZone", "workingHours"}
    assert changed["workingHours"]["startTime"] == "09:00:00.0000000"
    assert (await lene.get("mailboxSettings/timeZone"))["value"] == "Europe/Berlin"
    language = await lene.patch("mailboxSettings", {"language": {"locale": "da-DK"}})
    assert language["language"]["locale"] == "da-DK"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            {"workingHours": {**HOURS, "startTime": "08"}},
            "RequestBodyRead",
            "Cannot convert the literal '08' to the expected type 'Edm.TimeOfDay'.",
        ),
        (
            {"workingHours": {**HOURS, "endTime": "08:00:00"}},
            "ErrorInvalidTimeSettings",
            "Start Time should occur before End Time.",
        ),
        (
            {"workingHours": {**HOURS, "daysOfWeek": ["RandomDay"]}},
            "InvalidArguments",
            "Requested value 'RandomDay' was not found.",
        ),
        (
            {"workingHours": {**HOURS, "timeZone": {"name": "Mars"}}},
            "InvalidTimeZone",
            "Time Zone settings provided are invalid.",
        ),
    ],
)
async def test_row_3_7_working_hours_are_checked(
    lene: Owner, change: Any, code: str, message: str
) -> None:
    answer = await lene.call("PATCH", "mailboxSettings", json=change)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == (code, message)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"userPurpose": "room"}, "ErrorInvalidPropertySet"),
        ({"timeZone": "Mars"}, "InvalidTimeZone"),
        ({"automaticRepliesSetting": {"status": "Scheduled"}}, "ErrorInvalidOofParameter"),
        ({"automaticRepliesSetting": {"status": "perhaps"}}, "RequestBodyRead"),
    ],
)
async def test_other_settings_are_checked_too(lene: Owner, change: Any, code: str) -> None:
    assert await lene.refused("PATCH", "mailboxSettings", change) == (400, code)


async def test_who_is_away_answers_each_colleague_once(lene: Owner, amir: Owner) -> None:
    reply = {"status": "AlwaysEnabled", "internalReplyMessage": "<p>Back on Monday</p>"}
    await lene.patch("mailboxSettings", {"automaticRepliesSetting": reply})
    for _ in range(2):
        await amir.post("sendMail", {"message": mail(lene, subject="Ping")}, status=202)
    (answer,) = await amir.inbox()
    assert answer["subject"] == "Automatic reply: Ping"
    assert "Back on Monday" in answer["body"]["content"]
    assert await lene.value("mailFolders/sentitems/messages") == []


async def test_two_who_are_away_do_not_answer_each_other_for_ever(lene: Owner, amir: Owner) -> None:
    reply = {"status": "alwaysEnabled", "internalReplyMessage": "away"}
    for owner in (lene, amir):
        await owner.patch("mailboxSettings", {"automaticRepliesSetting": reply})
    await amir.post("sendMail", {"message": mail(lene)}, status=202)
    assert (len(await lene.inbox()), len(await amir.inbox())) == (1, 1)


async def test_a_scheduled_absence_begins_and_ends(lene: Owner, amir: Owner) -> None:
    now = lene.scene.simulator.world.clock.now()

    def at(hours: float) -> dict[str, str]:
        return {"dateTime": f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}

    reply = {
        "status": "scheduled",
        "internalReplyMessage": "away",
        "scheduledStartDateTime": at(1),
        "scheduledEndDateTime": at(3),
    }
    await lene.patch("mailboxSettings", {"automaticRepliesSetting": reply})
    for hours, answers in ((0, 0), (2, 1), (2, 1)):
        await lene.scene.advance(hours=hours)
        await lene.scene.renew_token()
        await amir.post("sendMail", {"message": mail(lene)}, status=202)
        assert len(await amir.inbox()) == answers


RULES = "mailFolders/inbox/messageRules"


async def rule(owner: Owner, actions: Any, **conditions: Any) -> str:
    body = {"displayName": "Rule", "sequence": 1, "actions": actions, "conditions": conditions}
    return str((await owner.post(RULES, body))["id"])


async def test_a_rule_is_made_listed_changed_and_deleted(lene: Owner) -> None:
    later = await lene.post(
        RULES, {"displayName": "Later", "sequence": 2, "actions": {"markAsRead": True}}
    )
    first = await rule(lene, {"delete": True}, subjectContains=["spam"])
    assert (later["isEnabled"], later["hasError"], later["isReadOnly"]) == (True, False, False)
    assert [one["id"] for one in await lene.value(RULES)] == [first, later["id"]]
    changed = await lene.patch(f"{RULES}/{first}", {"isEnabled": False})
    assert (changed["isEnabled"], changed["displayName"]) == (False, "Rule")
    await lene.delete(f"{RULES}/{first}")
    assert await lene.refused("GET", f"{RULES}/{first}") == (404, "ErrorItemNotFound")
    assert (await lene.get(f"{RULES}/{later['id']}"))["sequence"] == 2


@pytest.mark.parametrize("missing", ["displayName", "sequence", "actions"])
async def test_a_rule_has_a_name_a_place_and_something_to_do(lene: Owner, missing: str) -> None:
    body = {"displayName": "Rule", "sequence": 1, "actions": {"markAsRead": True}}
    del body[missing]
    assert await lene.refused("POST", RULES, body) == (400, "ErrorInvalidRequest")
    assert (await lene.refused("GET", "mailFolders/drafts/messageRules"))[0] == 400


async def test_rules_sort_what_comes_in(lene: Owner, amir: Owner) -> None:
    archive = (await lene.get("mailFolders/archive"))["id"]
    actions = {
        "moveToFolder": archive,
        "markAsRead": True,
        "assignCategories": ["Red"],
        "markImportance": "high",
    }
    await rule(lene, actions, senderContains=[amir.address], subjectContains=["report"])
    for subject in ("Weekly Report", "Lunch"):
        await amir.post("sendMail", {"message": mail(lene, subject=subject)}, status=202)
    assert [one["subject"] for one in await lene.inbox()] == ["Lunch"]
    (sorted_,) = await lene.value("mailFolders/archive/messages")
    assert (sorted_["isRead"], sorted_["categories"], sorted_["importance"]) == (
        True,
        ["Red"],
        "high",
    )


async def test_rules_hand_on_delete_and_stop(lene: Owner, amir: Owner, nadia: Owner) -> None:
    await rule(
        lene,
        {"forwardTo": [nadia.person], "stopProcessingRules": True},
        fromAddresses=[amir.person],
        sentToMe=True,
    )
    body = {
        "displayName": "Rest",
        "sequence": 9,
        "actions": {"delete": True},
        "exceptions": {"importance": "high"},
    }
    await lene.post(RULES, body)
    await amir.post("sendMail", {"message": mail(lene, subject="One")}, status=202)
    await nadia.post("sendMail", {"message": mail(lene, subject="Two")}, status=202)
    await nadia.post(
        "sendMail", {"message": mail(lene, subject="Three", importance="high")}, status=202
    )
    assert [one["subject"] for one in await lene.inbox()] == ["Three", "One"]
    assert [one["subject"] for one in await nadia.inbox()] == ["FW: One"]
    assert [one["subject"] for one in await lene.value("mailFolders/deleteditems/messages")] == [
        "Two"
    ]


OVERRIDES = "inferenceClassification/overrides"


async def test_a_sender_is_focused_or_not(lene: Owner, amir: Owner) -> None:
    body = {"classifyAs": "other", "senderEmailAddress": {"name": "A", "address": amir.address}}
    made = await lene.post(OVERRIDES, body)
    await amir.post("sendMail", {"message": mail(lene)}, status=202)
    assert [one["inferenceClassification"] for one in await lene.inbox()] == ["other"]
    again = await lene.post(OVERRIDES, {**body, "classifyAs": "focused"})
    assert again["id"] == made["id"]
    path = f"{OVERRIDES}/{made['id']}"
    assert (await lene.patch(path, {"classifyAs": "other"}))["classifyAs"] == "other"
    assert len(await lene.value(OVERRIDES)) == 1
    await lene.delete(path)
    assert await lene.value(OVERRIDES) == []
    assert await lene.refused("POST", OVERRIDES, {"classifyAs": "other"}) == (
        400,
        "ErrorInvalidRequest",
    )
