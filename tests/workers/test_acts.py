"""An act of our own becomes a change for every handler that cares, and leaves nothing behind."""

from heliograph.lanes import Lane
from heliograph.notifications import Act
from heliograph.queue.partition import Partition
from tests.partitions import Take
from tests.workers.test_observe import FakeSight, news, observing

LANE = Lane(tenant="", kind="heliograph", id="admin:1")
ACT = Act(what="admin_remove", actor="key:ci", at=7, details={"subscription": "r1"})


async def test_act_is_told_as_a_change_with_its_actor(partition: Partition, take: Take) -> None:
    await news(partition, LANE, source="heliograph", act=ACT)
    (look,) = await take()
    await observing(FakeSight(), ("heliograph",))(look)
    (claim,) = await take()
    change = partition.open_run(claim).change
    assert (change.kind, change.what, change.actor) == ("heliograph", "admin_remove", "key:ci")
    assert (change.after, change.observed_at) == ({"subscription": "r1"}, 7)


async def test_act_leaves_no_snapshot(partition: Partition, take: Take) -> None:
    await news(partition, LANE, source="heliograph", act=ACT)
    (look,) = await take()
    await observing(FakeSight(), ("users",))(look)
    assert not await partition.calls.redis.exists(partition.keys.snapshot(look.job_id))


async def test_act_in_another_lane_is_only_a_hint(partition: Partition, take: Take) -> None:
    await news(partition, act=ACT)
    (look,) = await take()
    await observing(FakeSight(None))(look)
    assert await take() == []
