"""Who may write what of whom (graph-users-api.md, 2, 4.2 to 4.4)."""

from typing import Any

import pytest

from heliograph.simulator.directory.authority import may_act
from heliograph.simulator.directory.roles import (
    AUTHENTICATION_ADMINISTRATOR,
    DIRECTORY_READERS,
    GLOBAL_ADMINISTRATOR,
    GROUPS_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    USER_ADMINISTRATOR,
)


async def _denied(answer: Any) -> bool:
    if answer.status_code == 403:
        assert answer.json()["error"]["code"] == "Authorization_RequestDenied"
    return bool(answer.status_code == 403)


@pytest.mark.parametrize(
    ("acting", "target", "allowed"),
    [
        (AUTHENTICATION_ADMINISTRATOR, DIRECTORY_READERS, True),
        (AUTHENTICATION_ADMINISTRATOR, AUTHENTICATION_ADMINISTRATOR, True),
        (AUTHENTICATION_ADMINISTRATOR, USER_ADMINISTRATOR, False),
        (USER_ADMINISTRATOR, AUTHENTICATION_ADMINISTRATOR, False),
        (USER_ADMINISTRATOR, GROUPS_ADMINISTRATOR, True),
        (USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, False),
        (PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, True),
        (DIRECTORY_READERS, DIRECTORY_READERS, False),
    ],
)
def test_rank_decides_what_is_sensitive(acting: str, target: str, allowed: bool) -> None:
    assert may_act([acting], [target], in_role_group=False) is allowed


def test_member_of_a_role_group_counts_as_the_highest() -> None:
    assert not may_act([USER_ADMINISTRATOR], [], in_role_group=True)
    assert may_act([GLOBAL_ADMINISTRATOR], [], in_role_group=True)


@pytest.mark.parametrize(
    "change",
    [{"accountEnabled": False}, {"mobilePhone": "1"}, {"userPrincipalName": "x@contoso.example"}],
    ids=lambda change: next(iter(change)),
)
async def test_row_16_1_13_administrator_is_out_of_reach_of_an_app_without_a_role(
    scene: Any, change: Any
) -> None:
    plain, boss = (await scene.users())[0]["id"], (await scene.users())[11]["id"]
    assert await _denied(await scene.graph.patch(f"/users/{boss}", json=change))
    assert (await scene.graph.patch(f"/users/{plain}", json=change)).status_code == 204
    assert (await scene.graph.patch(f"/users/{boss}", json={"city": "Oslo"})).status_code == 204


async def test_row_16_1_13_deleting_an_administrator_is_sensitive(stage: Any) -> None:
    async with stage() as scene:
        boss = (await scene.users())[11]["id"]
        assert await _denied(await scene.graph.delete(f"/users/{boss}"))
    async with stage(app_roles=("Global Administrator",)) as scene:
        assert (await scene.graph.delete(f"/users/{boss}")).status_code == 204
        restored = await scene.graph.post(f"/directory/deletedItems/{boss}/restore")
        assert restored.status_code == 200


async def test_password_needs_a_permission_and_a_role(stage: Any) -> None:
    change = {"passwordProfile": {"password": "Correct-Horse-2"}}
    permissions = ("User.Read.All", "User.ReadWrite.All", "User-PasswordProfile.ReadWrite.All")
    for options, expected in (
        ({}, 403),
        ({"permissions": permissions}, 403),
        ({"permissions": permissions, "app_roles": ("User Administrator",)}, 204),
    ):
        async with stage(**options) as scene:
            user = (await scene.users())[0]["id"]
            answer = await scene.graph.patch(f"/users/{user}", json=change)
            assert answer.status_code == expected, options


@pytest.mark.parametrize(
    ("permission", "change"),
    [
        ("User.EnableDisableAccount.All", {"accountEnabled": False}),
        ("User-Phone.ReadWrite.All", {"mobilePhone": "1"}),
        ("User-Mail.ReadWrite.All", {"otherMails": ["x@fabrikam.example"]}),
        ("User-LifeCycleInfo.ReadWrite.All", {"employeeLeaveDateTime": "2027-01-01T00:00:00Z"}),
    ],
)
async def test_narrow_permission_is_enough_for_its_property(
    stage: Any, permission: str, change: Any
) -> None:
    async with stage(permissions=("User.Read.All", permission)) as scene:
        user = (await scene.users())[0]["id"]
        assert (await scene.graph.patch(f"/users/{user}", json=change)).status_code == 204
        assert await _denied(await scene.graph.patch(f"/users/{user}", json={"city": "Oslo"}))


@pytest.mark.parametrize("name", ["aboutMe", "skills", "employeeHireDate"])
async def test_app_alone_does_not_write_what_needs_somebody(scene: Any, name: str) -> None:
    user = (await scene.users())[0]["id"]
    value = ["x"] if name == "skills" else "2027-01-01T00:00:00Z"
    assert await _denied(await scene.graph.patch(f"/users/{user}", json={name: value}))


