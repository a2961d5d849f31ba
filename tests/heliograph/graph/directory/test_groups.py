from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Forbidden, Invalid, NotFound
from heliograph.graph import GraphClient, Request

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

ALREADY = (
    "One or more added object references already exist for the following modified properties:"
    " 'members'."
)
FINANCE = "c3f7a1de-6a41-4a0f-9c55-d2a1b8f07e19"
LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"


async def test_a_group_is_read_typed_and_raw(graph: GraphClient, recorder: "Recorder") -> None:
    body = {"id": FINANCE, "displayName": "Finance", "groupTypes": ["DynamicMembership"]}
    recorder.answer(200, body).answer(200, {"@odata.context": "x", **body})
    group = await graph.groups.get(FINANCE)
    assert (group.display_name, group.is_dynamic) == ("Finance", True)
    assert await graph.groups.get_properties(FINANCE, ("id",)) == body
    assert recorder.last.params == {"$select": "id"}


async def test_groups_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": FINANCE}]})
    assert [found.id async for found in graph.groups.list(where="displayName eq 'Finance'")] == [
        FINANCE
    ]
    assert recorder.last.params["$filter"] == "displayName eq 'Finance'"


async def test_members_of_every_kind_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(
        200,
        {
            "value": [
                {"@odata.type": "#microsoft.graph.user", "id": LENE},
                {"@odata.type": "#microsoft.graph.device", "id": "d"},
            ]
        },
    )
    members = [(found.kind, found.id) async for found in graph.groups.members(FINANCE)]
    assert members == [("user", LENE), ("device", "d")]


async def test_a_member_is_added_by_reference(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204)
    await graph.groups.add_member(FINANCE, LENE)
    assert (recorder.last.method, recorder.last.path) == (
        "POST",
        f"/groups/{FINANCE}/members/$ref",
    )
    assert recorder.last.json == {
        "@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{LENE}"
    }
    assert recorder.last.is_repeatable


