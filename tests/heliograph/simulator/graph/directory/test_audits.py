"""The audit log: each change of the directory with who made it (graph-users-api.md, U30, 13.4)."""

import json
from typing import Any

PATH = "/auditLogs/directoryAudits"


async def _entries(scene: Any, query: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = await scene.graph.get(f"{PATH}{query}", **more)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


async def _of(scene: Any, user: str) -> list[dict[str, Any]]:
    query = f"?$filter=targetResources/any(r:r/id eq '{user}')&$orderby=activityDateTime"
    return await _entries(scene, query)


async def test_change_by_the_app_names_the_app(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    await scene.graph.patch(f"/users/{user}", json={"department": "Legal"})
    (entry,) = await _of(scene, user)
    assert entry["activityDisplayName"] == "Update user"
    assert entry["initiatedBy"]["app"]["appId"] == scene.simulator.ready["client_id"]
    assert (entry["category"], entry["result"]) == ("UserManagement", "success")
    (target,) = entry["targetResources"]
    changed = {one["displayName"]: one for one in target["modifiedProperties"]}
    assert json.loads(changed["Department"]["oldValue"]) == ["Finance"]
    assert json.loads(changed["Department"]["newValue"]) == ["Legal"]


async def test_change_by_somebody_names_him(scene: Any) -> None:
    people = await scene.users()
    admin, user = people[10]["userPrincipalName"], people[0]["id"]
    headers = await scene.signed_in(admin, "User.ReadWrite.All")
    await scene.graph.patch(f"/users/{user}", json={"city": "Oslo"}, headers=headers)
    (entry,) = await _of(scene, user)
    assert entry["initiatedBy"]["user"]["userPrincipalName"] == admin
    assert entry["initiatedBy"]["app"] is None


async def test_what_happens_by_itself_names_an_administrator(scene: Any) -> None:
    people = await scene.users()
    user, admin = people[0]["id"], people[11]
    await scene.act("users.updated", user=user, department="Sales")
    (entry,) = await _of(scene, user)
    assert entry["initiatedBy"]["user"]["userPrincipalName"] == admin["userPrincipalName"]


async def test_each_change_has_its_name(scene: Any) -> None:
    one, two = [user["id"] for user in (await scene.users())[:2]]
    group = (await scene.graph.get("/groups?$filter=displayName eq 'Legal'")).json()["value"][0]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{two}"}
    member = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{one}"}
    await scene.graph.put(f"/users/{one}/manager/$ref", json=link)
    await scene.graph.post(f"/groups/{group['id']}/members/$ref", json=member)
    await scene.graph.delete(f"/groups/{group['id']}/members/{one}/$ref")
    await scene.graph.patch(f"/users/{one}", json={"accountEnabled": False})
    await scene.graph.post(f"/users/{one}/revokeSignInSessions")
    role = {
        "roleDefinitionId": "4a5d8f65-41da-4de4-8968-e035b65339cf",
        "principalId": one,
        "directoryScopeId": "/",
    }
    await scene.graph.post("/roleManagement/directory/roleAssignments", json=role)
    await scene.graph.delete(f"/users/{one}")
    await scene.graph.post(f"/directory/deletedItems/{one}/restore")
    assert [entry["activityDisplayName"] for entry in await _of(scene, one)] == [
        "Set user manager",
        "Add member to group",
        "Remove member from group",
        "Disable account",
        "Update StsRefreshTokenValidFrom Timestamp",
        "Add member to role",
        "Delete user",
        "Restore user",
    ]


async def test_entries_are_found_by_time_initiator_category_and_activity(scene: Any) -> None:
    people = await scene.users()
    await scene.graph.patch(f"/users/{people[0]['id']}", json={"city": "Oslo"})
    await scene.advance(minutes=10)
    await scene.act("users.updated", user=people[1]["id"], city="Bergen")
    app = scene.simulator.ready["client_id"]
    assert len(await _entries(scene)) == 2
    assert len(await _entries(scene, f"?$filter=initiatedBy/app/appId eq '{app}'")) == 1
    later = await _entries(scene, "?$orderby=activityDateTime desc&$top=1")
    assert later[0]["targetResources"][0]["id"] == people[1]["id"]
    since = later[0]["activityDateTime"]
    assert len(await _entries(scene, f"?$filter=activityDateTime ge {since}")) == 1
    both = "category eq 'UserManagement' and activityDisplayName eq 'Update user'"
    assert len(await _entries(scene, f"?$filter={both}")) == 2
    one = await scene.graph.get(f"{PATH}/{later[0]['id']}")
    assert one.json()["id"] == later[0]["id"]


async def test_entries_are_shown_after_a_delay_some_late_and_out_of_order(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    await scene.control("POST", "switches", json={"auditsAfter": 120})
    await scene.graph.patch(f"/users/{user}", json={"city": "Oslo"})
    assert await _entries(scene) == []
    await scene.advance(seconds=121)
    assert len(await _entries(scene)) == 1
    late = {"auditsAfter": 0, "auditsLate": 1, "auditsLateBy": 10_000}
    await scene.control("POST", "switches", json=late)
    await scene.graph.patch(f"/users/{user}", json={"city": "Bergen"})
    await scene.control("POST", "switches", json={"auditsLate": 0})
    await scene.graph.patch(f"/users/{user}", json={"city": "Bodø"})
    assert len(await _entries(scene)) == 2
    await scene.advance(seconds=10_001)
    seen = [entry["activityDateTime"] for entry in await _entries(scene)]
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)


async def test_log_needs_its_permission_and_a_role_of_somebody(scene: Any) -> None:
    people = await scene.users()
    for at, status in ((0, 403), (11, 200)):
        headers = await scene.signed_in(people[at]["userPrincipalName"], "AuditLog.Read.All")
        assert (await scene.graph.get(PATH, headers=headers)).status_code == status
