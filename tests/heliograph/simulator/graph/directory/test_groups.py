"""Groups, groups in groups, owners, and what one is a member of (graph-users-api.md, 4.1, 5)."""

from typing import Any

import pytest

EVENTUAL = {"consistencylevel": "eventual"}
BODY = {"displayName": "Board", "mailEnabled": False, "mailNickname": "board"}
NEW = {**BODY, "securityEnabled": True}


def link(id_: str, *, host: str = "https://graph.microsoft.com") -> dict[str, str]:
    return {"@odata.id": f"{host}/v1.0/directoryObjects/{id_}"}


async def _group(scene: Any, name: str) -> str:
    answer = await scene.graph.get(f"/groups?$filter=displayName eq '{name}'")
    return str(answer.json()["value"][0]["id"])


async def _made(scene: Any, **more: Any) -> dict[str, Any]:
    answer = await scene.graph.post("/groups", json={**NEW, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(f"/groups/{answer.json()['id']}")
    return dict(answer.json())


async def test_memberships_through_groups_in_groups(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    finance, above = await _group(scene, "Finance"), await _group(scene, "Headquarters")
    direct = (await scene.graph.get(f"/users/{user}/memberOf")).json()["value"]
    nested = (await scene.graph.get(f"/users/{user}/transitiveMemberOf")).json()["value"]
    assert finance in {row["id"] for row in direct}
    assert above not in {row["id"] for row in direct}
    assert above in {row["id"] for row in nested}
    for name, key in (("checkMemberGroups", "groupIds"), ("checkMemberObjects", "ids")):
        answer = await scene.graph.post(
            f"/users/{user}/{name}", json={key: [above, finance, "unknown"]}
        )
        assert answer.json()["value"] == [above, finance]
        assert answer.json()["@odata.context"].endswith("#Collection(Edm.String)")
    got = await scene.graph.post(
        f"/directoryObjects/{user}/getMemberGroups", json={"SecurityEnabledOnly": False}
    )
    assert {above, finance} <= set(got.json()["value"])
    members = (await scene.graph.get(f"/groups/{above}/transitiveMembers/graph.user")).json()
    assert user in {row["id"] for row in members["value"]}
    inside = (await scene.graph.get(f"/groups/{above}/members")).json()["value"]
    assert {row["@odata.type"] for row in inside} == {"#microsoft.graph.group"}


async def test_roles_are_objects_that_one_is_a_member_of(scene: Any) -> None:
    boss = (await scene.users())[11]["id"]
    answer = await scene.graph.post(f"/users/{boss}/getMemberObjects", json={})
    groups = await scene.graph.post(f"/users/{boss}/getMemberGroups", json={})
    assert set(groups.json()["value"]) < set(answer.json()["value"])
    template = "62e90394-69f5-4237-9190-012177145e10"
    check = await scene.graph.post(f"/users/{boss}/checkMemberObjects", json={"ids": [template]})
    assert check.json()["value"] == [template]


async def test_more_than_20_ids_are_refused(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    answer = await scene.graph.post(
        f"/users/{user}/checkMemberGroups", json={"groupIds": ["x"] * 21}
    )
    assert answer.status_code == 400


async def test_member_by_a_link_with_whichever_host(scene: Any) -> None:
    user, group = (await scene.users())[0]["id"], (await _made(scene))["id"]
    path = f"/groups/{group}/members"
    own = scene.simulator.ready["graph"]
    for reference in (
        link(user),
        link(user, host=own),
        {"@odata.id": f"{own}/v1.0/users('{user}')"},
        {"@odata.id": f"{own}/v1.0/users/{user}"},
    ):
        assert (await scene.graph.post(f"{path}/$ref", json=reference)).status_code == 204
        assert (await scene.graph.delete(f"{path}/{user}/$ref")).status_code == 204
    assert (await scene.graph.post(f"{path}/$ref", json=link("nobody"))).status_code == 404


async def test_members_are_bound_all_or_none(scene: Any) -> None:
    one, two, three = [user["id"] for user in (await scene.users())[:3]]
    group = (await _made(scene, **{"members@odata.bind": [link(one)["@odata.id"]]}))["id"]
    bind = [link(two)["@odata.id"], link(one)["@odata.id"]]
    answer = await scene.graph.patch(f"/groups/{group}", json={"members@odata.bind": bind})
    assert "already exist" in answer.json()["error"]["message"]
    bind = [link(two)["@odata.id"], link(three)["@odata.id"]]
    answer = await scene.graph.patch(f"/groups/{group}", json={"members@odata.bind": bind})
    assert answer.status_code == 204
    members = (await scene.graph.get(f"/groups/{group}/members")).json()["value"]
    assert {row["id"] for row in members} == {one, two, three}


async def test_owners_come_and_go(scene: Any) -> None:
    one, two = [user["id"] for user in (await scene.users())[:2]]
    group = (await _made(scene, **{"owners@odata.bind": [link(one)["@odata.id"]]}))["id"]
    path = f"/groups/{group}/owners"
    assert (await scene.graph.post(f"{path}/$ref", json=link(two))).status_code == 204
    assert (await scene.graph.post(f"{path}/$ref", json=link(two))).status_code == 400
    assert len((await scene.graph.get(path)).json()["value"]) == 2
    assert (await scene.graph.delete(f"{path}/{one}/$ref")).status_code == 204
    owned = (await scene.graph.get(f"/users/{two}/ownedObjects")).json()["value"]
    assert [row["id"] for row in owned] == [group]


@pytest.mark.parametrize(
    "change",
    [
        {"mailEnabled": True},
        {"securityEnabled": False},
        {"groupTypes": ["Unified"]},
        {"groupTypes": ["DynamicMembership"]},
        {"groupTypes": ["Secret"]},
        {"displayName": None},
        {"shoeSize": 1},
        {"id": "x"},
    ],
    ids=str,
)
async def test_group_that_cannot_be_is_refused(scene: Any, change: Any) -> None:
    answer = await scene.graph.post("/groups", json={**NEW, **change})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")


async def test_members_of_a_dynamic_group_are_not_chosen(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    rule = {"groupTypes": ["DynamicMembership"], "membershipRule": "user.city -eq 'Oslo'"}
    group = (await _made(scene, **rule))["id"]
    answer = await scene.graph.post(f"/groups/{group}/members/$ref", json=link(user))
    assert answer.status_code == 403


async def test_group_for_roles_needs_the_permission_for_roles(stage: Any) -> None:
    async with stage(permissions=("Group.ReadWrite.All",)) as scene:
        answer = await scene.graph.post("/groups", json={**NEW, "isAssignableToRole": True})
        assert answer.status_code == 403


async def test_app_that_may_only_create_must_name_an_owner(stage: Any) -> None:
    async with stage(permissions=("Group.Create", "User.Read.All")) as scene:
        owner = (await scene.users())[0]["id"]
        assert (await scene.graph.post("/groups", json=NEW)).status_code == 403
        body = {**NEW, "owners@odata.bind": [link(owner)["@odata.id"]]}
        assert (await scene.graph.post("/groups", json=body)).status_code == 201


async def test_owner_changes_his_group_and_no_other(scene: Any) -> None:
    one, two = (await scene.users())[:2]
    scopes = "GroupMember.ReadWrite.All Group.ReadWrite.All"
    headers = await scene.signed_in(one["userPrincipalName"], scopes)
    made = await scene.graph.post("/groups", json=NEW, headers=headers)
    other = await _group(scene, "Legal")
    for group, status in ((made.json()["id"], 204), (other, 403)):
        path = f"/groups/{group}/members/$ref"
        answer = await scene.graph.post(path, json=link(two["id"]), headers=headers)
        assert answer.status_code == status


async def test_members_that_the_app_may_not_read_are_ids(stage: Any) -> None:
    async with stage(permissions=("GroupMember.Read.All",)) as scene:
        group = await _group(scene, "Finance")
        rows = (await scene.graph.get(f"/groups/{group}/members?$select=displayName")).json()
        assert all(row["displayName"] is None and row["id"] for row in rows["value"])


async def test_deleted_group_comes_back_with_its_members(scene: Any) -> None:
    group = await _group(scene, "Legal")
    before = (await scene.graph.get(f"/groups/{group}/members")).json()["value"]
    assert (await scene.graph.delete(f"/groups/{group}")).status_code == 204
    listed = (await scene.graph.get("/directory/deletedItems/graph.group")).json()["value"]
    assert [row["id"] for row in listed] == [group]
    await scene.graph.post(f"/directory/deletedItems/{group}/restore")
    assert (await scene.graph.get(f"/groups/{group}/members")).json()["value"] == before


async def test_manager_chain_comes_inside_as_deep_as_asked(scene: Any) -> None:
    people = await scene.users()
    path = f"/users/{people[8]['id']}?$select=id&$count=true&$expand=manager"
    deep = (await scene.graph.get(f"{path}($levels=max;$select=id)", headers=EVENTUAL)).json()
    assert deep["manager"]["id"] == people[1]["id"]
    assert deep["manager"]["manager"]["id"] == people[0]["id"]
    one = (await scene.graph.get(f"{path}($levels=1;$select=id)", headers=EVENTUAL)).json()
    assert "manager" not in one["manager"]
    assert (await scene.graph.get(f"{path}($levels=max)")).status_code == 400
    assert (await scene.graph.get(f"{path}($levels=0)", headers=EVENTUAL)).status_code == 400
    listed = (await scene.graph.get("/users?$expand=manager($select=id)&$select=id")).json()
    assert "manager" not in listed["value"][0]
    assert listed["value"][1]["manager"]["id"] == people[0]["id"]
    reports = (await scene.graph.get(f"/users/{people[0]['id']}?$expand=directReports")).json()
    assert len(reports["directReports"]) == 6


async def test_objects_are_had_by_their_ids(scene: Any) -> None:
    user, group = (await scene.users())[0]["id"], await _group(scene, "Legal")
    body = {"ids": [user, group, "unknown"], "types": ["user"]}
    found = (await scene.graph.post("/directoryObjects/getByIds", json=body)).json()["value"]
    assert [row["id"] for row in found] == [user]
    one = (await scene.graph.get(f"/directoryObjects/{group}")).json()
    assert one["@odata.type"] == "#microsoft.graph.group"
