"""The keeper moves rich subscriptions to the newest key, and none of them is uncovered unseen."""

from datetime import UTC, datetime, timedelta

import msgspec
from redis.asyncio import Redis

from heliograph.client_state import ClientStates
from heliograph.encryption_keys import EncryptionKey, EncryptionKeys, make_key
from heliograph.errors import Invalid
from heliograph.graph.subscriptions import NewSubscription, PublicKey, Subscription
from heliograph.sealing import Sealer
from heliograph.settings import SubscriptionWish
from tests.listener.house import AGraph, House, a_wish, settle

SEALER = Sealer([b"r" * 32])
MAIL = a_wish("users/{id}/messages", for_each=("u1",), rich=True, select=("subject",))


async def rotated(house: House, redis: Redis) -> EncryptionKey:
    """A newer key than the one that there is."""
    key = make_key(datetime.now(UTC) + timedelta(seconds=1))
    await EncryptionKeys(redis, SEALER).put(key)
    return key


async def moved(house: House, graph: AGraph, wish: SubscriptionWish = MAIL) -> EncryptionKey:
    """The newest key, after a keeper had to do with it; what it called stands in *graph*."""
    await settle(house, graph, wish)
    graph.calls.clear()
    house.resyncs.clear()
    key = await rotated(house, house.redis)
    await settle(house, graph, wish)
    return key


async def named_by_graph(graph: AGraph) -> set[str | None]:
    return {one.encryption_certificate_id for one in graph.held.values()}


async def test_a_patch_is_verified_and_nothing_else_is_needed(house: House) -> None:
    graph = AGraph()
    key = await moved(house, graph)
    assert await named_by_graph(graph) == {key.id}
    assert [call for call in graph.calls if call != "list"] == ["rekey", "get"]
    (record,) = (await house.recorded()).values()
    assert record.key_id == key.id
    assert house.resyncs == []


async def test_where_graph_keeps_the_old_key_another_one_takes_the_place(house: House) -> None:
    """Graph takes the second for a duplicate here: delete, create, resync."""
    graph = AGraph(takes_certificates=False)
    key = await moved(house, graph)
    assert await named_by_graph(graph) == {key.id}
    calls = [call for call in graph.calls if call in {"create", "delete", "rekey"}]
    assert calls == ["rekey", "create", "delete", "create", "delete"]
    assert [reason for _, reason in house.resyncs] == ["replaced"]


class Twins(AGraph):
    """A Graph that takes duplicates, and no certificates."""

    async def create(self, wish: NewSubscription, *, permission: str | None = None) -> Subscription:
        self.calls.append("create")
        return self.hold(wish)

    async def rekey(self, subscription: str, key: PublicKey, *, until: datetime) -> Subscription:
        self.calls.append("rekey")
        raise Invalid("Graph answered 400: BadRequest", status=400, code="BadRequest")


async def test_the_new_one_is_there_before_the_old_one_goes(house: House) -> None:
    graph = Twins()
    key = await moved(house, graph)
    assert await named_by_graph(graph) == {key.id}
    calls = [call for call in graph.calls if call in {"create", "delete", "rekey"}]
    assert calls == ["rekey", "create", "delete"]


async def test_what_is_gone_meanwhile_is_made_again_and_looked_over(house: House) -> None:
    graph = AGraph()
    await settle(house, graph, MAIL)
    house.resyncs.clear()
    (record,) = (await house.recorded()).values()
    graph.held.clear()
    await house.registrations.put(msgspec.structs.replace(record, expires_at=None))
    key = await rotated(house, house.redis)
    await settle(house, graph, MAIL)
    assert await named_by_graph(graph) == {key.id}
    assert [reason for _, reason in house.resyncs] == ["recreated"]


async def test_each_subscription_gets_a_client_state_of_the_newest_root_secret(
    house: House,
) -> None:
    graph = AGraph()
    house.proofs = ClientStates([b"o" * 32])
    await settle(house, graph, a_wish(), a_wish("groups"))
    house.resyncs.clear()
    house.proofs = ClientStates([b"n" * 32, b"o" * 32])
    await settle(house, graph, a_wish(), a_wish("groups"))
    newest = ClientStates([b"n" * 32])
    assert len(graph.held) == 2
    assert all(newest.proven(one.client_state) for one in graph.held.values())
    assert sorted(house.resyncs) == [("groups", "replaced"), ("users", "replaced")]
    calls = len(graph.calls)
    await settle(house, graph, a_wish(), a_wish("groups"))
    assert set(graph.calls[calls:]) == {"list"}
