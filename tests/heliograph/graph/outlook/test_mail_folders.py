from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Conflict
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
FOLDERS = f"/users/{LENE}/mailFolders"


async def test_a_folder_is_read_by_its_well_known_name(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": "f", "displayName": "Indbakke", "unreadItemCount": 3})
    assert (await graph.mail_folders.get(LENE, "inbox")).unread_item_count == 3
    assert recorder.calls == [f"GET {FOLDERS}/inbox"]
    assert recorder.is_outlook(LENE)


async def test_folders_are_listed_a_level_at_a_time(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [{"id": "1"}]}).answer(200, {"value": [{"id": "2"}]})
    assert [folder.id async for folder in graph.mail_folders.list(LENE)] == ["1"]
    assert "includeHiddenFolders" not in recorder.last.params
    below = graph.mail_folders.list(LENE, parent="inbox", hidden=True)
    assert [folder.id async for folder in below] == ["2"]
    assert recorder.last.params["includeHiddenFolders"] == "true"
    assert recorder.calls == [f"GET {FOLDERS}", f"GET {FOLDERS}/inbox/childFolders"]


async def test_the_tree_goes_as_deep_as_there_are_children(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(
        200, {"value": [{"id": "a", "childFolderCount": 1}, {"id": "d", "childFolderCount": 0}]}
    )
    recorder.answer(200, {"value": [{"id": "b", "childFolderCount": 1}]})
    recorder.answer(200, {"value": [{"id": "c", "childFolderCount": 0}]})
    assert [folder.id async for folder in graph.mail_folders.tree(LENE)] == ["a", "b", "c", "d"]
    assert recorder.calls == [
        f"GET {FOLDERS}",
        f"GET {FOLDERS}/a/childFolders",
        f"GET {FOLDERS}/b/childFolders",
    ]


async def test_a_folder_is_made_at_the_top_or_in_another(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(201, {"id": "1", "displayName": "Leavers"}).answer(201, {"id": "2"})
    assert (await graph.mail_folders.create(LENE, "Leavers")).display_name == "Leavers"
    assert recorder.last.json == {"displayName": "Leavers", "isHidden": False}
    await graph.mail_folders.create(LENE, "Done", parent="1", hidden=True)
    assert recorder.last.json == {"displayName": "Done", "isHidden": True}
    assert recorder.calls == [f"POST {FOLDERS}", f"POST {FOLDERS}/1/childFolders"]


async def test_a_taken_name_is_a_conflict(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(409, "ErrorFolderExists")
    with pytest.raises(Conflict):
        await graph.mail_folders.create(LENE, "Inbox")


async def test_a_folder_is_renamed_moved_and_deleted(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": "f", "displayName": "New"}).answer(201, {"id": "f"})
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    assert (await graph.mail_folders.rename(LENE, "f", "New")).display_name == "New"
    assert (await graph.mail_folders.move(LENE, "f", "archive")).id == "f"
    assert recorder.last.json == {"destinationId": "archive"}
    await graph.mail_folders.delete(LENE, "f")
    await graph.mail_folders.delete(LENE, "f")
    assert recorder.calls == [
        f"PATCH {FOLDERS}/f",
        f"POST {FOLDERS}/f/move",
        f"DELETE {FOLDERS}/f",
        f"DELETE {FOLDERS}/f",
    ]
    assert recorder.is_outlook(LENE)