async def test_adding_a_member_twice_is_done(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(400, "Request_BadRequest", ALREADY)
    await graph.groups.add_member(FINANCE, LENE)


async def test_what_is_too_new_is_not_found(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(
        400,
        "Request_BadRequest",
        "The source resource object or one of the objects being referenced don't exist.",
    )
    with pytest.raises(NotFound):
        await graph.groups.add_member(FINANCE, LENE)


async def test_a_wrong_member_is_refused(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(400, "Request_BadRequest", "Invalid object identifier.")
    with pytest.raises(Invalid):
        await graph.groups.add_member(FINANCE, LENE)


async def test_a_member_is_removed_and_not_deleted(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    """Without `/$ref` the same call deletes the user."""
    recorder.answer(204).refuse(404, "Request_ResourceNotFound")
    await graph.groups.remove_member(FINANCE, LENE)
    assert recorder.last.path == f"/groups/{FINANCE}/members/{LENE}/$ref"
    await graph.groups.remove_member(FINANCE, LENE)


async def test_all_are_listed_raw_with_their_ids(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"@odata.id": "x", "id": "1", "mail": None}]})
    found = [item async for item in graph.groups.list_properties(("mail", "id"))]
    assert found == [{"id": "1", "mail": None}]
    assert recorder.last.params == {"$select": "id,mail", "$top": "999"}


async def test_groups_are_counted(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, 7)
    assert await graph.groups.count() == 7
    assert recorder.last.path == "/groups/$count"


async def test_a_group_is_made_with_owners_and_members(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(201, {"id": FINANCE, "displayName": "Finance"})
    made = await graph.groups.create({"displayName": "Finance"}, owners=[LENE], members=["m"])
    assert made.id == FINANCE
    root = "https://graph.microsoft.com/v1.0/directoryObjects"
    assert recorder.last.json == {
        "displayName": "Finance",
        "owners@odata.bind": (f"{root}/{LENE}",),
        "members@odata.bind": (f"{root}/m",),
    }
    assert not recorder.last.is_repeatable


async def test_more_than_20_at_the_birth_of_a_group_are_refused_before_the_call(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    with pytest.raises(Invalid, match=r"at most 20 owners and members .* not 21"):
        await graph.groups.create({}, owners=["o"], members=["m"] * 20)
    assert recorder.requests == []


async def test_a_group_is_changed_and_deleted(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).answer(204).refuse(404, "Request_ResourceNotFound")
    await graph.groups.update(FINANCE, {"description": "All of Finance"})
    assert (recorder.last.method, recorder.last.path) == ("PATCH", f"/groups/{FINANCE}")
    assert recorder.last.permission == "Group.ReadWrite.All"
    for _ in range(2):
        await graph.groups.delete(FINANCE)
    assert (recorder.last.method, recorder.last.path) == ("DELETE", f"/groups/{FINANCE}")


@pytest.mark.parametrize(
    ("is_transitive", "relation"), [(False, "members"), (True, "transitiveMembers")]
)
async def test_the_users_among_the_members_are_listed(
    graph: GraphClient, recorder: "Recorder", is_transitive: bool, relation: str
) -> None:
    recorder.answer(200, {"value": [{"id": LENE, "accountEnabled": True}]})
    where = "accountEnabled eq true"
    users = graph.groups.users(FINANCE, where=where, is_transitive=is_transitive)
    assert [(user.id, user.account_enabled) async for user in users] == [(LENE, True)]
    assert recorder.last.path == f"/groups/{FINANCE}/{relation}/microsoft.graph.user"
    assert recorder.last.params["$filter"] == where
    assert recorder.last.params["$count"] == "true"
    assert recorder.last.headers["consistencylevel"] == "eventual"


def links(request: Request) -> list[str]:
    json = request.json
    assert isinstance(json, dict)
    return [link.rpartition("/")[2] for link in json["members@odata.bind"]]


async def test_many_members_are_added_20_in_a_call(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(204).answer(204)
    await graph.groups.add_members(FINANCE, [str(number) for number in (*range(25), 0)])
    first, second = recorder.requests
    assert (first.method, first.path) == ("PATCH", f"/groups/{FINANCE}")
    assert links(first) + links(second) == [str(number) for number in range(25)]
    assert len(links(first)) == 20
    assert first.permission == "GroupMember.ReadWrite.All"


async def test_where_one_is_a_member_already_the_others_are_added_alone(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    """Graph takes all of them or none."""
    recorder.refuse(400, "Request_BadRequest", ALREADY)
    error = {"error": {"code": "Request_BadRequest", "message": ALREADY}}
    items = [{"id": "0", "status": 400, "body": error}, {"id": "1", "status": 204}]
    recorder.answer(200, {"responses": items})
    await graph.groups.add_members(FINANCE, [LENE, "new"])
    assert [part.path for part in recorder.last.parts] == [f"/groups/{FINANCE}/members/$ref"] * 2


async def test_a_member_that_cannot_be_added_among_many_is_told(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.refuse(400, "Request_BadRequest", ALREADY)
    error = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient"}}
    recorder.answer(200, {"responses": [{"id": "0", "status": 403, "body": error}]})
    with pytest.raises(Forbidden) as refused:
        await graph.groups.add_members(FINANCE, [LENE])
    assert refused.value.permission == "GroupMember.ReadWrite.All"


async def test_owners_are_listed_added_and_removed(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [{"@odata.type": "#microsoft.graph.user", "id": LENE}]})
    assert [owner.id async for owner in graph.groups.owners(FINANCE)] == [LENE]
    recorder.refuse(400, "Request_BadRequest", ALREADY.replace("members", "owners"))
    await graph.groups.add_owner(FINANCE, LENE)
    assert recorder.last.path == f"/groups/{FINANCE}/owners/$ref"
    assert recorder.last.permission == "Group.ReadWrite.All"
    recorder.answer(204).refuse(404, "Request_ResourceNotFound")
    for _ in range(2):
        await graph.groups.remove_owner(FINANCE, LENE)
    assert recorder.last.path == f"/groups/{FINANCE}/owners/{LENE}/$ref"
