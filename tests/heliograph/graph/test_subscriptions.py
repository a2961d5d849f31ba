from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from heliograph.errors import Conflict, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.subscriptions import NewSubscription
from heliograph.graph.transport import body

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

ID = "5522bd62-7c96-4530-85b0-00b916f6151a"
UNTIL = datetime(2026, 11, 29, 8, tzinfo=UTC)
WISH = NewSubscription(
    resource="users",
    change_type="updated,deleted",
    notification_url="https://recv.example.com/graph/notifications",
    lifecycle_notification_url="https://recv.example.com/graph/lifecycle",
    expiration_date_time=UNTIL,
    client_state="state.secret",
)


async def test_a_subscription_is_created_with_immutable_ids(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(
        201, {"id": ID, "resource": "users", "expirationDateTime": "2026-11-29T08:00:00Z"}
    )
    made = await graph.subscriptions.create(WISH)
    assert (made.id, made.expiration_date_time) == (ID, UNTIL)
    assert recorder.last.headers == {"prefer": 'IdType="ImmutableId"'}
    assert msgspec.json.decode(body(recorder.last) or b"") == {
        "resource": "users",
        "changeType": "updated,deleted",
        "notificationUrl": "https://recv.example.com/graph/notifications",
        "lifecycleNotificationUrl": "https://recv.example.com/graph/lifecycle",
        "expirationDateTime": "2026-11-29T08:00:00Z",
        "clientState": "state.secret",
    }
    assert not recorder.last.is_repeatable


def test_the_client_state_stays_out_of_the_repr() -> None:
    assert "secret" not in repr(WISH)


async def test_an_existing_one_is_a_conflict(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(409, "Conflict")
    with pytest.raises(Conflict):
        await graph.subscriptions.create(WISH)


@pytest.mark.parametrize(
    "unset",
    [
        {"includeResourceData": None, "lifecycleNotificationUrl": None, "clientState": None},
        {"includeResourceData": False, "lifecycleNotificationUrl": "", "clientState": ""},
        {},
    ],
    ids=["null", "empty", "absent"],
)
async def test_what_is_not_set_comes_in_three_forms(
    graph: GraphClient, recorder: "Recorder", unset: dict[str, object]
) -> None:
    recorder.answer(200, {"id": ID, "resource": "users", **unset})
    found = await graph.subscriptions.get(ID)
    assert not found.include_resource_data
    assert not found.client_state


async def test_a_list_sends_no_options(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": ID, "resource": "users", "clientState": None}]})
    assert [found.id async for found in graph.subscriptions.list()] == [ID]
    assert recorder.last.params == {}


async def test_a_renewal_sends_the_new_end(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"id": ID, "expirationDateTime": "2026-11-29T08:00:00Z"})
    assert (await graph.subscriptions.renew(ID, until=UNTIL)).expiration_date_time == UNTIL
    assert (recorder.last.method, recorder.last.path) == ("PATCH", f"/subscriptions/{ID}")
    assert body(recorder.last) == b'{"expirationDateTime":"2026-11-29T08:00:00Z"}'


async def test_an_expired_one_cannot_be_renewed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(404, "ResourceNotFound")
    with pytest.raises(NotFound):
        await graph.subscriptions.renew(ID, until=UNTIL)


async def test_reauthorize_and_delete(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).answer(204).refuse(404, "ResourceNotFound")
    await graph.subscriptions.reauthorize(ID)
    assert recorder.last.path == f"/subscriptions/{ID}/reauthorize"
    assert recorder.last.is_repeatable
    await graph.subscriptions.delete(ID)
    await graph.subscriptions.delete(ID)
    assert recorder.last.method == "DELETE"
