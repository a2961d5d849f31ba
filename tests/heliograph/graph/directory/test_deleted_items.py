from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import NotFound
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"


async def test_a_deleted_user_is_still_readable(graph: GraphClient, recorder: "Recorder") -> None:
    body = {"id": LENE, "deletedDateTime": "2026-11-24T08:00:00Z"}
    recorder.answer(200, {"@odata.type": "#microsoft.graph.user", **body})
    assert await graph.directory.deleted_properties(LENE, ("id", "deletedDateTime")) == body
    assert recorder.last.path == f"/directory/deletedItems/{LENE}"


async def test_a_purged_user_is_not_found(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(404, "Request_ResourceNotFound")
    with pytest.raises(NotFound):
        await graph.directory.deleted_properties(LENE)


async def test_deleted_users_are_listed_by_their_type(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [{"id": LENE, "deletedDateTime": "2026-11-24T08:00:00Z"}]})
    (user,) = [user async for user in graph.directory.deleted_users()]
    assert user.deleted_date_time == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert recorder.last.path == "/directory/deletedItems/microsoft.graph.user"


async def test_deleted_groups_are_listed_by_their_type(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [{"id": "g", "displayName": "Finance"}]})
    (group,) = [group async for group in graph.directory.deleted_groups()]
    assert group.display_name == "Finance"
    assert recorder.last.path == "/directory/deletedItems/microsoft.graph.group"
    assert recorder.last.permission == "Group.Read.All"


async def test_a_user_is_restored(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"@odata.type": "#microsoft.graph.user", "id": LENE})
    restored = await graph.directory.restore(LENE)
    assert (restored.id, restored.kind) == (LENE, "user")
    assert recorder.last.path == f"/directory/deletedItems/{LENE}/restore"
    assert recorder.last.is_write


async def test_purging_twice_is_done(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).refuse(404, "Request_ResourceNotFound")
    await graph.directory.purge(LENE)
    await graph.directory.purge(LENE)
    assert recorder.last.method == "DELETE"
