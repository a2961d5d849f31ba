"""Users, groups and the bin, as the API shows them."""

from typing import Any

import pytest

NEW = {
    "accountEnabled": True,
    "displayName": "Ada Quist",
    "mailNickname": "ada",
    "userPrincipalName": "ada@contoso.example",
    "passwordProfile": {"password": "Correct-Horse-1", "forceChangePasswordNextSignIn": True},
}


async def test_equal_seeds_give_equal_tenants(stage: Any) -> None:
    async with stage(seed=7) as one, stage(seed=7) as two, stage(seed=8) as other:
        people = await one.users()
        assert people == await two.users()
        assert people != await other.users()
        assert one.simulator.ready["tenant_id"] == two.simulator.ready["tenant_id"]
        assert one.simulator.ready["client_secret"] != two.simulator.ready["client_secret"]
    assert len(people) == 12


async def test_list_without_select_has_the_default_properties_only(scene: Any) -> None:
    user = (await scene.users())[0]
    assert set(user) == {
        *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
        *("officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"),
    }
    assert isinstance(user["businessPhones"], list)


async def test_pages_hold_every_user_once(scene: Any) -> None:
    found, link = [], "/users?$top=5&$select=id"
    while link:
        page = (await scene.graph.get(link)).json()
        found += [user["id"] for user in page["value"]]
        link = page.get("@odata.nextLink")
    assert len(found) == len(set(found)) == 12


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("$filter=userPrincipalName eq 'LENE.HOLM@contoso.example'", 1),
        ("$filter=startswith(displayName,'L') and accountEnabled eq true", 1),
        ("$filter=department in ('Finance','Sales')", 4),
        ("$filter=not(department eq 'Finance') or surname eq 'Holm'&$count=true", 11),
        ("$filter=department ne 'Finance'&$count=true", 10),
        ('$search="displayName:holm"', 1),
    ],
)
async def test_filters_and_searches_find_what_they_say(scene: Any, query: str, count: int) -> None:
    answer = await scene.graph.get(f"/users?{query}", headers={"consistencylevel": "eventual"})
    assert len(answer.json()["value"]) == count


async def test_advanced_filter_without_header_is_refused(scene: Any) -> None:
    answer = await scene.graph.get("/users?$filter=department ne 'Finance'")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")


async def test_count_needs_the_header(scene: Any) -> None:
    assert (await scene.graph.get("/users/$count")).status_code == 400
    answer = await scene.graph.get("/users/$count", headers={"consistencylevel": "eventual"})
    assert answer.text == "12"
    assert "@odata.count" not in (await scene.graph.get("/users?$count=true")).json()


async def test_unknown_property_in_select_is_refused(scene: Any) -> None:
    answer = await scene.graph.get("/users?$select=shoeSize")
    assert answer.status_code == 400
    assert "Could not find a property named 'shoeSize'" in answer.json()["error"]["message"]


async def test_created_user_is_found_by_name_without_case(scene: Any) -> None:
    answer = await scene.graph.post("/users", json={**NEW, "department": "Sales"})
    assert answer.status_code == 201
    assert "department" not in answer.json()
    found = await scene.graph.get("/Users('ADA@contoso.example')?$select=id,department")
    assert found.json()["id"] == answer.json()["id"]
    assert found.json()["department"] == "Sales"


@pytest.mark.parametrize(
    "change",
    [
        {"passwordProfile": None},
        {"passwordProfile": {"password": "short"}},
        {"userPrincipalName": "lene.holm@contoso.example"},
        {"userPrincipalName": "ada@elsewhere.example"},
        {"shoeSize": 38},
        {"createdDateTime": "2026-01-01T00:00:00Z"},
    ],
    ids=["missing", "password", "twice", "domain", "unknown", "read-only"],
)
async def test_invalid_user_is_refused(scene: Any, change: dict[str, Any]) -> None:
    answer = await scene.graph.post("/users", json={**NEW, **change})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")


async def test_deleted_user_waits_in_the_bin_and_comes_back_with_the_same_id(scene: Any) -> None:
    id_ = (await scene.users())[3]["id"]
    groups = (await scene.graph.get(f"/users/{id_}/memberOf")).json()["value"]
    assert (await scene.graph.delete(f"/users/{id_}")).status_code == 204
    assert (await scene.graph.get(f"/users/{id_}")).status_code == 404
    binned = await scene.graph.get(
        f"/directory/deletedItems/{id_}?$select=id,deletedDateTime,userPrincipalName"
    )
    assert binned.json()["deletedDateTime"]
    listed = await scene.graph.get("/directory/deletedItems/microsoft.graph.user")
    assert [row["id"] for row in listed.json()["value"]] == [id_]
    restored = await scene.graph.post(f"/directory/deletedItems/{id_}/restore")
    assert restored.json()["@odata.type"] == "#microsoft.graph.user"
    assert (await scene.graph.get(f"/users/{id_}")).status_code == 200
    assert (await scene.graph.get(f"/users/{id_}/memberOf")).json()["value"] == groups


