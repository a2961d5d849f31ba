"""One look: what is seen becomes a snapshot and runs, all or nothing."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from heliograph import Change, Context, Router
from heliograph.changes import Sighting, Snapshot
from heliograph.errors import HeliographError, Throttled
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.claims import Claim
from heliograph.queue.ends import End
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.routing import join
from workers.looking import Looking, lane_of, read
from workers.observe import Observing, Seen

USER = Lane(tenant="t", kind="users", id="u1")
GROUP = Lane(tenant="t", kind="groups", id="g1")

Take = Callable[..., Awaitable[list[Claim]]]


class FakeSight:
    """Sees what the test says; an error is raised instead."""

    def __init__(self, *seen: Sighting | HeliographError | None, refused: int = 0) -> None:
        self.seen = list(seen)
        self.refused = {"token": refused} if refused else {}
        self.befores: list[Snapshot | None] = []

    async def see(self, lane: Lane, news: Sequence[News], before: Snapshot | None) -> Seen:
        self.befores.append(before)
        seen = self.seen.pop(0)
        if isinstance(seen, HeliographError):
            raise seen
        return Seen(sighting=seen, refused=self.refused)


async def handler(change: Change, ctx: Context) -> None: ...


def observing(sight: FakeSight, *rules: tuple[str, ...]) -> Looking:
    router = Router()
    for number, rule in enumerate(rules or (("*",),)):
        router.on(*rule, id=f"h{number}")(handler)
    return Looking(Observing(sight, join([("test", router)])), worker="w")


def present(**properties: Any) -> Sighting:
    return Sighting(presence="present", properties=properties)


async def news(partition: Partition, lane: Lane = USER, **facts: Any) -> None:
    one = News(registration="r", subscription_id="s", received_at=1, **facts)
    await Intake([partition]).store([Arrival(lane=lane, news=one)])


async def test_change_becomes_a_run_for_each_handler_that_cares(
    partition: Partition, take: Take
) -> None:
    sight = FakeSight(present(department="Sales"), present(department="Legal"))
    look = observing(sight, ("*",), ("users", "updated"), ("groups",))
    for _ in range(2):
        await news(partition)
        (claim,) = [one for one in await take() if one.queue == "looks"]
        await look(claim)
    assert sight.befores[1] == Snapshot(version=1, properties={"department": "Sales"})
    runs = [partition.open_run(one) for one in await take()]
    assert {run.handler for run in runs} <= {"test.h0", "test.h1"}


async def test_look_that_finds_nothing_new_ends_quietly(partition: Partition, take: Take) -> None:
    look = observing(FakeSight(present(department="Sales"), present(department="Sales")))
    await news(partition)
    await look((await take())[0])
    (first_run,) = await take()
    await partition.end_run(first_run, End())
    await news(partition)
    await look((await take())[0])
    assert await take() == []


async def test_failed_look_is_tried_again_and_keeps_its_news(
    partition: Partition, take: Take
) -> None:
    look = observing(FakeSight(Throttled("busy", retry_after=0.0), present()))
    await news(partition)
    await look((await take())[0])
    again: list[Claim] = []
    while not again:
        again = await take()
    assert again[0].attempts[0].error.startswith("Throttled")
    assert len(read(again[0], lane_of(again[0])).news) == 1


async def test_look_that_kills_its_process_is_quarantined(partition: Partition, take: Take) -> None:
    await news(partition)
    for _ in range(3):
        (claim,) = await take()
        await partition.calls.redis.zadd(partition.keys.queue("looks"), {claim.job_id: 0})
    (claim,) = await take()
    await observing(FakeSight())(claim)
    assert await partition.calls.redis.hlen(partition.keys.dead) == 1  # type: ignore[misc]  # redis-py's union
    assert await take() == []


async def test_news_that_we_did_not_seal_is_trimmed_and_counted(
    partition: Partition, take: Take
) -> None:
    await news(partition)
    key = partition.keys.news(partition.keys.look_job(USER))
    await partition.calls.redis.execute_command("HSET", key, "forged", b"\x80\x04forged")
    await observing(FakeSight(present()))((await take())[0])
    count = await partition.calls.redis.hget(partition.keys.counts, "refused:seal")  # type: ignore[misc]  # redis-py's union
    assert count == b"1"
    assert not await partition.calls.redis.exists(key)


async def test_unreadable_job_is_a_dead_letter(partition: Partition, take: Take) -> None:
    """A pickle in the place of a job runs nothing, and the worker goes on."""
    await news(partition)
    job_id = partition.keys.look_job(USER)
    await partition.calls.redis.set(partition.keys.job(job_id), b"\x80\x04cos\nsystem\n.")
    await observing(FakeSight())((await take())[0])
    assert await partition.calls.redis.hlen(partition.keys.dead) == 1  # type: ignore[misc]  # redis-py's union


async def test_refused_news_is_counted(partition: Partition, take: Take) -> None:
    await news(partition)
    await observing(FakeSight(None, refused=1))((await take())[0])
    count = await partition.calls.redis.hget(partition.keys.counts, "refused:token")  # type: ignore[misc]  # redis-py's union
    assert count == b"1"
    assert await take() == []


async def test_change_that_nobody_cares_about_is_counted(partition: Partition, take: Take) -> None:
    await news(partition)
    await observing(FakeSight(present()), ("groups",))((await take())[0])
    count = await partition.calls.redis.hget(partition.keys.counts, "unmatched:users")  # type: ignore[misc]  # redis-py's union
    assert count == b"1"


async def test_look_that_tells_very_much_goes_in_pieces(partition: Partition, take: Take) -> None:
    members = frozenset(f"m{n:04}" for n in range(1200))
    sight = FakeSight(
        Sighting(presence="present", members=frozenset()),
        Sighting(presence="present", members=members),
    )
    look = observing(sight)
    await news(partition, GROUP)
    await look((await take())[0])
    (first,) = await take()
    await partition.end_run(first, End())
    await news(partition, GROUP)
    await look((await take())[0])
    told = 0
    while claims := await take():
        for claim in claims:
            run = partition.open_run(claim)
            assert run.change.what == "member_added"
            await partition.end_run(claim, End())
            told += 1
    assert told == 1200


async def test_l31_burst_about_one_resource_is_told_once(partition: Partition, take: Take) -> None:
    """One user action comes as created and several updated, from two subscriptions, and again."""
    sight = FakeSight(present(subject="hello"), present(subject="hello"))
    look = observing(sight)
    mail = Lane(tenant="t", kind="messages", id="m1", owner="u1")
    for _ in range(2):
        burst = [
            News(registration=registration, subscription_id="s", received_at=1, change_type=what)
            for registration in ("r1", "r2")
            for what in ("created", "updated", "updated", "updated")
        ]
        await Intake([partition]).store([Arrival(lane=mail, news=one) for one in burst])
        for claim in await take():
            if claim.queue == "looks":
                await look(claim)
    assert len(sight.befores) == 2, "a look for each burst"
    job_id = partition.keys.run_job(mail, "test.h0")
    assert await partition.calls.redis.execute_command("LLEN", partition.keys.runs(job_id)) == 1
