"""Dead letters: found in the order of their lanes, and settled once, whoever else tries."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from heliograph.changes import Change
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.claims import Claim
from heliograph.queue.dead_letters import Found, Wanted, count, find
from heliograph.queue.ends import End, LookEnd
from heliograph.queue.fanout import note_on, run_id
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import (
    Attempt,
    DeadLetter,
    RunRecord,
    note_of_change,
    read_news,
)
from heliograph.queue.settling import Settling
from heliograph.queue.why import hurry, why
from heliograph.routing import Router, join

LANE = Lane(tenant="t", kind="users", id="u1")

Take = Callable[..., Awaitable[list[Claim]]]


def a_change(number: int, lane: Lane = LANE) -> Change:
    return Change(
        change_id=f"c{number}",
        tenant=lane.tenant,
        kind=lane.kind,
        id=lane.id,
        what="updated",
        observed_at=number,
    )


def a_run(number: int, handler: str = "test.h", lane: Lane = LANE) -> RunRecord:
    return RunRecord(
        run_id=f"run{number}",
        handler=handler,
        change=a_change(number, lane),
        queued_at=number,
        order=number,
    )


def letter_of(claim: Claim, reason: str, *, died_at: int = 1_000) -> DeadLetter:
    run = claim.partition.open_run(claim) if claim.kind == "run" else None
    return DeadLetter(
        queue=claim.queue,
        job_id=claim.job_id,
        record=claim.record,
        reason=reason,
        died_at=died_at,
        lane=LANE.name,
        attempts=(Attempt(at=1, error="Boom", number=3),),
        news=dict(claim.news),
        run=run,
        journal={"step mail": b"\x01"} if run else {},
    )


async def queue_runs(partition: Partition, take: Take, *runs: RunRecord) -> None:
    news = News(registration="r", subscription_id="s", received_at=1)
    await Intake([partition]).store([Arrival(lane=LANE, news=news)])
    (look,) = await take()
    await partition.end_look(look, LookEnd(runs=runs))


async def kill_runs(partition: Partition, take: Take, *runs: RunRecord, reason: str = "x") -> None:
    """Each of *runs* ends as a dead letter, in the order in which its lane brings it."""
    await queue_runs(partition, take, *runs)
    died_at = 1_000
    while claims := await take():
        for claim in claims:
            died_at += 1
            await partition.end_run(claim, End(dead=letter_of(claim, reason, died_at=died_at)))


@pytest.fixture
def settling() -> Settling:
    return Settling([], who="lene@desk")


async def put_letter(partition: Partition, name: str, record: bytes) -> None:
    await partition.calls.redis.execute_command("HSET", partition.keys.dead, name, record)


async def only(partition: Partition) -> Found:
    (found,) = await find([partition], Wanted())
    return found


async def test_letters_are_found_by_what_they_are_about(partition: Partition, take: Take) -> None:
    other = Lane(tenant="t", kind="users", id="u2")
    await kill_runs(partition, take, a_run(1), a_run(2, "test.other"), a_run(3, lane=other))
    assert await count([partition]) == 3

    async def names(**wanted: object) -> set[str]:
        return {one.name for one in await find([partition], Wanted(**wanted))}  # type: ignore[arg-type]  # fields of Wanted

    assert await names(handler="test.other") == {"run2"}
    assert await names(names=frozenset(["run3", "gone"])) == {"run3"}
    assert await names(error="X") == {"run1", "run2", "run3"}
    assert await names(error="other") == set()
    first = (await find([partition], Wanted()))[0].letter.died_at
    assert len(await names(since=first + 1)) == 2
    assert len(await names(until=first + 1)) == 1


async def test_retry_is_the_same_run_with_what_it_did(
    partition: Partition, take: Take, settling: Settling
) -> None:
    await kill_runs(partition, take, a_run(1))
    answer = await settling.retry(await only(partition))
    assert (answer.done, answer.says) == (True, "retried")
    (claim,) = await take()
    run = partition.open_run(claim)
    assert (run.run_id, run.root) == ("run1", "run1")
    assert partition.open_journal(claim, run) == {"step mail": b"\x01"}
    assert [attempt.error for attempt in run.history] == ["Boom"]
    assert claim.attempts == (), "a schedule of its own"
    assert await count([partition]) == 0


async def test_replay_is_a_new_run_with_the_first_ones_idempotency_key(
    partition: Partition, take: Take, settling: Settling
) -> None:
    await kill_runs(partition, take, a_run(1))
    await settling.replay(await only(partition))
    (claim,) = await take()
    run = partition.open_run(claim)
    assert run.run_id != "run1"
    assert (run.replayed_from, run.root) == ("run1", "run1")
    assert run.change == a_change(1), "the original time is kept"
    assert partition.open_journal(claim, run) == {}


async def test_many_replayed_at_once_keep_the_order_of_their_lane(
    partition: Partition, take: Take, settling: Settling
) -> None:
    await kill_runs(partition, take, *(a_run(number) for number in range(1, 6)))
    for found in await find([partition], Wanted()):
        await settling.replay(found)
    ran = []
    while claims := await take():
        (claim,) = claims
        ran.append(partition.open_run(claim).change.change_id)
        await partition.end_run(claim, End())
    assert ran == ["c1", "c2", "c3", "c4", "c5"]


async def test_the_quicker_one_settles_and_the_other_is_told(
    partition: Partition, take: Take, settling: Settling
) -> None:
    """A conflict is an answer, not an error; and nothing runs twice."""
    await kill_runs(partition, take, a_run(1))
    found = await only(partition)
    answers = await asyncio.gather(settling.retry(found), settling.replay(found))
    assert sorted(answer.done for answer in answers) == [False, True]
    (late,) = [answer for answer in answers if not answer.done]
    assert late.says == "it is not there any more: somebody else was quicker"
    assert len(await take()) == 1


async def test_if_no_runs_leaves_out_what_waits_and_what_ran_well(
    partition: Partition, take: Take, settling: Settling
) -> None:
    """The same run died twice, as can be when Redis lost what it had confirmed."""
    await kill_runs(partition, take, a_run(1))
    first = await only(partition)
    await settling.replay(first)
    await put_letter(partition, "run1", b"")
    waiting = await settling.replay(first, mode="if-no-runs")
    assert not waiting.done
    assert waiting.says.startswith("left out: run ")
    assert waiting.says.endswith(" waits")
    forced = await settling.replay(first, mode="force")
    assert forced.done


async def test_dropped_run_is_gone_and_told(partition: Partition, take: Take) -> None:
    router = Router()

    async def record(change: Change, ctx: object) -> None: ...

    router.on("heliograph", id="own")(record)
    settling = Settling(join([("audit", router)]), who="lene@desk")
    await kill_runs(partition, take, a_run(1), reason="GraphError: no")
    assert (await settling.drop(await only(partition))).says == "dropped"
    (claim,) = await take()
    change = partition.open_run(claim).change
    assert (change.kind, change.what, change.actor) == ("heliograph", "letter_dropped", "lene@desk")
    assert change.after is not None
    assert change.after["reason"] == "GraphError: no"
    assert change.after["handler"] == "test.h"
    assert change.related == ("users/u1",)
    assert await partition.read_counts() == {"dropped:letters": 1}


async def dead_look(partition: Partition, take: Take) -> None:
    news = News(registration="r", subscription_id="s", received_at=1, change_type="updated")
    await Intake([partition]).store([Arrival(lane=LANE, news=news)])
    (claim,) = await take()
    await partition.end_look(claim, LookEnd(dead=letter_of(claim, "Forbidden")))


async def news_of(partition: Partition, take: Take) -> list[News]:
    (claim,) = await take()
    place = partition.keys.news(claim.job_id)
    return [read_news(partition.sealer.open(item, place)) for item in claim.news.values()]


async def test_replayed_look_has_its_news_again_and_asks_afresh(
    partition: Partition, take: Take, settling: Settling
) -> None:
    await dead_look(partition, take)
    assert await take() == [], "the lane went on"
    await settling.replay(await only(partition))
    news = await news_of(partition, take)
    assert {item.source for item in news} == {"webhook", "delta"}
    assert {item.registration for item in news} == {"r"}


async def test_dropped_look_is_followed_by_a_resync_of_its_resource(
    partition: Partition, take: Take, settling: Settling
) -> None:
    await dead_look(partition, take)
    await settling.drop(await only(partition))
    (item,) = await news_of(partition, take)
    assert (item.source, item.registration) == ("delta", "r")


async def test_letter_that_is_not_ours_can_only_be_dropped(
    partition: Partition, settling: Settling
) -> None:
    await put_letter(partition, "forged", b"\x80\x04pickle")
    found = await only(partition)
    assert found.letter.reason == "unreadable: SealBroken"
    assert not (await settling.replay(found)).done
    assert (await settling.drop(found)).done


async def test_why_follows_a_run_to_its_end(partition: Partition, take: Take) -> None:
    router = Router()

    async def handler(change: Change, ctx: object) -> None: ...

    router.on("users", id="h")(handler)
    router.on("users", "created", id="filtered")(handler)
    router.on("groups", id="groups")(handler)
    routes = join([("test", router)])
    run = RunRecord(
        run_id=run_id("c1", "test.h"), handler="test.h", change=a_change(1), queued_at=1
    )
    news = News(registration="r", subscription_id="s", received_at=1)
    await Intake([partition]).store([Arrival(lane=LANE, news=news)])
    (look,) = await take()
    note = {note_of_change("c1"): note_on(a_change(1), routes)}
    await partition.end_look(look, LookEnd(runs=[run], notes=note))

    async def says(handler: str = "test.h", change: str = "c1") -> str:
        found = await why([partition], change, handler)
        return f"{found.state}: {found.says}"

    assert (await says(change="c9")).startswith("unknown: nothing is remembered of this change")
    assert await says("test.filtered") == "skipped: the handler's filter 'what' said no"
    assert await says("test.groups") == (
        "skipped: the handler asks for changes of another kind, or was not loaded"
    )
    assert await says() == "waiting: due now"
    (claim,) = await take()
    assert await says() == "at_work: at work by w"
    attempt = Attempt(at=1, error="Throttled: busy", number=1)
    await partition.try_again(claim, after=timedelta(hours=1), attempt=attempt)
    assert re.fullmatch(r"waiting: due in 3[56]\d\d s, after Throttled: busy", await says())
    assert await hurry([partition], "c1", "test.h", who="lene@desk") == "due now"
    (claim,) = await take()
    assert [one.what for one in claim.attempts] == ["failed", "manual"]
    assert claim.failed == 1, "the wish is no attempt"
    assert await hurry([partition], "c1", "test.h", who="lene@desk") == "it is at work"
    await partition.end_run(claim, End())
    assert await says() == "done: done at the first attempt"
    assert await hurry([partition], "c1", "test.h", who="x") == "it is not the next of its lane"