async def test_purged_user_is_gone_with_its_memberships(scene: Any) -> None:
    id_ = (await scene.users())[3]["id"]
    group = (await scene.graph.get(f"/users/{id_}/memberOf")).json()["value"][0]["id"]
    await scene.graph.delete(f"/users/{id_}")
    members = (await scene.graph.get(f"/groups/{group}/members")).json()["value"]
    assert (await scene.graph.delete(f"/directory/deletedItems/{id_}")).status_code == 204
    assert (await scene.graph.get(f"/directory/deletedItems/{id_}")).status_code == 404
    assert id_ not in [member["id"] for member in members]


async def test_manager_is_set_read_and_removed(scene: Any) -> None:
    lene, amir = (await scene.users())[:2]
    path = f"/users/{lene['id']}/manager"
    missing = await scene.graph.get(path)
    assert (missing.status_code, missing.json()["error"]["code"]) == (
        404,
        "Request_ResourceNotFound",
    )
    link = {"@odata.id": f"{scene.simulator.ready['graph']}/v1.0/users/{amir['id']}"}
    assert (await scene.graph.put(f"{path}/$ref", json=link)).status_code == 204
    found = (await scene.graph.get(path)).json()
    assert (found["id"], found["@odata.type"]) == (amir["id"], "#microsoft.graph.user")
    user = (await scene.graph.get(f"/users/{lene['id']}?$expand=manager")).json()
    assert user["manager"]["id"] == amir["id"]
    reports = (await scene.graph.get(f"/users/{amir['id']}/directReports")).json()["value"]
    assert lene["id"] in [report["id"] for report in reports]
    assert (await scene.graph.delete(f"{path}/$ref")).status_code == 204
    assert (await scene.graph.get(path)).status_code == 404


async def test_group_gains_and_loses_members(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    body = {
        "displayName": "Board",
        "mailEnabled": False,
        "mailNickname": "board",
        "securityEnabled": True,
    }
    group = (await scene.graph.post("/groups", json=body)).json()["id"]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    path = f"/groups/{group}/members"
    assert (await scene.graph.post(f"{path}/$ref", json=link)).status_code == 204
    again = await scene.graph.post(f"{path}/$ref", json=link)
    assert again.status_code == 400
    assert "already exist" in again.json()["error"]["message"]
    listed = (await scene.graph.get(f"{path}/microsoft.graph.user")).json()["value"]
    assert [row["id"] for row in listed] == [user]
    whole = (await scene.graph.get(path)).json()["value"]
    assert [row["@odata.type"] for row in whole] == ["#microsoft.graph.user"]
    assert (await scene.graph.delete(f"{path}/{user}")).status_code == 400
    assert (await scene.graph.delete(f"{path}/{user}/$ref")).status_code == 204
    assert (await scene.graph.delete(f"{path}/{user}/$ref")).status_code == 404


async def test_row_23_every_error_has_envelope_and_ids(scene: Any) -> None:
    own = "00000000-0000-4000-8000-000000000001"
    for path in ("/users/nobody", "/nowhere", "/me", "/users?$top=0"):
        answer = await scene.graph.get(path, headers={"client-request-id": own})
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["client-request-id"] == own
        inner = answer.json()["error"]["innerError"]
        assert inner["request-id"] == answer.headers["request-id"]
        assert inner["client-request-id"] == own
    assert (await scene.graph.get("/users")).headers["request-id"]


async def test_segments_have_no_case_and_functions_may_have_parentheses(scene: Any) -> None:
    id_ = (await scene.users())[0]["id"]
    for path in (f"/USERS/{id_}/MEMBEROF", f"/users('{id_}')/microsoft.graph.memberOf"):
        assert (await scene.graph.get(path)).status_code == 200


async def test_wrong_method_and_unreadable_body_are_told(scene: Any) -> None:
    assert (await scene.graph.put("/users")).status_code == 405
    answer = await scene.graph.post("/users", content=b"{", headers={"content-type": "text/json"})
    assert answer.status_code == 400
    assert "Unable to read JSON" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/v1.0/nowhere"), ("GET", "/v1.0/users/x/nowhere"), ("PUT", "/v1.0/users")),
        *(("HEAD", "/v1.0/users/x/y"), ("OPTIONS", "/v1.0/users"), ("GET", "/beta/users")),
        *(("GET", "/nowhere"), ("DELETE", "/v1.0/$batch"), ("GET", "/v1.0/")),
    ],
)
async def test_every_error_is_json_in_the_envelope(scene: Any, method: str, path: str) -> None:
    url = f"{scene.simulator.ready['graph']}{path}"
    answer = await scene.graph.request(method, url)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("application/json")
    if method != "HEAD":
        assert {"code", "message"} <= set(answer.json()["error"])
