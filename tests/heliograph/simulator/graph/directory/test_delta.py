"""Delta of the directory at size: groups in parts over pages, users by their ids."""

from typing import Any


async def _round(scene: Any, link: str) -> tuple[list[list[dict[str, Any]]], str]:
    pages = []
    while True:
        page = (await scene.graph.get(link)).json()
        pages.append(page["value"])
        if "@odata.deltaLink" in page:
            return pages, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


async def test_large_group_comes_in_parts_over_pages(stage: Any) -> None:
    async with stage(users=30_000) as scene:
        directory = scene.simulator.world.directory
        pages, link = await _round(scene, "/groups/delta")
        found: dict[str, list[str]] = {}
        for row in (row for page in pages for row in page):
            found.setdefault(row["id"], []).extend(
                member["id"] for member in row.get("members@delta", ())
            )
        assert set(found) == set(directory.groups.rows)
        for group, members in found.items():
            assert members == list(directory.memberships.members(group))
        most = max(sum(len(row.get("members@delta", ())) for row in page) for page in pages)
        assert most < 3_000
        assert (await _round(scene, link))[0] == [[]]


async def test_ids_are_found_without_walking_all(stage: Any) -> None:
    async with stage(users=100_000) as scene:
        id_ = scene.simulator.world.directory.people.key(99_000)
        pages, _ = await _round(scene, f"/users/delta?$filter=id eq '{id_}'")
        assert [[row["id"] for row in page] for page in pages] == [[id_]]


async def test_members_have_their_types(scene: Any) -> None:
    pages, _ = await _round(scene, "/groups/delta?$select=displayName,members")
    (above,) = [row for row in pages[0] if row["displayName"] == "Headquarters"]
    types = {member["@odata.type"] for member in above["members@delta"]}
    assert types == {"#microsoft.graph.group"}


async def test_minimal_is_said_to_be_applied(scene: Any) -> None:
    _, link = await _round(scene, "/users/delta?$deltatoken=latest")
    answer = await scene.graph.get(link, headers={"prefer": "return=minimal"})
    assert answer.headers["preference-applied"] == "return=minimal"


async def test_what_is_not_tracked_is_refused(scene: Any) -> None:
    for name in ("aboutMe", "mailboxSettings", "shoeSize"):
        assert (await scene.graph.get(f"/users/delta?$select={name}")).status_code == 400
