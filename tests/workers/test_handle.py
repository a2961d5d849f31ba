"""One run: whatever the handler does, it ends as one of few outcomes, and nothing is lost."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from heliograph import Change, Context, Drop, Retry, Router
from heliograph.audit import AuditStore
from heliograph.errors import Invalid, LeaseLost
from heliograph.graph.client import GraphClient
from heliograph.lanes import Lane
from heliograph.loading import LoadedHandler
from heliograph.notifications import News
from heliograph.queue.claims import Claim
from heliograph.queue.dead_letters import Wanted, find
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.recent import read_note
from heliograph.queue.records import Ended, Note, RunRecord, note_of_run
from heliograph.queue.settling import Settling
from heliograph.routing import join
from heliograph.sealing import Sealer
from heliograph.settings import ClientSecret, Secret, Tenant
from heliograph.testing import FakeAudit, FakeGraph
from workers.handle import Handling

Take = Callable[..., Awaitable[list[Claim]]]
Body = Callable[[Change, Context], Awaitable[None]]

TENANT = Tenant(name="t", tenant_id="t", client_id="c", credential=ClientSecret(secret=Secret("s")))
CHANGE = Change(change_id="c1", tenant="t", kind="users", id="u1", what="updated", observed_at=1)


class Bench:
    """A worker's handling of one queued run."""

    def __init__(self, partition: Partition, take: Take) -> None:
        self.partition = partition
        self.take = take
        self.graph = FakeGraph({"POST /users/*/sendMail": 202, "GET /users/*": {"id": "u1"}})

    async def queue(self, *runs: RunRecord) -> None:
        news = News(registration="r", subscription_id="s", received_at=1)
        await Intake([self.partition]).store([Arrival(lane=CHANGE.lane, news=news)])
        (look,) = await self.take()
        await self.partition.end_look(look, LookEnd(runs=runs))

    def handling(self, body: Body | None, *own: Body) -> Handling:
        router = Router()
        if body:
            router.on("users", id="h")(body)
        for one in own:
            router.on("heliograph", id="own")(one)
        handlers = [
            LoadedHandler(handler=handler, settings=None) for handler in join([("test", router)])
        ]
        graphs = {"t": GraphClient(self.graph, tenant=TENANT)}
        return Handling(handlers, graphs, audit=cast("AuditStore", FakeAudit()), worker="w")

    async def count(self, counter: str) -> int:
        value: Any = await self.partition.calls.redis.hget(self.partition.keys.counts, counter)  # type: ignore[misc]  # redis-py's union
        return int(value or 0)

    async def note(self) -> Note | None:
        return await read_note(self.partition, note_of_run("r1"))

    async def dead(self) -> int:
        return int(await self.partition.calls.redis.hlen(self.partition.keys.dead))  # type: ignore[misc]  # redis-py's union


@pytest.fixture
def bench(partition: Partition, take: Take) -> Bench:
    return Bench(partition, take)


def a_run(run_id: str = "r1", handler: str = "test.h") -> RunRecord:
    return RunRecord(run_id=run_id, handler=handler, change=CHANGE, queued_at=1)


async def returns(change: Change, ctx: Context) -> None: ...


async def sends_mail(change: Change, ctx: Context) -> None:
    await ctx.graph.mail.send("u1", {"subject": "hi"})


async def test_handler_that_returns_is_done(bench: Bench) -> None:
    await bench.queue(a_run())
    await bench.handling(returns)((await bench.take())[0])
    assert await bench.take() == []
    assert await bench.dead() == 0


async def test_failing_handler_is_tried_again_with_its_history(bench: Bench) -> None:
    async def fails(change: Change, ctx: Context) -> None:
        raise Retry("not yet", after=timedelta(0))

    await bench.queue(a_run())
    handling = bench.handling(fails)
    await handling((await bench.take())[0])
    (again,) = await bench.take()
    assert [attempt.error for attempt in again.attempts] == ["Retry: not yet"]
    assert again.crashes == 0


async def test_attempt_counts_from_one(bench: Bench) -> None:
    seen: list[tuple[int, str]] = []

    async def counts(change: Change, ctx: Context) -> None:
        seen.append((ctx.attempt, ctx.idempotency_key))
        if ctx.attempt < 3:
            raise Retry(after=0.0)

    await bench.queue(a_run())
    handling = bench.handling(counts)
    for _ in range(3):
        await handling((await bench.take())[0])
    assert [attempt for attempt, _ in seen] == [1, 2, 3]
    assert len({key for _, key in seen}) == 1


