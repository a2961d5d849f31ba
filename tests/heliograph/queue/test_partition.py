"""Lanes on a real Redis: stored once, claimed by one, ended by whom the lease still belongs to."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from heliograph.errors import LeaseLost, SealBroken
from heliograph.lanes import Lane
from heliograph.queue.claims import Claim
from heliograph.queue.ends import End, LookEnd
from heliograph.queue.intake import TELL_REFUSALS_AFTER, Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import Attempt, DeadLetter, RunRecord

LEASE = timedelta(seconds=5)
NUMBERS = itertools.count()
ALL = {"lifecycle": 10, "looks": 10, "runs": 10}

AnArrival = Callable[..., Arrival]
ARun = Callable[..., RunRecord]


async def claim(partition: Partition, worker: str = "w", lease: timedelta = LEASE) -> list[Claim]:
    reservation = await partition.reserve(ALL)
    return await partition.take(reservation, token=f"{worker}:{next(NUMBERS)}", lease=lease)


async def keys_of(partition: Partition) -> set[str]:
    """All keys but the buckets, which run out by themselves within moments."""
    redis = partition.calls.redis
    return {key.decode() async for key in redis.scan_iter() if b":bucket:" not in key}


async def test_stored_news_is_claimed_with_its_lane(
    partition: Partition, an_arrival: AnArrival
) -> None:
    await Intake([partition]).store([an_arrival("u1"), an_arrival("u2")])
    claims = await claim(partition)
    assert len(claims) == 2
    assert all(len(one.news) == 1 and one.snapshot is None and one.crashes == 0 for one in claims)


async def test_equal_news_collapses_only_while_it_waits(
    partition: Partition, an_arrival: AnArrival
) -> None:
    """During a look and after it an equal body is news: real ones repeat byte for byte."""
    intake = Intake([partition])
    await intake.store([an_arrival(), an_arrival(received_at=2_000)])
    await intake.store([an_arrival(received_at=3_000)])
    (first,) = await claim(partition)
    assert len(first.news) == 1
    await intake.store([an_arrival(received_at=4_000)])
    await partition.end_look(first, LookEnd())
    (second,) = await claim(partition)
    assert len(second.news) == 1
    await partition.end_look(second, LookEnd())
    await intake.store([an_arrival(received_at=5_000)])
    assert len(await claim(partition)) == 1


async def test_news_during_a_look_keeps_the_lane_queued(
    partition: Partition, an_arrival: AnArrival
) -> None:
    intake = Intake([partition])
    await intake.store([an_arrival(change_type="updated")])
    (first,) = await claim(partition)
    await intake.store([an_arrival(change_type="deleted")])
    assert not await claim(partition), "a second worker must not touch a lane at work"
    await partition.end_look(first, LookEnd())
    (second,) = await claim(partition)
    assert len(second.news) == 1


async def test_nothing_is_left_of_a_lane_whose_work_is_done(
    partition: Partition, an_arrival: AnArrival
) -> None:
    await Intake([partition]).store([an_arrival()])
    (one,) = await claim(partition)
    await partition.end_look(one, LookEnd())
    assert await keys_of(partition) <= {partition.keys.fence, partition.keys.wake}


async def test_look_stores_snapshot_and_runs_in_one_go(
    partition: Partition, an_arrival: AnArrival, a_run: ARun
) -> None:
    await Intake([partition]).store([an_arrival()])
    (look,) = await claim(partition)
    end = LookEnd(snapshot=b"state", runs=[a_run("r1"), a_run("r2")])
    await partition.end_look(look, end)
    (run,) = await claim(partition)
    assert partition.open_run(run) == a_run("r1")
    await partition.end_run(run, End())
    (following,) = await claim(partition)
    assert partition.open_run(following) == a_run("r2")
    await Intake([partition]).store([an_arrival()])
    (again,) = [one for one in await claim(partition) if one.queue == "looks"]
    place = partition.keys.snapshot(again.job_id)
    assert partition.sealer.open(again.snapshot or b"", place) == b"state"


async def test_runs_of_two_handlers_do_not_hold_each_other_up(
    partition: Partition, an_arrival: AnArrival, a_run: ARun
) -> None:
    await Intake([partition]).store([an_arrival()])
    (look,) = await claim(partition)
    runs = [a_run("r1", handler="slow"), a_run("r2", handler="quick")]
    await partition.end_look(look, LookEnd(runs=runs))
    assert {partition.open_run(one).handler for one in await claim(partition)} == {"slow", "quick"}


async def test_late_end_of_a_lost_lease_writes_nothing(
    partition: Partition, an_arrival: AnArrival, a_run: ARun
) -> None:
    await Intake([partition]).store([an_arrival()])
    (lost,) = await claim(partition, "frozen", timedelta(milliseconds=1))
    takeover: list[Claim] = []
    while not takeover:
        takeover = await claim(partition, "other")
    before = await keys_of(partition)
    with pytest.raises(LeaseLost):
        await partition.end_look(lost, LookEnd(snapshot=b"stale", runs=[a_run()]))
    assert await keys_of(partition) == before
    await partition.end_look(takeover[0], LookEnd())


async def test_start_that_never_ended_counts_as_a_crash(
    partition: Partition, an_arrival: AnArrival
) -> None:
    await Intake([partition]).store([an_arrival()])
    (first,) = await claim(partition, lease=timedelta(milliseconds=1))
    assert first.crashes == 0
    found: list[Claim] = []
    while not found:
        found = await claim(partition)
    assert found[0].crashes == 1


async def test_failed_attempt_is_kept_and_is_no_crash(
    partition: Partition, an_arrival: AnArrival
) -> None:
    await Intake([partition]).store([an_arrival()])
    (one,) = await claim(partition)
    attempt = Attempt(at=1, error="Boom: no")
    await partition.try_again(one, after=timedelta(0), attempt=attempt)
    (again,) = await claim(partition)
    assert (again.attempts, again.crashes) == ((attempt,), 0)


async def test_backoff_holds_the_lane(partition: Partition, an_arrival: AnArrival) -> None:
    intake = Intake([partition])
    await intake.store([an_arrival()])
    (one,) = await claim(partition)
    await partition.try_again(one, after=timedelta(hours=1), attempt=Attempt(at=1, error="x"))
    await intake.store([an_arrival(change_type="deleted")])
    reservation = await partition.reserve(ALL)
    assert not any(reservation.ids.values())
    assert reservation.next_due is not None
    assert timedelta(minutes=59) < reservation.next_due <= timedelta(hours=1)


async def test_released_work_is_due_at_once_and_burns_no_try(
    partition: Partition, an_arrival: AnArrival
) -> None:
    await Intake([partition]).store([an_arrival()])
    claims = await claim(partition)
    assert await partition.release([one.held for one in claims]) == 1
    (again,) = await claim(partition)
    assert (again.crashes, again.attempts) == (0, ())


async def test_journal_is_refused_once_the_lease_is_lost(
    partition: Partition, an_arrival: AnArrival, a_run: ARun
) -> None:
    await Intake([partition]).store([an_arrival()])
    (look,) = await claim(partition)
    await partition.end_look(look, LookEnd(runs=[a_run()]))
    (one,) = await claim(partition)
    await partition.write_journal(one, a_run(), "step a", b"entry")
    await partition.release([one.held])
    with pytest.raises(LeaseLost):
        await partition.write_journal(one, a_run(), "step b", b"entry")
    (again,) = await claim(partition)
    assert partition.open_journal(again, a_run()) == {"step a": b"entry"}
    with pytest.raises(SealBroken):
        partition.open_journal(again, a_run("another"))


async def test_dead_letter_lies_sealed_and_frees_the_lane(
    partition: Partition, an_arrival: AnArrival, a_run: ARun
) -> None:
    await Intake([partition]).store([an_arrival()])
    (look,) = await claim(partition)
    await partition.end_look(look, LookEnd(runs=[a_run("r1")]))
    (run,) = await claim(partition)
    letter = DeadLetter(
        queue="runs",
        job_id=run.job_id,
        record=run.record,
        lane="t/users/u1",
        reason="Boom",
        died_at=1,
        run=a_run("r1"),
    )
    await partition.end_run(run, End(dead=letter))
    sealed = await partition.calls.redis.hget(partition.keys.dead, "r1")  # type: ignore[misc]  # redis-py's union
    assert b"users" not in sealed
    assert not await claim(partition)


async def test_run_that_redis_was_made_to_hold_is_not_ours(
    partition: Partition, an_arrival: AnArrival, a_run: ARun
) -> None:
    """Who can write to Redis is not thereby an author of runs."""
    await Intake([partition]).store([an_arrival()])
    (look,) = await claim(partition)
    await partition.end_look(look, LookEnd(runs=[a_run("r1")]))
    job_id = partition.keys.run_job(Lane(tenant="t", kind="users", id="u1"), "h")
    await partition.calls.redis.execute_command("LSET", partition.keys.runs(job_id), 0, b"\x80\x04")
    (run,) = await claim(partition)
    with pytest.raises(SealBroken):
        partition.open_run(run)


async def test_refused_news_is_counted_and_never_enters(
    partition: Partition, an_arrival: AnArrival
) -> None:
    genuine = an_arrival()
    forged = Arrival(lane=genuine.lane, news=genuine.news, refused="client_state")
    await Intake([partition]).store([forged, forged])
    assert await partition.read_counts() == {"refused:client_state": 2}
    assert not await partition.calls.redis.exists(
        partition.keys.news(partition.keys.look_job(genuine.lane))
    )


async def test_refusals_are_told_in_sum_and_later(
    partition: Partition, an_arrival: AnArrival
) -> None:
    """A flood of forgeries is one look at our own counters, not one for each."""
    genuine = an_arrival()
    forged = Arrival(lane=genuine.lane, news=genuine.news, refused="client_state")
    intake = Intake([partition])
    for _ in range(5):
        await intake.store([forged])
    reservation = await partition.reserve(ALL)
    assert not any(reservation.ids.values())
    assert reservation.next_due is not None
    assert timedelta(seconds=5) < reservation.next_due <= TELL_REFUSALS_AFTER
    queued = await partition.calls.redis.zcard(partition.keys.queue("looks"))
    assert queued == 1


async def test_lane_holds_a_bounded_number_of_hints(
    partition: Partition, an_arrival: AnArrival
) -> None:
    intake = Intake([partition])
    for start in range(0, 400, 100):
        await intake.store([an_arrival(notification_id=str(n)) for n in range(start, start + 100)])
    (one,) = await claim(partition)
    assert (len(one.news), one.has_more) == (256, True)
    await partition.end_look(one, LookEnd())
    assert not await claim(partition)


async def test_lifecycle_has_a_queue_of_its_own(
    partition: Partition, an_arrival: AnArrival
) -> None:
    plain = an_arrival()
    await Intake([partition]).store([Arrival(lane=plain.lane, news=plain.news, urgent=True)])
    (one,) = await claim(partition)
    assert one.queue == "lifecycle"
