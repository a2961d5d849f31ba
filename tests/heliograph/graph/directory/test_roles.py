from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Conflict
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
USER_ADMIN = "fe930be7-5e62-47db-91af-98c3a49a38b1"
ASSIGNMENT = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignments/$entity",
    "id": "5wuT_mJe20eRr5jDpJo4sW4tmk8bPFdKnSh74Mah8FM-1",
    "roleDefinitionId": USER_ADMIN,
    "principalId": LENE,
    "directoryScopeId": "/",
}
ROLE = {
    "@odata.type": "#microsoft.graph.directoryRole",
    "id": "76f84d30-2759-4c66-915d-65c6e4083fa0",
    "deletedDateTime": None,
    "description": "Can manage all aspects of users and groups.",
    "displayName": "User Administrator",
    "roleTemplateId": USER_ADMIN,
}
CONFLICT = (
    "A conflicting object with one or more of the specified property values is present in the"
    " directory."
)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({}, None),
        ({"principal": LENE}, f"principalId eq '{LENE}'"),
        ({"role": USER_ADMIN}, f"roleDefinitionId eq '{USER_ADMIN}'"),
        (
            {"principal": LENE, "role": USER_ADMIN},
            f"principalId eq '{LENE}' and roleDefinitionId eq '{USER_ADMIN}'",
        ),
    ],
    ids=["all", "principal", "role", "both"],
)
async def test_assignments_are_listed(
    graph: GraphClient, recorder: "Recorder", given: dict[str, str], where: str | None
) -> None:
    recorder.answer(200, {"value": [ASSIGNMENT]})
    (found,) = [one async for one in graph.roles.assignments(**given)]
    assert (found.role_definition_id, found.principal_id) == (USER_ADMIN, LENE)
    assert recorder.last.path == "/roleManagement/directory/roleAssignments"
    assert recorder.last.params.get("$filter") == where


async def test_a_role_is_assigned_in_the_whole_tenant(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(201, ASSIGNMENT)
    made = await graph.roles.assign(LENE, USER_ADMIN)
    assert made.id == ASSIGNMENT["id"]
    assert recorder.last.json == {
        "roleDefinitionId": USER_ADMIN,
        "principalId": LENE,
        "directoryScopeId": "/",
    }
    assert recorder.last.permission == "RoleManagement.ReadWrite.Directory"
    assert recorder.last.is_repeatable  # Graph takes an assignment once


async def test_a_role_that_is_held_already_is_found(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    narrow = {**ASSIGNMENT, "id": "narrow", "directoryScopeId": "/administrativeUnits/x"}
    recorder.refuse(400, "Request_BadRequest", CONFLICT)
    recorder.answer(200, {"value": [narrow, ASSIGNMENT]})
    assert (await graph.roles.assign(LENE, USER_ADMIN)).id == ASSIGNMENT["id"]


async def test_a_conflict_that_is_not_that_one_is_told(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.refuse(400, "Request_BadRequest", CONFLICT).answer(200, {"value": []})
    with pytest.raises(Conflict):
        await graph.roles.assign(LENE, USER_ADMIN)


async def test_an_assignment_is_ended(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).refuse(404, "Request_ResourceNotFound")
    for _ in range(2):
        await graph.roles.unassign(str(ASSIGNMENT["id"]))
    assert recorder.last.method == "DELETE"
    assert recorder.last.path == f"/roleManagement/directory/roleAssignments/{ASSIGNMENT['id']}"


async def test_definitions_are_found_by_name(graph: GraphClient, recorder: "Recorder") -> None:
    found = {"id": USER_ADMIN, "templateId": USER_ADMIN, "isBuiltIn": True, "rolePermissions": []}
    recorder.answer(200, {"value": [{**found, "displayName": "User Administrator"}]})
    where = "displayName eq 'User Administrator'"
    (role,) = [one async for one in graph.roles.definitions(where=where)]
    assert (role.id, role.is_built_in) == (USER_ADMIN, True)
    assert recorder.last.path == "/roleManagement/directory/roleDefinitions"
    assert recorder.last.params == {"$filter": where}


async def test_activated_roles_and_their_members_are_listed(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [ROLE]})
    (role,) = [one async for one in graph.roles.activated()]
    assert (role.display_name, role.role_template_id) == ("User Administrator", USER_ADMIN)
    assert recorder.last.path == "/directoryRoles"
    assert recorder.last.params == {}  # Graph documents none here
    recorder.answer(200, {"value": [{"@odata.type": "#microsoft.graph.user", "id": LENE}]})
    assert [one.id async for one in graph.roles.members(role.id)] == [LENE]
    assert recorder.last.path == f"/directoryRoles/{role.id}/members"


async def test_a_role_is_activated_once(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, ROLE)
    assert (await graph.roles.activate(USER_ADMIN)).id == ROLE["id"]
    assert recorder.last.json == {"roleTemplateId": USER_ADMIN}
    recorder.refuse(400, "Request_BadRequest", CONFLICT).answer(200, {"value": [ROLE]})
    assert (await graph.roles.activate(USER_ADMIN)).id == ROLE["id"]
    recorder.refuse(400, "Request_BadRequest", CONFLICT).answer(200, {"value": []})
    with pytest.raises(Conflict):
        await graph.roles.activate(USER_ADMIN)
