"""What collections of the directory can be asked (graph-users-api.md, 3.3, 3.4, 16.1 rows 2, 3)."""

from typing import Any

import pytest

EVENTUAL = {"consistencylevel": "eventual"}
CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#"


async def _ids(scene: Any, path: str, **headers: str) -> list[str]:
    """The ids on all pages."""
    found: list[str] = []
    link: str | None = path
    while link:
        answer = await scene.graph.get(link, headers=headers)
        assert answer.status_code == 200, answer.text
        found += [row["id"] for row in answer.json()["value"]]
        link = answer.json().get("@odata.nextLink")
    return found


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("/users", "users"),
        ("/users?$select=id, mail", "users(id,mail)"),
        ("/users/{0}", "users/$entity"),
        ("/users/{0}?$select=id", "users(id)/$entity"),
        ("/users/{0}/memberOf", "directoryObjects"),
        ("/users/{0}/memberOf/microsoft.graph.group", "groups"),
        ("/users/{1}/manager", "directoryObjects/$entity"),
        ("/groups", "groups"),
        ("/directory/deletedItems/microsoft.graph.user", "users"),
        ("/directoryRoles", "directoryRoles"),
        ("/roleManagement/directory/roleAssignments", "roleManagement/directory/roleAssignments"),
        ("/users/delta?$select=displayName", "users(displayName)"),
    ],
)
async def test_context_says_what_is_told(scene: Any, path: str, context: str) -> None:
    one, two = [user["id"] for user in (await scene.users())[:2]]
    answer = await scene.graph.get(path.format(one, two))
    assert answer.json()["@odata.context"] == CONTEXT + context


@pytest.mark.parametrize(
    "query",
    [
        "$filter=department ne 'Finance'",
        "$filter=not(department eq 'Finance')",
        "$filter=endsWith(mail,'.example')",
        "$filter=assignedLicenses/$count eq 0",
        "$filter=displayName eq 'x'&$orderby=displayName",
    ],
)
async def test_row_16_1_3_advanced_query_needs_header_and_count(scene: Any, query: str) -> None:
    for path, headers in (
        (f"/users?{query}", {}),
        (f"/users?{query}", EVENTUAL),
        (f"/users?{query}&$count=true", {}),
    ):
        answer = await scene.graph.get(path, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "Request_UnsupportedQuery"
    answer = await scene.graph.get(f"/users?{query}&$count=true", headers=EVENTUAL)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("$filter=userPrincipalName eq 'LENE.HOLM@contoso.example'", 1),
        ("$filter=id in ('{0}','{1}')", 2),
        ("$filter=id eq '{0}' or id eq '{1}'", 2),
        ("$filter=id eq '{0}' and department eq 'Legal'", 0),
        ("$filter=startsWith(displayName,'L') and accountEnabled eq true", 1),
        ("$filter=department in ('Finance','Sales')", 4),
        ("$filter=mobilePhone eq null", 12),
        ("$filter=proxyAddresses/any(p:startsWith(p,'SMTP:lene'))", 1),
        ("$filter=assignedLicenses/any(l:l/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)", 12),
        ("$filter=createdDateTime ge 2020-01-01T00:00:00Z", 12),
        ("filter=surname eq 'Holm'", 1),
        ("$orderby=displayName desc&$top=1", 1),
    ],
)
async def test_simple_query_needs_no_header(scene: Any, query: str, count: int) -> None:
    one, two = [user["id"] for user in (await scene.users())[:2]]
    answer = await scene.graph.get(f"/users?{query.format(one, two)}")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["value"]) == count


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=startsWith(department,'F')", "Request_UnsupportedQuery"),
        ("$filter=licenseAssignmentStates/any(l:l/skuId eq 'x')", "Request_UnsupportedQuery"),
        ("$filter=endsWith(city,'x')&$count=true", "Request_UnsupportedQuery"),
        ("$orderby=streetAddress", "Request_UnsupportedQuery"),
        ("$filter=shoeSize eq 1", "Request_BadRequest"),
        ("$orderby=shoeSize", "Request_BadRequest"),
        ("$select=id,shoeSize", "Request_BadRequest"),
        ("$expand=shoes", "Request_BadRequest"),
        ("$filter=displayName like 'x'", "BadRequest"),
        ("$skip=1", "Request_BadRequest"),
        ("$magic=1", "Request_BadRequest"),
        ("$top=1000", "Request_BadRequest"),
        ("$skiptoken=magic", "Request_BadRequest"),
    ],
)
async def test_query_that_cannot_be_answered_is_refused(scene: Any, query: str, code: str) -> None:
    answer = await scene.graph.get(f"/users?{query}", headers=EVENTUAL)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ('"displayName:holm"', {"Lene Holm"}),
        ('"displayName:len hol"', {"Lene Holm"}),
        ('"displayName:olm"', set()),
        ('"mail:lene" OR "mail:amir"', {"Lene Holm", "Amir Aziz"}),
        ('"mail:lene" AND "displayName:aziz"', set()),
        ('("mail:lene" OR "mail:amir") AND "displayName:aziz"', {"Amir Aziz"}),
    ],
)
async def test_search_finds_words(scene: Any, search: str, names: set[str]) -> None:
    answer = await scene.graph.get("/users", params={"$search": search}, headers=EVENTUAL)
    assert {row["displayName"] for row in answer.json()["value"]} == names


