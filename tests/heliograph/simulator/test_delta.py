"""Delta: what an observer learns who follows the links (change-notifications.md, 7)."""

import time
from typing import Any

import pytest

IMMUTABLE = {"prefer": 'IdType="ImmutableId"'}


async def _round(scene: Any, link: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    """All entries of a round, and the link to the next."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await scene.graph.get(link, headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["value"]
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        assert "$skiptoken=" in page["@odata.nextLink"]
        link = page["@odata.nextLink"]


async def test_row_21_first_round_is_everything_and_an_idle_one_nothing(scene: Any) -> None:
    found, link = await _round(scene, "/users/delta", prefer="odata.maxpagesize=5")
    assert len({user["id"] for user in found}) == 12
    assert "$deltatoken=" in link
    assert (await _round(scene, link))[0] == []


async def test_row_21_users_are_told_with_the_reasons_of_removal(scene: Any) -> None:
    users = await scene.users()
    _, link = await _round(scene, "/users/delta?$select=displayName,department")
    made = await scene.act("users.created", displayName="Ada Quist")
    await scene.act("users.updated", user=users[0]["id"], department="Legal")
    await scene.act("users.updated", user=users[1]["id"], jobTitle="untracked")
    await scene.act("users.deleted", user=users[2]["id"])
    await scene.act("users.deleted", user=users[3]["id"])
    await scene.act("users.purged", user=users[3]["id"])
    found, link = await _round(scene, link)
    told = {entry["id"]: entry for entry in found}
    assert set(told) == {made["id"], users[0]["id"], users[2]["id"], users[3]["id"]}
    assert told[users[0]["id"]]["department"] == "Legal"
    assert told[users[2]["id"]]["@removed"] == {"reason": "changed"}
    assert told[users[3]["id"]]["@removed"] == {"reason": "deleted"}
    await scene.act("users.restored", user=users[2]["id"])
    found, _ = await _round(scene, link)
    assert [entry.get("displayName") for entry in found] == [users[2]["displayName"]]


async def test_row_21_minimal_tells_only_what_changed(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    _, link = await _round(scene, "/users/delta")
    await scene.act("users.updated", user=user, jobTitle="Chief")
    found, _ = await _round(scene, link, prefer="return=minimal")
    assert found == [{"id": user, "jobTitle": "Chief"}]


async def test_row_21_manager_is_tracked_where_selected(scene: Any) -> None:
    users = await scene.users()
    found, link = await _round(scene, "/users/delta?$select=displayName,manager")
    managed = {user["id"]: user["manager@delta"] for user in found if "manager@delta" in user}
    assert len(managed) == 11
    await scene.act("users.updated", user=users[0]["id"], manager=users[5]["id"])
    found, _ = await _round(scene, link)
    assert [entry["manager@delta"][0]["id"] for entry in found] == [users[5]["id"]]


async def test_row_21_latest_begins_now(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    found, link = await _round(scene, "/users/delta?$deltatoken=latest")
    assert found == []
    await scene.act("users.updated", user=user, jobTitle="Chief")
    assert [entry["id"] for entry in (await _round(scene, link))[0]] == [user]


async def test_row_21_filter_by_ids_tracks_these_only(scene: Any) -> None:
    one, two = [user["id"] for user in (await scene.users())[:2]]
    found, link = await _round(scene, f"/users/delta?$filter=id eq '{one}'")
    assert [entry["id"] for entry in found] == [one]
    for user in (one, two):
        await scene.act("users.updated", user=user, jobTitle="Chief")
    assert [entry["id"] for entry in (await _round(scene, link))[0]] == [one]


@pytest.mark.parametrize(
    "query", ["$top=5", "$orderby=id", "$expand=manager", "$filter=city eq 'x'", "$deltatoken=xx"]
)
async def test_row_21_other_options_are_refused(scene: Any, query: str) -> None:
    assert (await scene.graph.get(f"/users/delta?{query}")).status_code == 400


async def test_row_21_groups_tell_members_who_came_and_went(scene: Any) -> None:
    users = [user["id"] for user in await scene.users()]
    found, link = await _round(scene, "/groups/delta")
    staff = next(group for group in found if group["displayName"] == "All Staff")
    assert [member["id"] for member in staff["members@delta"]] == users
    made = await scene.act("groups.created", displayName="Board")
    await scene.act("groups.member_added", group=made["id"], user=users[0])
    await scene.act("groups.member_removed", group=staff["id"], user=users[1])
    told = {entry["id"]: entry for entry in (await _round(scene, link))[0]}
    assert [member["id"] for member in told[made["id"]]["members@delta"]] == [users[0]]
    (gone,) = told[staff["id"]]["members@delta"]
    assert (gone["id"], gone["@removed"]) == (users[1], {"reason": "deleted"})


async def test_row_21_group_that_is_back_is_told_as_new_with_its_members(scene: Any) -> None:
    users, (group, *_) = await scene.users(), (await scene.graph.get("/groups")).json()["value"]
    await scene.act("groups.member_added", group=group["id"], user=users[-1]["id"])
    link = (await _round(scene, "/groups/delta"))[1]
    await scene.act("groups.deleted", group=group["id"])
    await scene.act("users.deleted", user=users[-1]["id"])
    await scene.act("users.purged", user=users[-1]["id"])
    await scene.act("groups.restored", group=group["id"])
    told = [row for row in (await _round(scene, link))[0] if row["id"] == group["id"]]
    members = [entry for row in told for entry in row.get("members@delta", ())]
    gone = {entry["id"] for entry in members if "@removed" in entry}
    kept = {entry["id"] for entry in members} - gone
    assert gone == {users[-1]["id"]}
    present = (await scene.graph.get(f"/groups/{group['id']}/members")).json()["value"]
    assert kept == {row["id"] for row in present}


async def test_row_21_member_in_the_bin_stays_until_purged(scene: Any) -> None:
    users, (group, *_) = await scene.users(), (await scene.graph.get("/groups")).json()["value"]
    await scene.act("groups.member_added", group=group["id"], user=users[-1]["id"])
    link = (await _round(scene, "/groups/delta"))[1]
    await scene.act("users.deleted", user=users[-1]["id"])
    told, link = await _round(scene, link)
    assert told == []
    await scene.act("users.purged", user=users[-1]["id"])
    told, _ = await _round(scene, link)
    (row,) = [row for row in told if row["id"] == group["id"]]
    assert [entry["@removed"] for entry in row["members@delta"]] == [{"reason": "deleted"}]


async def test_row_21_folder_tells_of_what_came_changed_and_left(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    kept, moved = [await scene.act("messages.received", user=user) for _ in range(2)]
    path = f"/users/{user}/mailFolders/inbox/messages/delta?$select=subject,isRead&$top=1"
    found, link = await _round(scene, path)
    assert {entry["id"] for entry in found} == {kept["id"], moved["id"]}
    assert "/mailfolders('" in link
    await scene.act("messages.read", user=user, item=kept["id"])
    await scene.act("messages.moved", user=user, item=moved["id"])
    new = await scene.act("messages.received", user=user)
    found, link = await _round(scene, link)
    removed = [entry for entry in found if "@removed" in entry]
    assert [entry["id"] for entry in removed] == [moved["id"]]
    assert removed[0]["@odata.type"] == "#microsoft.graph.message"
    states = {entry["id"]: entry["isRead"] for entry in found if "isRead" in entry}
    assert states == {kept["id"]: True, new["id"]: False}


async def test_row_21_links_are_good_for_both_forms_of_ids(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    _, link = await _round(scene, f"/users/{user}/mailFolders/inbox/messages/delta")
    mail = await scene.act("messages.received", user=user)
    plain, _ = await _round(scene, link)
    immutable, _ = await _round(scene, link, **IMMUTABLE)
    assert [entry["id"] for entry in plain] == [mail["id"]]
    assert [entry["id"] for entry in immutable] == [mail["immutableId"]]


async def test_row_21_messages_can_be_limited_to_one_change_type(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    mail = await scene.act("messages.received", user=user)
    path = f"/users/{user}/mailFolders/inbox/messages/delta?changeType=deleted"
    found, link = await _round(scene, path)
    assert found == []
    await scene.act("messages.received", user=user)
    await scene.act("messages.deleted", user=user, item=mail["id"])
    assert [entry["id"] for entry in (await _round(scene, link))[0]] == [mail["id"]]


async def test_row_21_contacts_are_told(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    path = f"/users/{user}/contactFolders/contacts/contacts/delta"
    _, link = await _round(scene, path)
    made = await scene.act("contacts.created", user=user)
    found, link = await _round(scene, link)
    assert [entry["displayName"] for entry in found] == ["Nadia Costa"]
    await scene.act("contacts.deleted", user=user, item=made["id"])
    (gone,) = (await _round(scene, link))[0]
    assert (gone["id"], gone["@removed"]) == (made["id"], {"reason": "deleted"})


async def test_row_21_calendar_view_tells_its_window_and_removes_what_is_outside(
    scene: Any,
) -> None:
    user = (await scene.users())[0]["id"]
    path = f"/users/{user}/calendarView/delta"
    assert (await scene.graph.get(path)).status_code == 400
    window = "startDateTime=2030-01-01T00:00:00Z&endDateTime=2031-01-01T00:00:00Z"
    _, link = await _round(scene, f"{path}?{window}")
    inside, outside = [
        await scene.act(
            "events.created",
            user=user,
            start=f"{year}-05-01T10:00:00Z",
        )
        for year in (2030, 2040)
    ]
    found, _ = await _round(scene, link)
    told = {entry["id"]: "@removed" in entry for entry in found}
    assert told == {inside["id"]: False, outside["id"]: True}


async def test_row_21_directory_token_runs_out_after_7_days(stage: Any) -> None:
    async with stage() as scene:
        _, link = await _round(scene, "/users/delta")
        await scene.advance(days=6)
        fresh = _entra(scene)
        assert (await scene.graph.get(link, headers=fresh)).status_code == 200
        await scene.advance(days=2)
        answer = await scene.graph.get(link, headers=_entra(scene))
        assert answer.status_code == 410
        again = answer.headers["location"]
        assert again.endswith("/users/delta?$deltatoken=")
        restarted = await scene.graph.get(again, headers=_entra(scene))
        assert len(restarted.json()["value"]) == 12


async def test_row_21_mailbox_token_runs_out_on_demand(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    _, link = await _round(scene, f"/users/{user}/mailFolders/inbox/messages/delta")
    await scene.control("POST", "switches", json={"oldestDelta": time.time() + 1})
    answer = await scene.graph.get(link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "SyncStateNotFound")
    assert "location" not in answer.headers


async def test_row_21_pages_may_be_empty_and_changes_told_again(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    await scene.control("POST", "switches", json={"deltaEmptyPages": True})
    first = (await scene.graph.get("/users/delta")).json()
    assert first["value"] == []
    found, link = await _round(scene, first["@odata.nextLink"])
    assert len(found) == 12
    await scene.control("POST", "switches", json={"deltaReplays": True})
    await scene.act("users.updated", user=user, jobTitle="Chief")
    for _ in range(2):
        found, link = await _round(scene, link)
        assert [entry["id"] for entry in found] == [user]


def _entra(scene: Any) -> dict[str, str]:
    world = scene.simulator.world
    claims = world.tenant.access_claims(world.clock, roles=("User.Read.All",), lifetime=60)
    return {"authorization": f"Bearer {world.keys.sign(claims)}"}
