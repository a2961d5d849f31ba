from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Conflict, Forbidden, NotFound
from heliograph.graph import GraphClient, Request, Response
from heliograph.settings import Tenant

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
AMIR = "b7c1e5a0-5d0e-4b7b-8f0a-2c6d9e3f1a44"


async def test_a_user_is_read_with_the_selected_properties(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": LENE, "displayName": "Lene Holm", "mail": None})
    user = await graph.users.get(LENE, select=("id", "displayName", "mail"))
    assert (user.id, user.display_name, user.mail) == (LENE, "Lene Holm", None)
    assert recorder.last.path == f"/users/{LENE}"
    assert recorder.last.params == {"$select": "id,displayName,mail"}
    assert not recorder.last.is_write


async def test_a_guest_is_addressed_by_an_encoded_upn(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": LENE})
    await graph.users.get("guest_x.com#EXT#@contoso.com")
    assert recorder.last.path == "/users/guest_x.com%23EXT%23@contoso.com"
    assert "department" in recorder.last.params["$select"]


async def test_an_unknown_user_is_not_found(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(404, "Request_ResourceNotFound")
    with pytest.raises(NotFound):
        await graph.users.get(LENE)


async def test_properties_come_as_graph_wrote_them(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"@odata.context": "x", "id": LENE, "mail": None})
    assert await graph.users.get_properties(LENE, ("id", "mail")) == {"id": LENE, "mail": None}
    assert "$expand" not in recorder.last.params


@pytest.mark.parametrize(
    ("answered", "manager"),
    [
        ({"id": LENE}, None),
        (
            {"id": LENE, "manager": {"@odata.type": "#x", "id": AMIR, "mail": "?"}},
            {"id": AMIR},
        ),
    ],
    ids=["without", "with"],
)
async def test_the_manager_is_among_the_properties_where_asked_for(
    graph: GraphClient, recorder: "Recorder", answered: object, manager: object
) -> None:
    """Graph leaves `manager` out where there is none; the observer needs to see that it is empty."""
    recorder.answer(200, answered)
    properties = await graph.users.get_properties(LENE, ("id",), expand_manager=True)
    assert properties == {"id": LENE, "manager": manager}
    assert recorder.last.params["$expand"] == "manager($select=id)"


async def test_a_list_pages_by_itself_and_repeats_its_headers(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    link = "https://graph.microsoft.com/v1.0/users?$top=2&$skiptoken=m~A%2B"
    recorder.answer(200, {"value": [{"id": "1"}, {"id": "2"}], "@odata.nextLink": link})
    recorder.answer(200, {"value": [], "@odata.nextLink": link + "2"})
    recorder.answer(200, {"value": [{"id": "3"}]})
    found = [user.id async for user in graph.users.list(where="department ne 'Sales'", top=2)]
    assert found == ["1", "2", "3"]
    first, second, third = recorder.requests
    assert first.params["$count"] == "true"
    assert second.path == "/users?$top=2&$skiptoken=m~A%2B"
    assert second.params == {}
    assert third.path == "/users?$top=2&$skiptoken=m~A%2B2"
    assert {request.headers["consistencylevel"] for request in recorder.requests} == {"eventual"}


async def test_a_list_asks_for_no_page_before_it_is_needed(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    link = "https://graph.microsoft.com/v1.0/users?$skiptoken=x"
    recorder.answer(200, {"value": [{"id": "1"}], "@odata.nextLink": link})
    async for _ in graph.users.list():
        break
    assert len(recorder.requests) == 1


async def test_a_user_is_created(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, {"id": LENE, "displayName": "Lene Holm"})
    new = {"displayName": "Lene Holm", "accountEnabled": True}
    assert (await graph.users.create(new)).id == LENE
    assert (recorder.last.method, recorder.last.path) == ("POST", "/users")
    assert recorder.last.json == new
    assert not recorder.last.is_repeatable


async def test_a_taken_upn_is_a_conflict(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(
        400,
        "Request_BadRequest",
        "Another object with the same value for property userPrincipalName already exists.",
    )
    with pytest.raises(Conflict):
        await graph.users.create({})


async def test_an_update_sends_what_changes_nulls_included(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(204)
    await graph.users.update(LENE, {"department": "Finance", "mobilePhone": None})
    assert (recorder.last.method, recorder.last.path) == ("PATCH", f"/users/{LENE}")
    assert recorder.last.json == {"department": "Finance", "mobilePhone": None}


async def test_a_refused_update_names_the_permission(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.refuse(403, "Authorization_RequestDenied")
    with pytest.raises(Forbidden) as refused:
        await graph.users.update(LENE, {})
    assert refused.value.permission == "User.ReadWrite.All"


async def test_deleting_what_is_gone_is_done(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).refuse(404, "Request_ResourceNotFound")
    await graph.users.delete(LENE)
    await graph.users.delete(LENE)
    assert (recorder.last.method, recorder.last.path) == ("DELETE", f"/users/{LENE}")


async def test_no_manager_is_none(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"@odata.type": "#microsoft.graph.user", "id": AMIR})
    recorder.refuse(404, "Request_ResourceNotFound")
    manager = await graph.users.manager(LENE)
    assert manager is not None
    assert (manager.id, manager.kind) == (AMIR, "user")
    assert await graph.users.manager(LENE) is None


async def test_a_manager_is_set_and_removed_by_reference(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(204).answer(204).refuse(404, "Request_ResourceNotFound")
    await graph.users.set_manager(LENE, AMIR)
    assert (recorder.last.method, recorder.last.path) == ("PUT", f"/users/{LENE}/manager/$ref")
    assert recorder.last.json == {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{AMIR}"}
    await graph.users.remove_manager(LENE)
    await graph.users.remove_manager(LENE)
    assert (recorder.last.method, recorder.last.path) == ("DELETE", f"/users/{LENE}/manager/$ref")


async def test_the_chain_of_managers_is_told_from_the_nearest_to_the_top(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    """The shape of https://learn.microsoft.com/graph/api/user-list-manager, example 2."""
    top = {"id": "top", "displayName": "Top"}
    chief = {"id": AMIR, "displayName": "Amir Haddad", "manager": top}
    recorder.answer(200, {"id": LENE, "displayName": "Lene Holm", "manager": chief})
    assert [user.id for user in await graph.users.managers(LENE)] == [AMIR, "top"]
    assert recorder.last.params == {
        "$select": "id,displayName",
        "$expand": "manager($levels=max;$select=id,displayName)",
        "$count": "true",
    }
    assert recorder.last.headers["consistencylevel"] == "eventual"
    recorder.answer(200, {"id": "top"})
    assert await graph.users.managers("top") == ()


@pytest.mark.parametrize("content", [b"12", b"\xef\xbb\xbf12"], ids=["plain", "byte order mark"])
async def test_users_are_counted(tenant: Tenant, content: bytes) -> None:
    asked: list[Request] = []

    class Counter:
        async def send(self, request: Request) -> Response:
            asked.append(request)
            return Response(status=200, content=content)

    users = GraphClient(Counter(), tenant=tenant).users
    assert await users.count(where="department eq 'Finance'") == 12
    assert asked[0].path == "/users/$count"
    assert asked[0].params == {"$filter": "department eq 'Finance'"}
    assert asked[0].headers == {"consistencylevel": "eventual"}


@pytest.mark.parametrize("status", [200, 204])
async def test_sessions_are_revoked(graph: GraphClient, recorder: "Recorder", status: int) -> None:
    """Documented as 204, in fact 200 with a boolean: any success will do."""
    recorder.answer(status, {"@odata.context": "..#Edm.Boolean", "value": True})
    await graph.users.revoke_sessions(LENE)
    assert (recorder.last.method, recorder.last.path) == (
        "POST",
        f"/users/{LENE}/revokeSignInSessions",
    )
    assert recorder.last.permission == "User.RevokeSessions.All"
    assert recorder.last.is_repeatable


async def test_reports_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": AMIR}]})
    assert [user.id async for user in graph.users.direct_reports(LENE)] == [AMIR]
    assert recorder.last.path == f"/users/{LENE}/directReports"


async def test_all_are_listed_raw_with_their_ids(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"@odata.id": "x", "id": "1", "mail": None}]})
    found = [item async for item in graph.users.list_properties(("mail", "id"))]
    assert found == [{"id": "1", "mail": None}]
    assert recorder.last.params == {"$select": "id,mail", "$top": "999"}


async def test_all_are_listed_with_their_managers(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "1"}, {"id": "2", "manager": {"id": "1"}}]})
    found = [item async for item in graph.users.list_properties((), expand_manager=True)]
    assert found == [{"id": "1", "manager": None}, {"id": "2", "manager": {"id": "1"}}]
    assert recorder.last.params["$expand"] == "manager($select=id)"
