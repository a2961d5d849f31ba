"""Mail folders: graph-users-api.md, 9, M13 to M18."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import Owner, mail

WELL_KNOWN = [
    "archive",
    "clutter",
    "conflicts",
    "conversationhistory",
    "deleteditems",
    "drafts",
    "inbox",
    "junkemail",
    "localfailures",
    "msgfolderroot",
    "outbox",
    "recoverableitemsdeletions",
    "scheduled",
    "searchfolders",
    "sentitems",
    "serverfailures",
    "syncissues",
]


async def new(owner: Owner, name: str, parent: str = "inbox") -> str:
    made = await owner.post(f"mailFolders/{parent}/childFolders", {"displayName": name})
    return str(made["id"])


@pytest.mark.parametrize("name", WELL_KNOWN)
async def test_every_well_known_name_is_an_address(lene: Owner, name: str) -> None:
    folder = await lene.get(f"mailFolders/{name.title()}")
    assert set(folder) == {
        "@odata.context",
        *("id", "displayName", "parentFolderId", "childFolderCount"),
        *("unreadItemCount", "totalItemCount", "isHidden"),
    }
    assert (await lene.get(f"mailFolders('{folder['id']}')"))["id"] == folder["id"]


async def test_the_top_folders_are_listed_and_the_hidden_on_request(lene: Owner) -> None:
    shown = {one["displayName"] for one in await lene.value("mailFolders")}
    everything = await lene.value("mailFolders?includeHiddenFolders=true&$top=50")
    assert {"Inbox", "Drafts", "Sent Items", "Deleted Items", "Archive"} <= shown
    assert {one["displayName"] for one in everything} - shown == {
        "Clutter",
        "Scheduled",
        "Sync Issues",
    }
    assert len((await lene.get("mailFolders?$top=3"))["value"]) == 3


async def test_a_folder_is_made_renamed_and_deleted_with_what_lies_in_it(lene: Owner) -> None:
    made = await lene.post("mailFolders", {"DisplayName": "Clients", "isHidden": True})
    assert (made["displayName"], made["isHidden"]) == ("Clients", True)
    path = f"mailFolders/{made['id']}"
    child = await new(lene, "Fabrikam", made["id"])
    inside = await lene.post(f"mailFolders/{child}/messages", mail())
    assert (await lene.patch(path, {"displayName": "Customers"}))["childFolderCount"] == 1
    assert [one["id"] for one in await lene.value(f"{path}/childFolders")] == [child]
    nested = await lene.get(f"{path}?$expand=childFolders($select=displayName)")
    assert [one["displayName"] for one in nested["childFolders"]] == ["Fabrikam"]
    await lene.delete(path)
    for gone in (path, f"mailFolders/{child}", f"messages/{inside['id']}"):
        assert await lene.refused("GET", gone) == (404, "ErrorItemNotFound")


async def test_no_two_folders_of_one_place_share_a_name(lene: Owner) -> None:
    await new(lene, "Plans")
    body = {"displayName": "PLANS"}
    assert await lene.refused("POST", "mailFolders/inbox/childFolders", body) == (
        409,
        "ErrorFolderExists",
    )
    await lene.post("mailFolders", body)
    assert await lene.refused("POST", "mailFolders", {"displayName": ""}) == (
        400,
        "ErrorInvalidFolderName",
    )
    other = await new(lene, "Other")
    refused = await lene.refused("PATCH", f"mailFolders/{other}", {"displayName": "Plans"})
    assert refused == (409, "ErrorFolderExists")


async def test_folders_that_are_always_there_stay(lene: Owner) -> None:
    assert await lene.refused("DELETE", "mailFolders/inbox") == (
        403,
        "ErrorDeleteDistinguishedFolder",
    )
    body: dict[str, Any] = {"displayName": "Mine"}
    assert (await lene.refused("PATCH", "mailFolders/drafts", body))[0] == 400
    body = {"destinationId": "archive"}
    assert (await lene.refused("POST", "mailFolders/drafts/move", body))[0] == 400


async def test_a_folder_moves_under_its_id(lene: Owner) -> None:
    id_ = await new(lene, "Plans")
    moved = await lene.post(f"mailFolders/{id_}/move", {"destinationId": "archive"})
    assert (moved["id"], moved["parentFolderId"]) == (
        id_,
        (await lene.get("mailFolders/archive"))["id"],
    )
    assert (await lene.get("mailFolders/inbox"))["childFolderCount"] == 0
    assert (await lene.get("mailFolders/archive"))["childFolderCount"] == 1
    child = await new(lene, "Sub", id_)
    into_itself = await lene.refused("POST", f"mailFolders/{id_}/move", {"destinationId": child})
    assert into_itself == (400, "ErrorMoveCopyFailed")


async def test_a_folder_is_copied_with_what_lies_in_it(lene: Owner) -> None:
    id_ = await new(lene, "Plans")
    child = await new(lene, "Sub", id_)
    await lene.post(f"mailFolders/{child}/messages", mail(subject="Deep"))
    copy = await lene.post(f"mailFolders/{id_}/copy", {"destinationId": "archive"})
    assert copy["id"] != id_
    (below,) = await lene.value(f"mailFolders/{copy['id']}/childFolders")
    assert [one["subject"] for one in await lene.value(f"mailFolders/{below['id']}/messages")] == [
        "Deep"
    ]


async def test_counts_are_right_whatever_happens_to_the_mail(lene: Owner) -> None:
    async def counts(name: str) -> tuple[int, int]:
        folder = await lene.get(f"mailFolders/{name}")
        return folder["totalItemCount"], folder["unreadItemCount"]

    first, second, _ = [(await lene.mail())["immutableId"] for _ in range(3)]
    assert await counts("inbox") == (3, 3)
    await lene.patch(f"messages/{first}", {"isRead": True})
    assert await counts("inbox") == (3, 2)
    await lene.post(f"messages/{second}/move", {"destinationId": "archive"})
    assert (await counts("inbox"), await counts("archive")) == ((2, 1), (1, 1))
    await lene.post(f"messages/{first}/copy", {"destinationId": "archive"})
    assert await counts("archive") == (2, 1)
    await lene.delete(f"messages/{second}")
    assert (await counts("archive"), await counts("deleteditems")) == ((1, 0), (1, 1))
    await lene.delete(f"messages/{second}")
    assert await counts("deleteditems") == (0, 0)


async def test_folders_are_filtered(lene: Owner) -> None:
    found = await lene.value("mailFolders?$filter=displayName eq 'inbox'&$select=displayName")
    assert [set(one) for one in found] == [{"id", "displayName"}]
    assert (await lene.call("GET", "mailFolders/inbox/childFolders/$count")).text == "0"
