from typing import TYPE_CHECKING

import pytest

from heliograph.errors import NotFound
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
FINANCE = "c3f7a1de-6a41-4a0f-9c55-d2a1b8f07e19"


@pytest.mark.parametrize(
    ("method", "relation"), [("direct", "memberOf"), ("transitive", "transitiveMemberOf")]
)
async def test_memberships_are_a_mixture(
    graph: GraphClient, recorder: "Recorder", method: str, relation: str
) -> None:
    recorder.answer(
        200,
        {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects",
            "value": [
                {"@odata.type": "#microsoft.graph.group", "id": FINANCE},
                {"@odata.type": "#microsoft.graph.directoryRole", "id": "r"},
            ],
        },
    )
    found = getattr(graph.memberships, method)(LENE)
    assert [one.kind async for one in found] == ["group", "directoryRole"]
    assert recorder.last.path == f"/users/{LENE}/{relation}"
    assert "consistencylevel" not in recorder.last.headers


@pytest.mark.parametrize(
    ("method", "relation"),
    [("groups", "memberOf"), ("transitive_groups", "transitiveMemberOf")],
)
async def test_groups_alone_are_asked_for_by_a_cast(
    graph: GraphClient, recorder: "Recorder", method: str, relation: str
) -> None:
    recorder.answer(200, {"value": [{"id": FINANCE, "groupTypes": ["DynamicMembership"]}]})
    (group,) = [one async for one in getattr(graph.memberships, method)(LENE)]
    assert (group.id, group.is_dynamic) == (FINANCE, True)
    assert recorder.last.path == f"/users/{LENE}/{relation}/microsoft.graph.group"
    assert recorder.last.headers["consistencylevel"] == "eventual"
    assert recorder.last.params["$count"] == "true"


async def test_membership_is_checked_in_one_call(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"@odata.context": "..#Collection(Edm.String)", "value": [FINANCE]})
    assert await graph.memberships.check(LENE, [FINANCE, "other", FINANCE]) == {FINANCE}
    assert recorder.last.path == f"/users/{LENE}/checkMemberGroups"
    assert recorder.last.json == {"groupIds": [FINANCE, "other"]}
    assert not recorder.last.is_write
    assert recorder.last.is_repeatable


async def test_any_number_of_groups_is_checked_20_at_a_time(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    groups = [f"g{number}" for number in range(45)]
    items = [
        {"id": str(number), "status": 200, "body": {"value": [f"g{number}"]}} for number in range(3)
    ]
    recorder.answer(200, {"responses": items})
    assert await graph.memberships.check(LENE, iter(groups)) == {"g0", "g1", "g2"}
    asked = [part.json for part in recorder.last.parts]
    assert asked == [{"groupIds": groups[at : at + 20]} for at in (0, 20, 40)]
    assert not recorder.last.is_write


async def test_nothing_is_asked_about_no_groups(graph: GraphClient, recorder: "Recorder") -> None:
    assert await graph.memberships.check(LENE, []) == frozenset()
    assert recorder.requests == []


async def test_a_user_is_a_member_or_not(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [FINANCE]}).answer(200, {"value": []})
    assert await graph.memberships.is_member(LENE, FINANCE)
    assert not await graph.memberships.is_member(LENE, FINANCE)


async def test_an_unknown_user_is_not_found(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(404, "Request_ResourceNotFound")
    with pytest.raises(NotFound):
        await graph.memberships.is_member(LENE, FINANCE)
