"""Licences, and the mailboxes that come with them (graph-users-api.md, U24 to U26, 16.1 row 11)."""

from typing import Any

import pytest

from heliograph.simulator.directory.skus import ENTERPRISE, POWER_BI, VISIO

EXCHANGE = "efb87545-963c-4e0d-99df-69c6916d9eb0"
NEW = {
    "accountEnabled": True,
    "displayName": "Ada Quist",
    "mailNickname": "ada",
    "userPrincipalName": "ada@contoso.example",
    "passwordProfile": {"password": "Correct-Horse-1"},
}


async def _hire(scene: Any, **more: Any) -> str:
    answer = await scene.graph.post("/users", json={**NEW, "usageLocation": "DK", **more})
    assert answer.status_code == 201, answer.text
    assert answer.json()["mail"] is None
    return str(answer.json()["id"])


async def _assign(scene: Any, user: str, *, add: Any = (), remove: Any = ()) -> Any:
    licences = [{"skuId": sku, "disabledPlans": []} for sku in add]
    body = {"addLicenses": licences, "removeLicenses": list(remove)}
    return await scene.graph.post(f"/users/{user}/assignLicense", json=body)


async def _free(scene: Any, sku: str) -> int:
    for row in (await scene.graph.get("/subscribedSkus")).json()["value"]:
        if row["skuId"] == sku:
            return int(row["prepaidUnits"]["enabled"] - row["consumedUnits"])
    raise AssertionError(sku)


async def test_licence_brings_plans_and_a_mailbox_and_takes_a_unit(scene: Any) -> None:
    user, free = await _hire(scene), await _free(scene, ENTERPRISE.id)
    missing = await scene.graph.get(f"/users/{user}/messages")
    assert missing.json()["error"]["code"] == "MailboxNotEnabledForRESTAPI"
    answer = await _assign(scene, user, add=[ENTERPRISE.id])
    assert answer.status_code == 200, answer.text
    assert [one["skuId"] for one in answer.json()["assignedLicenses"]] == [ENTERPRISE.id]
    assert await _free(scene, ENTERPRISE.id) == free - 1
    seen = (
        await scene.graph.get(f"/users/{user}?$select=mail,assignedPlans,licenseAssignmentStates")
    ).json()
    assert seen["mail"] == "ada@contoso.example"
    assert (EXCHANGE, "Enabled") in {
        (plan["servicePlanId"], plan["capabilityStatus"]) for plan in seen["assignedPlans"]
    }
    assert seen["licenseAssignmentStates"][0]["assignedByGroup"] is None
    assert (await scene.graph.get(f"/users/{user}/messages")).status_code == 200
    details = (await scene.graph.get(f"/users/{user}/licenseDetails")).json()["value"]
    assert [row["skuPartNumber"] for row in details] == ["ENTERPRISEPACK"]
    assert all(plan["provisioningStatus"] == "Success" for plan in details[0]["servicePlans"])


async def test_mailbox_outlives_its_licence_by_30_days(scene: Any) -> None:
    user = await _hire(scene)
    await _assign(scene, user, add=[ENTERPRISE.id])
    await _assign(scene, user, remove=[ENTERPRISE.id])
    seen = (await scene.graph.get(f"/users/{user}?$select=assignedLicenses,assignedPlans")).json()
    assert seen["assignedLicenses"] == []
    assert {plan["capabilityStatus"] for plan in seen["assignedPlans"]} == {"Deleted"}
    assert scene.simulator.world.directory.has_mailbox(user)
    await scene.advance(days=31)
    assert not scene.simulator.world.directory.has_mailbox(user)


async def test_row_16_1_5_mailbox_comes_some_time_after_the_first_licence(stage: Any) -> None:
    async with stage(mailbox_delay=900) as scene:
        user = await _hire(scene)
        answer = await _assign(scene, user, add=[ENTERPRISE.id])
        assert answer.json()["mail"] is None
        early = await scene.graph.get(f"/users/{user}/messages")
        assert early.json()["error"]["code"] == "MailboxNotEnabledForRESTAPI"
        await scene.advance(minutes=16)
        assert (await scene.graph.get(f"/users/{user}/messages")).status_code == 200


