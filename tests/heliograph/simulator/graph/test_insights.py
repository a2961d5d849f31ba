"""Insights, people and files around a user, and who may ask for them (graph-users-api.md, 2, 11)."""

from typing import Any

import pytest

SCOPES = "User.ReadWrite Sites.Read.All Files.Read.All People.Read"


@pytest.fixture
async def me(scene: Any) -> dict[str, str]:
    user = (await scene.users())[1]
    return dict(await scene.signed_in(user["userPrincipalName"], SCOPES))


async def _value(scene: Any, path: str, headers: Any = None) -> list[dict[str, Any]]:
    answer = await scene.graph.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


@pytest.mark.parametrize(
    "path",
    [
        *("insights/used", "insights/trending", "insights/shared", "drive/recent"),
        *("drive/sharedWithMe", "followedSites", "people", "drive/root/delta"),
    ],
)
async def test_signed_in_user_sees_what_is_around_him(scene: Any, me: Any, path: str) -> None:
    assert await _value(scene, f"/me/{path}", me)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("insights/used", 200), ("insights/trending", 200), ("insights/shared", 403)),
        *(("drive/recent", 403), ("drive/sharedWithMe", 403), ("followedSites", 403)),
        *(("people", 200), ("drive/root/delta", 200), ("settings/itemInsights", 403)),
    ],
)
async def test_app_alone_sees_what_the_reference_allows(scene: Any, path: str, status: int) -> None:
    user = (await scene.users())[0]["id"]
    assert (await scene.graph.get(f"/users/{user}/{path}")).status_code == status


async def test_others_see_only_what_was_changed_and_no_shares(scene: Any, me: Any) -> None:
    one, two = (await scene.users())[:2]
    own = await _value(scene, "/me/insights/used", me)
    seen = await _value(scene, f"/users/{two['id']}/insights/used")
    assert {row["id"] for row in seen} < {row["id"] for row in own}
    assert all(
        row["lastUsed"]["lastAccessedDateTime"] == row["lastUsed"]["lastModifiedDateTime"]
        for row in seen
    )
    other = await scene.graph.get(f"/users/{one['id']}/insights/shared", headers=me)
    assert other.status_code == 403


async def test_insights_are_filtered_by_type_and_by_who_shared(scene: Any, me: Any) -> None:
    used = await _value(scene, "/me/insights/used", me)
    kind = used[0]["resourceVisualization"]["type"]
    found = await _value(
        scene, f"/me/insights/used?$filter=resourceVisualization/type eq '{kind}'", me
    )
    assert found == [row for row in used if row["resourceVisualization"]["type"] == kind]
    shared = await _value(scene, "/me/insights/shared", me)
    by = shared[0]["lastShared"]["sharedBy"]["address"]
    path = f"/me/insights/shared?$filter=lastShared/sharedBy/address eq '{by}'"
    assert shared[0] in await _value(scene, path, me)


async def test_trending_is_ordered_by_weight(scene: Any, me: Any) -> None:
    weights = [row["weight"] for row in await _value(scene, "/me/insights/trending", me)]
    assert weights == sorted(weights, reverse=True)


async def test_document_of_an_insight_can_be_had(scene: Any, me: Any) -> None:
    row = (await _value(scene, "/me/insights/used", me))[0]
    answer = await scene.graph.get(f"/me/insights/used/{row['id']}/resource", headers=me)
    assert answer.json()["webUrl"] == row["resourceReference"]["webUrl"]


async def test_people_come_by_relevance_ten_at_a_time(stage: Any) -> None:
    async with stage(users=50) as scene:
        boss = (await scene.users())[1]["id"]
        first = (await scene.graph.get(f"/users/{boss}/people")).json()
        assert len(first["value"]) == 10
        scores = [row["scoredEmailAddresses"][0]["relevanceScore"] for row in first["value"]]
        assert scores == sorted(scores, reverse=True)
        assert "$skip=10" in first["@odata.nextLink"]


@pytest.mark.parametrize(("state", "status"), [("empty", 200), ("gone", 410), ("missing", 404)])
async def test_row_16_1_16_insights_can_be_retired(
    scene: Any, me: Any, state: str, status: int
) -> None:
    await scene.control("POST", "switches", json={"insights": state})
    for path in ("insights/used", "insights/shared", "drive/recent", "drive/sharedWithMe"):
        answer = await scene.graph.get(f"/me/{path}", headers=me)
        assert answer.status_code == status
        if status == 200:
            assert answer.json()["value"] == []


async def test_user_and_tenant_can_switch_insights_off(scene: Any, me: Any) -> None:
    off = await scene.graph.patch(
        "/me/settings/itemInsights", json={"isEnabled": False}, headers=me
    )
    assert off.json()["isEnabled"] is False
    assert await _value(scene, "/me/insights/used", me) == []
    user = (await scene.users())[0]["id"]
    assert await _value(scene, f"/users/{user}/insights/used")
    await scene.graph.patch("/admin/people/itemInsights", json={"isEnabledInOrganization": False})
    assert await _value(scene, f"/users/{user}/insights/used") == []


async def test_equal_seeds_give_equal_documents(stage: Any) -> None:
    found = []
    for _ in range(2):
        async with stage(seed=3) as scene:
            user = (await scene.users())[0]["id"]
            rows = await _value(scene, f"/users/{user}/insights/trending")
            found.append([row["id"] for row in rows])
    assert found[0] == found[1]
