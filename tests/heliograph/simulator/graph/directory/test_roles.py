"""Administrative roles, both ways (graph-users-api.md, 6)."""

from typing import Any

from heliograph.simulator.directory.roles import (
    GLOBAL_ADMINISTRATOR,
    REPORTS_READER,
    USER_ADMINISTRATOR,
)

UNIFIED = "/roleManagement/directory"


async def _assign(scene: Any, role: str, principal: str, **more: Any) -> Any:
    body = {"roleDefinitionId": role, "principalId": principal, "directoryScopeId": "/", **more}
    return await scene.graph.post(f"{UNIFIED}/roleAssignments", json=body)


async def test_role_is_given_seen_and_taken(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    made = await _assign(scene, REPORTS_READER, user)
    assert made.status_code == 201
    assert made.json()["id"].endswith("-1")
    assert made.json()["@odata.context"].endswith("roleAssignments/$entity")
    again = await _assign(scene, REPORTS_READER, user)
    assert "conflicting object" in again.json()["error"]["message"]
    path = f"{UNIFIED}/roleAssignments?$filter=principalId eq '{user}'&$expand=principal"
    listed = (await scene.graph.get(path)).json()
    assert listed["@odata.context"].endswith("roleAssignments(principal())")
    assert [row["principal"]["id"] for row in listed["value"]] == [user]
    roles = (await scene.graph.get(f"/users/{user}/memberOf/microsoft.graph.directoryRole")).json()
    assert [row["displayName"] for row in roles["value"]] == ["Reports Reader"]
    one = f"{UNIFIED}/roleAssignments/{made.json()['id']}"
    assert (await scene.graph.get(f"{one}?$expand=roleDefinition")).json()["roleDefinition"]
    assert (await scene.graph.delete(one)).status_code == 204
    assert (await scene.graph.get(one)).status_code == 404


async def test_assignment_that_makes_no_sense_is_refused(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    group = (await scene.graph.get("/groups")).json()["value"][0]["id"]
    for answer in (
        await _assign(scene, "00000000-0000-4000-8000-000000000000", user),
        await _assign(scene, REPORTS_READER, user, directoryScopeId=None),
        await _assign(scene, REPORTS_READER, group),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert (await _assign(scene, REPORTS_READER, "nobody")).status_code == 404


async def test_seeds_have_administrators(scene: Any) -> None:
    rows = (await scene.graph.get(f"{UNIFIED}/roleAssignments")).json()["value"]
    held = {row["roleDefinitionId"] for row in rows}
    assert {GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR} <= held


async def test_definitions_are_found_by_name(scene: Any) -> None:
    path = f"{UNIFIED}/roleDefinitions?$filter=displayName eq 'User Administrator'"
    (found,) = (await scene.graph.get(path)).json()["value"]
    assert found["id"] == USER_ADMINISTRATOR
    assert found["isBuiltIn"] is True


async def test_directory_role_is_activated_given_and_taken(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    by_template = f"/directoryRoles/roleTemplateId={REPORTS_READER}"
    assert (await scene.graph.get(by_template)).status_code == 404
    body = {"roleTemplateId": REPORTS_READER}
    made = await scene.graph.post("/directoryRoles", json=body)
    assert made.status_code == 201
    assert (await scene.graph.post("/directoryRoles", json=body)).status_code == 400
    path = f"/directoryRoles(roleTemplateId='{REPORTS_READER}')"
    assert (await scene.graph.get(path)).json()["id"] == made.json()["id"]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    members = f"/directoryRoles/{made.json()['id']}/members"
    assert (await scene.graph.post(f"{members}/$ref", json=link)).status_code == 204
    again = await scene.graph.post(f"{members}/$ref", json=link)
    assert "already exist" in again.json()["error"]["message"]
    listed = (await scene.graph.get(members)).json()["value"]
    assert [(row["@odata.type"], row["id"]) for row in listed] == [("#microsoft.graph.user", user)]
    assert (await scene.graph.delete(f"{members}/{user}/$ref")).status_code == 204
    assert (await scene.graph.delete(f"{members}/{user}/$ref")).status_code == 404


async def test_roles_have_no_top(scene: Any) -> None:
    assert (await scene.graph.get("/directoryRoles?$top=1")).status_code == 400
    found = await scene.graph.get("/directoryRoles?$filter=displayName eq 'Directory Readers'")
    assert len(found.json()["value"]) == 1


async def test_app_is_a_principal_like_others(scene: Any) -> None:
    app = (await scene.graph.get("/servicePrincipals")).json()["value"][0]
    assert app["appId"] == scene.simulator.ready["client_id"]
    by_app = await scene.graph.get(f"/servicePrincipals(appId='{app['appId']}')")
    assert by_app.json()["id"] == app["id"]
    assert (await _assign(scene, USER_ADMINISTRATOR, app["id"])).status_code == 201
    boss = (await scene.users())[10]["id"]
    answer = await scene.graph.patch(f"/users/{boss}", json={"accountEnabled": False})
    assert answer.status_code == 204