async def test_row_16_1_5_new_user_is_not_found_until_he_is_copied(stage: Any) -> None:
    async with stage(replication_delay=30) as scene:
        user = await _hire(scene)
        group = (await scene.graph.get("/groups")).json()["value"][0]["id"]
        assert (await scene.graph.get(f"/users/{user}")).status_code == 404
        assert user not in {one["id"] for one in await scene.users()}
        link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
        early = await scene.graph.post(f"/groups/{group}/members/$ref", json=link)
        assert early.status_code == 400
        assert "don't exist" in early.json()["error"]["message"]
        await scene.advance(seconds=31)
        assert (await scene.graph.get(f"/users/{user}")).status_code == 200
        late = await scene.graph.post(f"/groups/{group}/members/$ref", json=link)
        assert late.status_code == 204


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"addLicenses": []}, "removeLicenses"),
        ({"addLicenses": [{"skuId": "none"}], "removeLicenses": []}, "does not correspond"),
        ({"addLicenses": [{"skuId": VISIO.id}], "removeLicenses": []}, "any available licenses"),
        ({"addLicenses": [], "removeLicenses": [POWER_BI.id]}, "corresponding license"),
        (
            {
                "addLicenses": [{"skuId": ENTERPRISE.id, "disabledPlans": [POWER_BI.id]}],
                "removeLicenses": [],
            },
            "service plan",
        ),
    ],
    ids=["one key", "unknown", "none free", "not held", "unknown plan"],
)
async def test_licence_that_cannot_be_assigned_is_refused(
    scene: Any, body: Any, words: str
) -> None:
    user = await _hire(scene)
    answer = await scene.graph.post(f"/users/{user}/assignLicense", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert words in answer.json()["error"]["message"]


async def test_licence_needs_a_usage_location(scene: Any) -> None:
    answer = await scene.graph.post("/users", json=NEW)
    refused = await _assign(scene, answer.json()["id"], add=[ENTERPRISE.id])
    assert "invalid usage location" in refused.json()["error"]["message"]


async def test_disabled_plan_brings_no_mailbox(scene: Any) -> None:
    user = await _hire(scene)
    licence = {"skuId": ENTERPRISE.id, "disabledPlans": [EXCHANGE]}
    body = {"AddLicenses": [licence], "RemoveLicenses": []}
    assert (await scene.graph.post(f"/users/{user}/assignLicense", json=body)).status_code == 200
    assert (await scene.graph.get(f"/users/{user}/messages")).status_code == 404


async def test_licence_of_a_group_is_inherited_and_not_taken_from_its_member(scene: Any) -> None:
    user = await _hire(scene)
    path = "/groups?$filter=displayName eq 'Analysts'"
    group = (await scene.graph.get(path)).json()["value"][0]["id"]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{user}"}
    await scene.graph.post(f"/groups/{group}/members/$ref", json=link)
    select = f"/users/{user}?$select=assignedLicenses,licenseAssignmentStates"
    seen = (await scene.graph.get(select)).json()
    assert [one["skuId"] for one in seen["assignedLicenses"]] == [POWER_BI.id]
    assert seen["licenseAssignmentStates"][0]["assignedByGroup"] == group
    refused = await _assign(scene, user, remove=[POWER_BI.id])
    assert "inherited from a group" in refused.json()["error"]["message"]
    await scene.graph.delete(f"/groups/{group}/members/{user}/$ref")
    assert (await scene.graph.get(select)).json()["assignedLicenses"] == []


async def test_licences_of_the_deleted_are_free_until_they_are_back(scene: Any) -> None:
    free, user = await _free(scene, ENTERPRISE.id), (await scene.users())[3]["id"]
    await scene.graph.delete(f"/users/{user}")
    assert await _free(scene, ENTERPRISE.id) == free + 1
    await scene.graph.post(f"/directory/deletedItems/{user}/restore")
    assert await _free(scene, ENTERPRISE.id) == free


async def test_seeds_have_mailboxes_licences_and_people_without(stage: Any) -> None:
    async with stage(users=50) as scene:
        reached = []
        for user in await scene.users():
            answer = await scene.graph.get(f"/users/{user['id']}/mailFolders/inbox")
            reached.append(answer.status_code == 200)
        assert reached.count(True) >= 12
        assert reached.count(False) >= 3
        assert await _free(scene, ENTERPRISE.id) > 0
