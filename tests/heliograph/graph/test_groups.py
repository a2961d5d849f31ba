from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Invalid, NotFound
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

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
    recorder.refuse(
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'members'.",
    )
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
