"""Categories, zones, mail tips, translated ids: graph-users-api.md, 3.1 and 9, M20, M25, M26."""

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner

CATEGORIES = "outlook/masterCategories"


async def test_categories_are_made_recoloured_and_deleted(lene: Owner) -> None:
    assert len(await lene.value(CATEGORIES)) == 6
    made = await lene.post(CATEGORIES, {"displayName": "Onboarding", "color": "preset9"})
    path = f"{CATEGORIES}/{made['id']}"
    assert (await lene.get(path))["displayName"] == "Onboarding"
    assert (await lene.patch(path, {"color": "preset1"}))["color"] == "preset1"
    assert await lene.refused("POST", CATEGORIES, {"displayName": "onboarding"}) == (
        409,
        "ErrorItemExists",
    )
    assert (await lene.refused("POST", CATEGORIES, {"color": "preset1"}))[0] == 400
    assert (await lene.refused("POST", CATEGORIES, {"displayName": "x", "color": "pink"}))[0] == 400
    await lene.delete(path)
    assert (await lene.refused("GET", path))[0] == 404


@pytest.mark.parametrize(
    ("path", "alias"),
    [
        ("outlook/supportedTimeZones", "Romance Standard Time"),
        ("outlook/supportedTimeZones()", "Romance Standard Time"),
        ("outlook/microsoft.graph.supportedTimeZones()", "Romance Standard Time"),
        (
            "outlook/supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')",
            "Europe/Paris",
        ),
        ("outlook/supportedTimeZones(TimeZoneStandard='iana')", "Europe/Paris"),
    ],
)
async def test_zones_are_told_by_the_names_of_windows_or_of_the_tz_database(
    lene: Owner, path: str, alias: str
) -> None:
    answer = await lene.get(path)
    assert answer["@odata.context"].endswith("#Collection(microsoft.graph.timeZoneInformation)")
    assert alias in {zone["alias"] for zone in answer["value"]}
    assert all(set(zone) == {"alias", "displayName"} for zone in answer["value"])


async def test_mail_tips_tell_who_is_away(lene: Owner, amir: Owner) -> None:
    reply = {"status": "alwaysEnabled", "internalReplyMessage": "Away"}
    await amir.patch("mailboxSettings", {"automaticRepliesSetting": reply})
    body = {
        "EmailAddresses": [amir.address, "x@fabrikam.example"],
        "MailTipsOptions": "automaticReplies, mailboxFullStatus",
    }
    inside, outside = (await lene.post("getMailTips", body, status=200))["value"]
    assert inside["automaticReplies"]["message"] == "Away"
    assert inside["mailboxFull"] is False
    assert outside["emailAddress"]["address"] == "x@fabrikam.example"
    assert outside["error"]["code"] == "ErrorMailRecipientNotFound"


@pytest.mark.parametrize("form", ["entryId", "ewsId", "immutableEntryId", "restImmutableEntryId"])
async def test_ids_are_translated_there_and_back(lene: Owner, form: str) -> None:
    rest = (await lene.mail())["id"]
    there = {"inputIds": [rest], "sourceIdType": "restId", "targetIdType": form}
    (found,) = (await lene.post("translateExchangeIds", there, status=200))["value"]
    assert found["sourceId"] == rest
    assert found["targetId"] != rest or form == "ewsId"
    back = {"inputIds": [found["targetId"]], "sourceIdType": form, "targetIdType": "restId"}
    (again,) = (await lene.post("translateExchangeIds", back, status=200))["value"]
    assert again["targetId"] == rest
    if form == "restImmutableEntryId":
        assert (await lene.get(f"messages/{rest}", headers=IMMUTABLE))["id"] == found["targetId"]


async def test_ids_that_cannot_be_translated_are_told(lene: Owner) -> None:
    body = {"inputIds": ["nothing"], "sourceIdType": "entryId", "targetIdType": "restId"}
    (found,) = (await lene.post("translateExchangeIds", body, status=200))["value"]
    assert found["errorDetails"]["code"] == "ErrorInvalidIdMalformed"
    for wrong in ({}, {**body, "inputIds": ["x"] * 1001}, {**body, "sourceIdType": "mine"}):
        assert (await lene.refused("POST", "translateExchangeIds", wrong))[0] == 400