async def test_drop_ends_the_run_and_is_counted(bench: Bench) -> None:
    async def drops(change: Change, ctx: Context) -> None:
        raise Drop("a guest")

    await bench.queue(a_run())
    await bench.handling(drops)((await bench.take())[0])
    assert await bench.take() == []
    assert await bench.count("dropped:test.h") == 1


async def test_unknown_handler_is_parked_not_deleted(bench: Bench) -> None:
    await bench.queue(a_run(handler="test.gone"))
    await bench.handling(returns)((await bench.take())[0])
    reservation = await bench.partition.reserve({"runs": 1})
    assert reservation.next_due is not None
    assert reservation.next_due > timedelta(seconds=1)
    assert await bench.dead() == 0


async def test_run_that_kills_its_process_is_quarantined(bench: Bench) -> None:
    await bench.queue(a_run())
    for _ in range(3):
        (claim,) = await bench.take()
        redis = bench.partition.calls.redis
        await redis.zadd(bench.partition.keys.queue("runs"), {claim.job_id: 0})
    await bench.handling(returns)((await bench.take())[0])
    assert await bench.dead() == 1
    assert await bench.take() == []


async def test_forged_run_never_runs_and_the_next_one_does(bench: Bench) -> None:
    """Threat S17: who can write to Redis is not thereby an author of runs."""
    ran: list[str] = []

    async def notes(change: Change, ctx: Context) -> None:
        ran.append(change.id)

    await bench.queue(a_run("r1"), a_run("r2"))
    job_id = bench.partition.keys.run_job(Lane(tenant="t", kind="users", id="u1"), "test.h")
    key = bench.partition.keys.runs(job_id)
    await bench.partition.calls.redis.execute_command("LSET", key, 0, b"\x80\x04cos\nsystem\n.")
    handling = bench.handling(notes)
    await handling((await bench.take())[0])
    assert (ran, await bench.dead()) == ([], 1)
    await handling((await bench.take())[0])
    assert ran == ["u1"]


async def test_effect_of_a_failed_attempt_is_not_repeated(bench: Bench) -> None:
    async def sends_then_fails(change: Change, ctx: Context) -> None:
        await sends_mail(change, ctx)
        if ctx.attempt == 1:
            raise Retry(after=0.0)

    await bench.queue(a_run())
    handling = bench.handling(sends_then_fails)
    for _ in range(2):
        await handling((await bench.take())[0])
    assert len(bench.graph.writes) == 1


async def test_ended_run_with_effects_is_told_to_who_asks(bench: Bench) -> None:
    told: list[Change] = []

    async def listens(change: Change, ctx: Context) -> None:
        told.append(change)

    await bench.queue(a_run())
    handling = bench.handling(sends_mail, listens)
    await handling((await bench.take())[0])
    (own,) = await bench.take()
    await handling(own)
    (change,) = told
    assert change.after is not None
    assert change.after["handler"] == "test.h"
    assert [effect["what"] for effect in change.after["effects"]] == ["POST /users/u1/sendMail"]
    assert change.related == ("users/u1",)
    assert await bench.take() == [], "what tells of a run causes no further telling"


async def test_late_end_of_a_lost_lease_changes_nothing(bench: Bench) -> None:
    async def is_overtaken(change: Change, ctx: Context) -> None:
        key = bench.partition.keys.claim(claim.job_id)
        await bench.partition.calls.redis.set(key, "somebody else")

    await bench.queue(a_run())
    (claim,) = await bench.take()
    with pytest.raises(LeaseLost):
        await bench.handling(is_overtaken)(claim)


async def test_plain_end_leaves_no_note_and_any_other_one_does(bench: Bench) -> None:
    """What was dropped, or went wrong first, can be asked about."""
    await bench.queue(a_run())
    await bench.handling(returns)((await bench.take())[0])
    assert await bench.note() is None

    async def drops(change: Change, ctx: Context) -> None:
        raise Drop("a guest")

    await bench.queue(a_run())
    await bench.handling(drops)((await bench.take())[0])
    note = await bench.note()
    assert isinstance(note, Ended)
    assert (note.outcome, note.reason, note.run_id) == ("dropped", "a guest", "r1")


async def test_dead_letter_has_history_and_what_was_done(bench: Bench) -> None:
    async def sends_then_fails(change: Change, ctx: Context) -> None:
        await sends_mail(change, ctx)
        if ctx.attempt == 1:
            raise Retry(after=0.0)
        raise Invalid("never so", status=400)

    await bench.queue(a_run())
    handling = bench.handling(sends_then_fails)
    for _ in range(2):
        await handling((await bench.take())[0])
    (found,) = await find([bench.partition], Wanted())
    letter = found.letter
    assert letter.run == a_run()
    assert [attempt.number for attempt in letter.attempts] == [1]
    assert letter.reason == "Invalid: never so"
    await Settling([], who="x").retry(found)
    await handling((await bench.take())[0])
    assert len(bench.graph.writes) == 1, "retried, it does not repeat what it did"
    assert (await find([bench.partition], Wanted()))[0].letter.run is not None


