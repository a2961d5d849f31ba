"""The bin: what waits in it, comes back, and goes for good (graph-users-api.md, U5 to U9)."""

import asyncio
from typing import Any

EVENTUAL = {"consistencylevel": "eventual"}


async def test_name_of_the_deleted_is_free_and_marked(scene: Any) -> None:
    user = (await scene.users())[3]
    await scene.graph.delete(f"/users/{user['id']}")
    path = f"/directory/deletedItems/{user['id']}"
    binned = (await scene.graph.get(f"{path}?$select=userPrincipalName,deletedDateTime")).json()
    assert binned["userPrincipalName"] == user["id"].replace("-", "") + user["userPrincipalName"]
    new = {
        "accountEnabled": True,
        "displayName": "Another",
        "mailNickname": "another",
        "userPrincipalName": user["userPrincipalName"],
        "passwordProfile": {"password": "Correct-Horse-1"},
    }
    assert (await scene.graph.post("/users", json=new)).status_code == 201
    taken = await scene.graph.post(f"{path}/restore")
    assert (taken.status_code, taken.json()["error"]["code"]) == (400, "Request_BadRequest")


async def test_row_16_1_4_bin_is_emptied_after_30_days(scene: Any) -> None:
    user = (await scene.users())[3]["id"]
    await scene.graph.delete(f"/users/{user}")
    directory = scene.simulator.world.directory
    await scene.advance(days=29)
    assert user in directory.bin
    await scene.advance(days=2)
    async with asyncio.timeout(5):
        while user in directory.bin:  # noqa: ASYNC110 (the agenda tells nobody)
            await asyncio.sleep(0)
    assert (directory.users.log[-1].what, directory.users.log[-1].key) == ("purged", user)


async def test_restored_user_is_not_purged_later(scene: Any) -> None:
    user = (await scene.users())[3]["id"]
    await scene.graph.delete(f"/users/{user}")
    await scene.graph.post(f"/directory/deletedItems/{user}/restore")
    await scene.advance(days=31)
    assert user in scene.simulator.world.directory.users.rows


async def test_bin_is_sorted_by_the_time_of_deletion(scene: Any) -> None:
    ids = [user["id"] for user in (await scene.users())[3:6]]
    for id_ in ids:
        await scene.graph.delete(f"/users/{id_}")
        await scene.advance(minutes=1)
    path = "/directory/deletedItems/microsoft.graph.user?$orderby=deletedDateTime desc"
    assert (await scene.graph.get(path)).status_code == 400
    answer = await scene.graph.get(f"{path}&$count=true", headers=EVENTUAL)
    assert [row["id"] for row in answer.json()["value"]] == ids[::-1]
    assert answer.json()["@odata.count"] == 3
    assert (await scene.graph.get("/directory/deletedItems")).status_code == 400


async def test_purge_needs_its_own_permission(stage: Any) -> None:
    async with stage(permissions=("User.ReadWrite.All",)) as scene:
        user = (await scene.users())[3]["id"]
        assert (await scene.graph.delete(f"/users/{user}")).status_code == 204
        path = f"/directory/deletedItems/{user}"
        assert (await scene.graph.delete(path)).status_code == 403
        assert (await scene.graph.post(f"{path}/restore")).status_code == 200
