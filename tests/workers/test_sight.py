"""What a look sees: rich news where it is enough, else Graph; never a step back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from heliograph.changes import Sighting, Snapshot
from heliograph.encryption_keys import LANE, EncryptionKey, make_key
from heliograph.errors import DecryptionFailed, EncryptionKeyUnknown, TokenInvalid, Unavailable
from heliograph.graph.client import GraphClient
from heliograph.lanes import Lane
from heliograph.notifications import EncryptedContent, News
from heliograph.settings import ClientSecret, Secret, Tenant
from heliograph.subscriptions import Registration
from heliograph.testing import FakeGraph
from workers.sight import GraphSight

TENANT = Tenant(name="t", tenant_id="t", client_id="c", credential=ClientSecret(secret=Secret("s")))
USER = Lane(tenant="t", kind="users", id="u1")
GROUP = Lane(tenant="t", kind="groups", id="g1")
MAIL = Lane(tenant="t", kind="messages", id="m1", owner="u1")
CONTENT = EncryptedContent(data="", data_key="", data_signature="", encryption_certificate_id="k")

EARLIER, NOW = "2026-11-24T08:00:00Z", "2026-11-24T08:00:01.1234567Z"


class FakeRich:
    """Reads what the test says, in turn."""

    def __init__(self, *contents: dict[str, Any] | Exception) -> None:
        self.contents = list(contents)

    async def read(self, lane: Lane, news: News) -> dict[str, Any]:
        content = self.contents.pop(0)
        if isinstance(content, Exception):
            raise content
        return content


class FakeWatches:
    """Knows one registration, made at *created_at* (ms)."""

    def __init__(self, created_at: int = 0) -> None:
        self.registration = Registration(
            id="r",
            tenant_id="t",
            client_id="c",
            resource="users",
            kind="users",
            created_at=created_at,
        )

    async def get(self, registration_id: str) -> Registration | None:
        return self.registration


class FakeCounters:
    """What a partition has counted."""

    async def read_counts(self) -> dict[str, int]:
        return {"refused:client_state": 3, "unmatched:users": 1}


class FakeKeys:
    """One key."""

    async def all(self) -> list[EncryptionKey]:
        return [make_key(datetime(2026, 11, 24, tzinfo=UTC), made_by="ada@desk")]


def sight(
    graph: FakeGraph | None = None, *contents: dict[str, Any] | Exception, created_at: int = 0
) -> GraphSight:
    return GraphSight(
        {"t": GraphClient(graph or FakeGraph(), tenant=TENANT)},
        FakeRich(*contents),
        FakeWatches(created_at),
        counters=[FakeCounters()],
        keys=FakeKeys(),
    )


def news(change_type: str = "updated", *, rich: bool = False) -> News:
    return News(
        registration="r",
        subscription_id="s",
        received_at=1,
        change_type=change_type,
        encrypted_content=CONTENT if rich else None,
    )


async def seen(
    eye: GraphSight, lane: Lane, *items: News, before: Snapshot | None = None
) -> Sighting:
    result = await eye.see(lane, items, before)
    assert result.sighting is not None
    return result.sighting


async def test_user_is_asked_for_with_his_manager() -> None:
    graph = FakeGraph({"GET /users/u1": {"id": "u1", "department": "HR", "manager": {"id": "m1"}}})
    sighting = await seen(sight(graph), USER, news())
    assert sighting.properties["manager"] == "m1"
    assert sighting.presence == "present"


async def test_soft_deleted_user_lies_in_the_bin() -> None:
    graph = FakeGraph({"GET /directory/deletedItems/u1": {"id": "u1"}})
    assert (await seen(sight(graph), USER, news())).presence == "deleted"


async def test_user_who_is_nowhere_is_gone() -> None:
    assert (await seen(sight(), USER, news())).presence == "gone"


@pytest.mark.parametrize(("created_at", "is_new"), [(0, True), (4_000_000_000_000, False)])
async def test_new_user_was_made_after_the_watch_began(created_at: int, is_new: bool) -> None:
    """Graph never says `created` for users: his own date and ours decide."""
    graph = FakeGraph({"GET /users/u1": {"id": "u1", "createdDateTime": NOW}})
    assert (await seen(sight(graph, created_at=created_at), USER, news())).is_new is is_new


async def test_group_is_seen_with_all_its_members() -> None:
    graph = FakeGraph(
        {
            "GET /groups/g1": {"id": "g1", "displayName": "Finance"},
            "GET /groups/g1/members": {"value": [{"id": "a"}, {"id": "b"}]},
        }
    )
    assert (await seen(sight(graph), GROUP, news())).members == frozenset({"a", "b"})


async def test_rich_news_spares_the_call() -> None:
    graph = FakeGraph()
    content = {"subject": "hi", "isRead": False, "lastModifiedDateTime": NOW}
    sighting = await seen(sight(graph, content), MAIL, news("created", rich=True))
    assert (sighting.properties, sighting.is_new) == (content, True)
    assert graph.requests == []


async def test_newest_of_several_rich_news_is_seen() -> None:
    contents = [
        {"isRead": True, "lastModifiedDateTime": NOW},
        {"isRead": False, "lastModifiedDateTime": EARLIER},
    ]
    items = [news("created", rich=True), news(rich=True)]
    assert (await seen(sight(None, *contents), MAIL, *items)).properties["isRead"] is True


async def test_late_rich_news_does_not_take_the_state_back() -> None:
    before = Snapshot(properties={"isRead": True, "lastModifiedDateTime": NOW})
    late = {"isRead": False, "lastModifiedDateTime": EARLIER}
    sighting = await seen(sight(None, late), MAIL, news(rich=True), before=before)
    assert sighting == Sighting(presence="present")


@pytest.mark.parametrize(
    "items",
    [
        [news(rich=True), news("deleted")],
        [news(rich=True), news()],
    ],
    ids=["a deletion among them", "a basic one among them"],
)
async def test_graph_is_asked_where_rich_news_is_not_all(items: list[News]) -> None:
    graph = FakeGraph({"GET /users/u1/messages/m1": {"id": "m1", "isRead": True}})
    content = {"isRead": False, "lastModifiedDateTime": NOW}
    sighting = await seen(sight(graph, content), MAIL, *items)
    assert sighting.properties["isRead"] is True


@pytest.mark.parametrize(
    ("error", "reason"), [(TokenInvalid("publisher"), "token"), (DecryptionFailed("x"), "content")]
)
async def test_rich_news_that_proves_false_is_refused(error: Exception, reason: str) -> None:
    graph = FakeGraph()
    result = await sight(graph, error).see(MAIL, [news(rich=True)], None)
    assert (result.sighting, dict(result.refused)) == (None, {reason: 1})
    assert graph.requests == [], "a forgery costs no call"


async def test_content_for_an_unknown_key_is_asked_for() -> None:
    """After a rotation gone wrong the hint still holds."""
    graph = FakeGraph({"GET /users/u1/messages/m1": {"id": "m1"}})
    await seen(sight(graph, EncryptionKeyUnknown("k")), MAIL, news(rich=True))
    assert len(graph.requests) == 1


async def test_tenant_without_credentials_is_tried_again_later() -> None:
    with pytest.raises(Unavailable):
        await sight().see(Lane(tenant="x", kind="users", id="u"), [news()], None)


async def test_our_own_counters_are_seen_like_any_resource() -> None:
    lane = Lane(tenant="", kind="heliograph", id="counts:0")
    sighting = await seen(sight(), lane, news())
    assert sighting.properties["client_state"] == 3
    assert sighting.properties["token"] == 0
    assert "unmatched:users" not in sighting.properties


async def test_our_own_keys_are_seen_like_any_resource_and_no_secret_is_told() -> None:
    sighting = await seen(sight(), LANE, news())
    (told,) = sighting.properties["keys"]
    assert told["id"] == sighting.properties["current"]
    assert (told["bits"], told["made_by"]) == (2048, "ada@desk")
    assert set(told) == {"id", "bits", "made_at", "made_by"}