@pytest.mark.parametrize("search", ["holm", '"holm"', '"shoes:1"', '"mail:a" OR'])
async def test_search_in_another_form_is_refused(scene: Any, search: str) -> None:
    answer = await scene.graph.get("/users", params={"$search": search}, headers=EVENTUAL)
    assert answer.status_code == 400


async def test_search_needs_the_header_but_not_count(scene: Any) -> None:
    answer = await scene.graph.get("/users", params={"$search": '"displayName:x"'})
    assert answer.json()["error"]["code"] == "Request_UnsupportedQuery"
    assert "ConsistencyLevel: eventual" in answer.json()["error"]["message"]


async def test_count_comes_on_the_first_page_alone(scene: Any) -> None:
    first = (await scene.graph.get("/users?$count=true&$top=5", headers=EVENTUAL)).json()
    assert first["@odata.count"] == 12
    second = (await scene.graph.get(first["@odata.nextLink"], headers=EVENTUAL)).json()
    assert "@odata.count" not in second


@pytest.mark.parametrize(
    "path",
    [
        *("/users/$count", "/groups/$count", "/users/{0}/memberOf/$count"),
        *("/users/{0}/directReports/$count", "/groups/{1}/members/$count"),
        "/groups/{1}/members/microsoft.graph.user/$count",
    ],
)
async def test_count_segment_needs_the_header(scene: Any, path: str) -> None:
    user = (await scene.users())[0]["id"]
    group = (await scene.graph.get("/groups")).json()["value"][0]["id"]
    bare = await scene.graph.get(path.format(user, group))
    assert bare.json()["error"]["message"] == "$count is not currently supported."
    answer = await scene.graph.get(path.format(user, group), headers=EVENTUAL)
    assert answer.headers["content-type"].startswith("text/plain")
    assert int(answer.text) > 0


async def test_sorted_pages_hold_every_user_once(scene: Any) -> None:
    found = await _ids(scene, "/users?$orderby=displayName&$top=5")
    rows = (await scene.graph.get("/users?$orderby=displayName")).json()["value"]
    assert found == [row["id"] for row in rows]
    names = [row["displayName"] for row in rows]
    assert names == sorted(names)


async def test_names_of_properties_have_no_case(scene: Any) -> None:
    row = (await scene.graph.get("/users?$select=DISPLAYNAME, id")).json()["value"][0]
    assert list(row) == ["displayName", "id"]


async def test_filter_that_matches_little_comes_in_short_pages(stage: Any) -> None:
    async with stage(users=120_000) as scene:
        page = (await scene.graph.get("/users?$filter=city eq 'Nowhere'")).json()
        assert page["value"] == []
        assert "@odata.nextLink" in page
        name = scene.simulator.world.directory.people.row(119_999)["userPrincipalName"]
        path = f"/users?$filter=userPrincipalName eq '{name}'"
        assert len((await scene.graph.get(path)).json()["value"]) == 1


async def test_count_of_what_is_filtered_is_true_after_changes(scene: Any) -> None:
    people = await scene.users()
    await scene.graph.patch(f"/users/{people[0]['id']}", json={"department": "Legal"})
    await scene.act("users.created", department="Legal")
    await scene.graph.delete(f"/users/{people[5]['id']}")
    path = "/users?$filter=department eq 'Legal'&$count=true"
    answer = (await scene.graph.get(path, headers=EVENTUAL)).json()
    assert answer["@odata.count"] == len(answer["value"]) == 3