async def test_replay_acts_again_under_the_first_idempotency_key(bench: Bench) -> None:
    keys: list[tuple[str, int]] = []

    async def fails(change: Change, ctx: Context) -> None:
        keys.append((ctx.idempotency_key, ctx.attempt))
        await sends_mail(change, ctx)
        raise Invalid("never so", status=400)

    await bench.queue(a_run())
    handling = bench.handling(fails)
    await handling((await bench.take())[0])
    (found,) = await find([bench.partition], Wanted())
    await Settling([], who="x").replay(found)
    await handling((await bench.take())[0])
    assert len(bench.graph.writes) == 2
    assert keys == [keys[0]] * 2


async def test_run_released_in_the_middle_goes_on_with_its_journal(bench: Bench) -> None:
    """SIGTERM: the next worker does not do again what was done before the release."""

    async def hangs(change: Change, ctx: Context) -> None:
        await sends_mail(change, ctx)
        raise asyncio.CancelledError

    await bench.queue(a_run())
    (claim,) = await bench.take()
    with pytest.raises(asyncio.CancelledError):
        await bench.handling(hangs)(claim)
    await bench.partition.release([claim.held])
    (again,) = await bench.take()
    assert (again.crashes, again.attempts) == (0, ())
    await bench.handling(sends_mail)(again)
    assert len(bench.graph.writes) == 1


async def test_run_of_a_newer_version_is_parked_not_deleted(bench: Bench) -> None:
    """L18: an old worker leaves what a new one wrote to a new one."""
    await bench.queue(msgspec.structs.replace(a_run(), version=2))
    await bench.handling(returns)((await bench.take())[0])
    assert (await bench.take(), await bench.dead()) == ([], 0)
    reservation = await bench.partition.reserve({"runs": 1})
    assert reservation.next_due is not None


async def test_run_sealed_with_another_root_secret_is_parked(bench: Bench) -> None:
    """A secret is rotated process by process."""
    await bench.queue(a_run())
    (claim,) = await bench.take()
    partition = bench.partition
    other = Sealer([b"n" * 32]).seal(b"x" * 40, partition.keys.runs(claim.job_id))
    key = partition.keys.runs(claim.job_id)
    await partition.calls.redis.execute_command("LSET", key, 0, other)
    await partition.release([claim.held])
    await bench.handling(returns)((await bench.take())[0])
    assert (await bench.take(), await bench.dead()) == ([], 0)


async def test_handler_that_calls_exit_ends_its_attempt_not_its_worker(bench: Bench) -> None:
    async def leaves(change: Change, ctx: Context) -> None:
        raise SystemExit(3)

    await bench.queue(a_run())
    await bench.handling(leaves)((await bench.take())[0])
    assert await bench.dead() == 0


async def test_l12_whatever_handlers_raise_each_run_is_done_or_a_dead_letter(bench: Bench) -> None:
    """Plain arq gives up at the first exception."""
    chance = random.Random(12)  # noqa: S311 (chance that can be repeated)
    ended: set[str] = set()

    async def fails_often(change: Change, ctx: Context) -> None:
        match chance.choice("dddddddrrrtx"):
            case "r":
                raise Retry(after=0.0)
            case "t":
                raise TimeoutError
            case "x":
                raise Invalid("never so", status=400)
        ended.add(change.id)

    changes = [msgspec.structs.replace(CHANGE, change_id=f"c{n}", id=f"u{n}") for n in range(200)]
    runs = [
        msgspec.structs.replace(a_run(f"r{n}"), change=change) for n, change in enumerate(changes)
    ]
    await bench.queue(*runs)
    handling = bench.handling(fails_often)
    redis, queue = bench.partition.calls.redis, bench.partition.keys.queue("runs")
    while await redis.zcard(queue):
        for job_id in await redis.zrange(queue, 0, -1):  # no test waits for a backoff
            await redis.zadd(queue, {job_id: 0})
        for claim in await bench.take():
            await handling(claim)
    dead = {found.letter.lane.split("/")[-1] for found in await find([bench.partition], Wanted())}
    assert dead
    assert ended | dead == {change.id for change in changes}
    assert not ended & dead