async def test_what_lies_in_sharepoint_is_written_on_its_own(scene: Any) -> None:
    user = (await scene.users())[0]
    headers = await scene.signed_in(user["userPrincipalName"], "User.ReadWrite")
    both = await scene.graph.patch("/me", json={"aboutMe": "x", "city": "y"}, headers=headers)
    assert both.status_code == 400
    alone = await scene.graph.patch("/me", json={"aboutMe": "x"}, headers=headers)
    assert alone.status_code == 204
    seen = await scene.graph.get("/me?$select=aboutMe", headers=headers)
    assert seen.json()["aboutMe"] == "x"
    listed = await scene.graph.get("/users?$select=aboutMe")
    assert listed.status_code == 400


async def test_account_from_elsewhere_is_read_only(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    await scene.act("users.updated", user=user, onPremisesSyncEnabled=True)
    answer = await scene.graph.patch(f"/users/{user}", json={"department": "Legal"})
    assert answer.status_code == 400
    assert "on-premises mastered" in answer.json()["error"]["message"]


async def test_signed_in_user_needs_a_role_to_write_of_others(scene: Any) -> None:
    people = await scene.users()
    scopes = "User.ReadWrite.All User.Read.All"
    plain = await scene.signed_in(people[0]["userPrincipalName"], scopes)
    admin = await scene.signed_in(people[10]["userPrincipalName"], scopes)
    path = f"/users/{people[1]['id']}"
    for change in ({"city": "Oslo"}, {"accountEnabled": False}):
        assert await _denied(await scene.graph.patch(path, json=change, headers=plain))
        assert (await scene.graph.patch(path, json=change, headers=admin)).status_code == 204
    assert await _denied(await scene.graph.delete(path, headers=plain))
    assert (await scene.graph.delete(path, headers=admin)).status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"businessPhones": ["1", "2"]},
        {"usageLocation": "DNK"},
        {"usageLocation": None},
        {"displayName": "x" * 257},
        {"department": "x" * 65},
        {"employeeId": "1" * 17},
        {"passwordPolicies": "Whatever"},
        {"mail": None},
        {"accountEnabled": "perhaps"},
        {"mailNickname": "a b"},
        {"userPrincipalName": "a b@contoso.example"},
        {"assignedLicenses": []},
    ],
    ids=str,
)
async def test_value_that_no_user_may_have_is_refused(scene: Any, change: Any) -> None:
    user = (await scene.users())[0]["id"]
    answer = await scene.graph.patch(f"/users/{user}", json=change)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")


async def test_name_that_is_taken_is_a_conflict_of_objects(scene: Any) -> None:
    one, two = (await scene.users())[:2]
    answer = await scene.graph.patch(
        f"/users/{one['id']}", json={"userPrincipalName": two["userPrincipalName"].upper()}
    )
    error = answer.json()["error"]
    assert "userPrincipalName already exists" in error["message"]
    assert error["details"][0]["code"] == "ObjectConflict"


async def test_values_that_replace_the_whole_or_move_others(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    await scene.graph.patch(
        f"/users/{user}",
        json={"mail": "lene@contoso.example", "employeeOrgData": {"division": "EMEA"}},
    )
    select = f"/users/{user}?$select=mail,proxyAddresses,employeeOrgData,passwordProfile"
    seen = (await scene.graph.get(select)).json()
    assert seen["proxyAddresses"] == [
        "SMTP:lene@contoso.example",
        "smtp:lene.holm@contoso.example",
    ]
    assert seen["employeeOrgData"] == {"division": "EMEA", "costCenter": None}
    assert seen["passwordProfile"] is None


async def test_basic_permission_shows_the_basic_profile_alone(stage: Any) -> None:
    async with stage(permissions=("User.ReadBasic.All",)) as scene:
        row = (await scene.graph.get("/users?$select=displayName,department")).json()["value"][0]
        assert row["displayName"]
        assert row["department"] is None


async def test_signed_in_user_changes_his_own_password(scene: Any) -> None:
    user = (await scene.users())[0]
    headers = await scene.signed_in(user["userPrincipalName"], "User.ReadWrite")
    body = {"currentPassword": "Simulated-1234", "newPassword": "Correct-Horse-3"}
    assert await _denied(await scene.graph.post(f"/users/{user['id']}/changePassword", json=body))
    answer = await scene.graph.post("/me/changePassword", json=body, headers=headers)
    assert answer.status_code == 204
    again = await scene.graph.post("/me/changePassword", json=body, headers=headers)
    assert again.status_code == 400
    assert scene.simulator.world.accounts.password(user["id"]) == "Correct-Horse-3"
