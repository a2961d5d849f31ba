"""Why a handler ran or did not run for a change; and the wish that it tries again now."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from heliograph.lanes import Lane
from heliograph.queue.fanout import run_id
from heliograph.queue.partition import Partition
from heliograph.queue.recent import read_note, waiting_runs
from heliograph.queue.records import (
    Attempt,
    Ended,
    RunRecord,
    Told,
    note_of_change,
    note_of_run,
)
from heliograph.registrations import asking

State = Literal["unknown", "skipped", "waiting", "at_work", "done", "ended"]

FORGOTTEN = "nothing is remembered of this change: it was never told, or is older than the notes"

_attempts = msgspec.msgpack.Decoder(Attempt)
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What has become of a change at a handler."""

    state: State
    says: str
    run_id: str
    attempts: tuple[Attempt, ...] = ()


async def why(partitions: Sequence[Partition], change_id: str, handler: str) -> Why:
    """What has become of the change at *handler*. Raises QueueUnavailable."""
    run = run_id(change_id, handler)
    for partition in partitions:
        told = await read_note(partition, note_of_change(change_id))
        ended = await read_note(partition, note_of_run(run))
        if isinstance(told, Told):
            reason = _skipped(told, handler)
            if reason is not None:
                return Why(state="skipped", says=reason, run_id=run)
            if waiting := await _waiting(partition, Lane.from_name(told.lane), handler, run):
                return waiting
        if isinstance(ended, Ended):
            says = ", ".join(filter(None, (ended.outcome, ended.reason)))
            return Why(state="ended", says=says, run_id=ended.run_id)
        if told is not None:
            return Why(state="done", says="done at the first attempt", run_id=run)
    return Why(state="unknown", says=FORGOTTEN, run_id=run)


def _skipped(told: Told, handler: str) -> str | None:
    if handler in told.queued:
        return None
    if handler in told.skipped:
        return f"the handler's filter {told.skipped[handler]!r} said no"
    return "the handler asks for changes of another kind, or was not loaded"


async def _waiting(partition: Partition, lane: Lane, handler: str, run: str) -> Why | None:
    """Whether the run, or a replay of it, waits in its lane, and behind what."""
    job_id = partition.keys.run_job(lane, handler)
    waiting = await waiting_runs(partition, job_id)
    place = next((place for place, one in enumerate(waiting) if one.root == run), None)
    if place is None:
        return None
    if place:
        says = f"waits behind {place} earlier runs of its lane"
        return Why(state="waiting", says=says, run_id=waiting[place].run_id)
    return await _at_the_head(partition, job_id, waiting[0])


async def _at_the_head(partition: Partition, job_id: str, run: RunRecord) -> Why:
    keys, redis = partition.keys, partition.calls.redis
    attempts = await _read_attempts(partition, job_id)
    with asking():
        token: bytes | None = await redis.get(keys.claim(job_id))
        due = await redis.zscore(keys.queue("runs"), job_id)
        seconds, micros = await redis.time()
    if token is not None:
        worker = token.decode().lstrip("?").rsplit(":", 2)[0]
        says = f"at work by {worker}"
        return Why(state="at_work", says=says, run_id=run.run_id, attempts=attempts)
    left = round((due or 0) / 1_000 - seconds - micros / 1_000_000)
    due_in = f"due in {left} s" if left > 0 else "due now"
    says = f"{due_in}, after {attempts[-1].error}" if attempts else due_in
    return Why(state="waiting", says=says, run_id=run.run_id, attempts=attempts)


async def hurry(partitions: Sequence[Partition], change_id: str, handler: str, *, who: str) -> str:
    """Makes a run that waits for its next attempt due now; says what came of it.

    The attempt uses up nothing of the run's schedule. Raises QueueUnavailable.
    """
    for partition in partitions:
        told = await read_note(partition, note_of_change(change_id))
        if isinstance(told, Told):
            job_id = partition.keys.run_job(Lane.from_name(told.lane), handler)
            return await _hurry(partition, job_id, run_id(change_id, handler), who)
    return FORGOTTEN


async def _hurry(partition: Partition, job_id: str, run: str, who: str) -> str:
    waiting = await waiting_runs(partition, job_id)
    if not waiting or waiting[0].root != run:
        return "it is not the next of its lane"
    attempts = await _read_attempts(partition, job_id)
    wish = Attempt(
        at=time.time_ns() // 1_000_000,
        error=f"asked for by {who}",
        number=attempts[-1].number if attempts else 0,
        what="manual",
    )
    keys = partition.keys
    names = [keys.queue("runs"), keys.claim(job_id), keys.attempts(job_id), keys.wake]
    answer = await partition.calls("hurry", names, [job_id, _encode(wish)])
    return {1: "due now", -1: "it is at work"}.get(answer, "it does not wait any more")


async def _read_attempts(partition: Partition, job_id: str) -> tuple[Attempt, ...]:
    with asking():
        raw: list[bytes] = await partition.calls.redis.execute_command(
            "LRANGE", partition.keys.attempts(job_id), 0, -1
        )
    return tuple(_attempts.decode(attempt) for attempt in raw)
