"""One partition of the queue: claims work under a lease, and ends it by one fenced script each.

What the scripts do stands in `scripts/`; here their keys are declared and their answers typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import msgspec

from heliograph.errors import LeaseLost
from heliograph.lanes import Lane
from heliograph.queue.calls import Arg, Calls
from heliograph.queue.keys import QUEUES, Keys
from heliograph.queue.records import Attempt, DeadLetter, RunRecord, job
from heliograph.sealing import Sealer

HIDE = timedelta(milliseconds=500)
"""How long reserved work stays hidden until it is taken; a worker may die in between."""

Kind = Literal["look", "run"]

_attempts = msgspec.msgpack.Decoder(Attempt)
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Ids of due work by queue, and when (if ever) more of it will be due."""

    ids: Mapping[str, tuple[str, ...]]
    next_due: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Work that is ours while the lease holds.

    *work* is the waiting news of a look (sealed, by field), or the run at the head (sealed).
    *starts* counts this start too; a start that ended neither well nor badly was a crash.
    """

    partition: "Partition" = field(repr=False)
    job_id: str
    queue: str
    token: str
    record: bytes = field(repr=False)
    starts: int
    attempts: tuple[Attempt, ...]
    news: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    snapshot: bytes | None = field(default=None, repr=False)
    run: bytes | None = field(default=None, repr=False)

    @property
    def crashes(self) -> int:
        """How often a worker died over this work."""
        return self.starts - 1 - len(self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookEnd:
    """What one script writes when a look, or a piece of it, is told.

    *snapshot* None keeps the stored one. *fields* of the lane are trimmed. Only the *last* piece
    gives the lane back.
    """

    fields: Sequence[bytes] = ()
    snapshot: bytes | None = None
    runs: Sequence[RunRecord] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    dead: tuple[str, DeadLetter] | None = None
    last: bool = True


class Partition:
    """The scripts of one partition, on one Redis."""

    def __init__(self, calls: Calls, sealer: Sealer, *, index: int = 0) -> None:
        self.keys = Keys(index)
        self.calls = calls
        self.sealer = sealer

    # -- claiming ------------------------------------------------------------------------------

    async def reserve(self, most: Mapping[str, int]) -> Reservation:
        """Due work, at most *most* of each queue; it must be taken at once, or it comes back."""
        hide = int(HIDE.total_seconds() * 1000)
        answer = await self.calls(
            "reserve",
            [self.keys.wake, *(self.keys.queue(name) for name in QUEUES)],
            [hide, *(most.get(name, 0) for name in QUEUES)],
        )
        ids = {
            name: tuple(job_id.decode() for job_id in found)
            for name, found in zip(QUEUES, answer[1:], strict=True)
        }
        next_due = timedelta(milliseconds=answer[0]) if answer[0] >= 0 else None
        return Reservation(ids=ids, next_due=next_due)

    async def take(
        self, reserved: Mapping[str, Sequence[str]], *, worker: str, lease: timedelta
    ) -> list[Claim]:
        """Claims on what was *reserved*, less what somebody else was quicker to take."""
        wanted = [(queue, job_id) for queue, ids in reserved.items() for job_id in ids]
        if not wanted:
            return []
        keys = [self.keys.fence]
        args: list[Arg] = [int(lease.total_seconds() * 1000), worker]
        for queue, job_id in wanted:
            keys += self._claim_keys(queue, job_id)
            args += [job_id, "run" if queue == "runs" else "look"]
        token, *taken = await self.calls("take", keys, args)
        return [
            self._claim(queue, job_id, token.decode(), answer)
            for (queue, job_id), answer in zip(wanted, taken, strict=True)
            if answer
        ]

    def _claim_keys(self, queue: str, job_id: str) -> list[str]:
        keys = self.keys
        work = keys.runs(job_id) if queue == "runs" else keys.news(job_id)
        return [
            keys.queue(queue),
            keys.claim(job_id),
            keys.job(job_id),
            keys.starts(job_id),
            work,
            keys.snapshot(job_id),
            keys.attempts(job_id),
        ]

    def _claim(self, queue: str, job_id: str, token: str, answer: Sequence[Any]) -> Claim:
        record, starts, work, snapshot, attempts = answer
        is_run = queue == "runs"
        return Claim(
            partition=self,
            job_id=job_id,
            queue=queue,
            token=token,
            record=record,
            starts=starts,
            attempts=tuple(_attempts.decode(attempt) for attempt in attempts),
            news={} if is_run else dict(zip(work[::2], work[1::2], strict=True)),
            snapshot=snapshot,
            run=work if is_run else None,
        )

    # -- ending --------------------------------------------------------------------------------

    async def end_look(self, claim: Claim, end: LookEnd) -> None:
        """Writes what a look told. Raises LeaseLost, and writes nothing, when it came too late."""
        keys = self.keys
        job_id = claim.job_id
        run_keys, run_args = self._queue_runs(end.runs)
        names = [
            *(keys.queue(claim.queue), keys.claim(job_id), keys.job(job_id)),
            *(keys.starts(job_id), keys.news(job_id), keys.snapshot(job_id)),
            *(keys.attempts(job_id), keys.wake, keys.counts, keys.dead, keys.queue("runs")),
        ]
        place = keys.snapshot(job_id)
        args: list[Arg] = [claim.token, job_id, int(end.last)]
        args += [self.sealer.seal(end.snapshot, place) if end.snapshot else ""]
        args += [*self._dead(end.dead), len(end.fields), *end.fields, *_counters(end.counts)]
        await self._fenced("commit_look", [*names, *run_keys], [*args, *run_args])

    async def end_run(
        self,
        claim: Claim,
        run_id: str,
        *,
        tell: Sequence[RunRecord] = (),
        counts: Mapping[str, int] | None = None,
        dead: DeadLetter | None = None,
    ) -> None:
        """Ends the run at the head of its lane, and queues the runs that *tell* of it."""
        keys = self.keys
        job_id = claim.job_id
        run_keys, run_args = self._queue_runs(tell)
        names = [
            *(keys.queue(claim.queue), keys.claim(job_id), keys.job(job_id)),
            *(keys.starts(job_id), keys.runs(job_id), keys.attempts(job_id)),
            *(keys.journal(run_id), keys.wake, keys.counts, keys.dead, keys.queue("runs")),
        ]
        args: list[Arg] = [claim.token, job_id, *self._dead((run_id, dead) if dead else None)]
        args += _counters(counts or {})
        await self._fenced("end_run", [*names, *run_keys], [*args, *run_args])

    async def try_again(self, claim: Claim, *, after: timedelta, attempt: Attempt) -> None:
        """Leaves the work in its lane; the lane is held until then."""
        keys = self.keys
        await self._fenced(
            "again",
            [
                *(keys.queue(claim.queue), keys.claim(claim.job_id)),
                *(keys.attempts(claim.job_id), keys.wake),
            ],
            [claim.token, claim.job_id, int(after.total_seconds() * 1000), _encode(attempt)],
        )

    async def release(self, claims: Iterable[Claim]) -> None:
        """Gives claims back untouched: due at once, and no try is burnt."""
        keys = [self.keys.wake]
        args: list[Arg] = []
        for claim in claims:
            job_id = claim.job_id
            keys += [
                self.keys.queue(claim.queue),
                self.keys.claim(job_id),
                self.keys.starts(job_id),
            ]
            args += [claim.token, job_id]
        if args:
            await self.calls("release", keys, args)

    async def store_baseline(self, snapshots: Mapping[Lane, bytes]) -> int:
        """Stores first snapshots, none over one that is there; how many were stored."""
        if not snapshots:
            return 0
        places = {
            self.keys.snapshot(self.keys.look_job(lane)): snapshot
            for lane, snapshot in snapshots.items()
        }
        sealed = [self.sealer.seal(snapshot, place) for place, snapshot in places.items()]
        return int(await self.calls("baseline", list(places), sealed))

    async def read_counts(self) -> dict[str, int]:
        """What this partition has counted since its first start, by counter."""
        pairs = await self.calls("read_hash", [self.keys.counts], [])
        return {
            name.decode(): int(count) for name, count in zip(pairs[::2], pairs[1::2], strict=True)
        }

    # -- the journal of a run ------------------------------------------------------------------

    async def read_journal(self, run_id: str) -> dict[str, bytes]:
        """The entries of a run's journal, opened, by their key."""
        place = self.keys.journal(run_id)
        sealed = await self.calls("read_hash", [place], [])
        pairs = zip(sealed[::2], sealed[1::2], strict=True)
        return {key.decode(): self.sealer.open(entry, place) for key, entry in pairs}

    async def write_journal(self, claim: Claim, run_id: str, key: str, entry: bytes) -> None:
        """Enters one line, while the lease holds. Raises LeaseLost otherwise."""
        place = self.keys.journal(run_id)
        await self._fenced(
            "journal",
            [self.keys.claim(claim.job_id), place],
            [claim.token, key, self.sealer.seal(entry, place)],
        )

    # -- sealing -------------------------------------------------------------------------------

    def open_run(self, claim: Claim) -> RunRecord:
        """The run that is claimed. Raises SealBroken or msgspec.MsgspecError for a foreign one."""
        place = self.keys.runs(claim.job_id)
        return _runs.decode(self.sealer.open(claim.run or b"", place))

    def _queue_runs(self, runs: Sequence[RunRecord]) -> tuple[list[str], list[Arg]]:
        keys: list[str] = []
        args: list[Arg] = []
        for run in runs:
            job_id = self.keys.run_job(run.change.lane, run.handler)
            place = self.keys.runs(job_id)
            keys += [self.keys.job(job_id), place]
            record = job("handle", run.handler, run.change.lane.name, at=run.queued_at)
            args += [job_id, record, self.sealer.seal(_encode(run), place)]
        return keys, args

    def _dead(self, dead: tuple[str, DeadLetter] | None) -> tuple[Arg, Arg]:
        if dead is None:
            return "", ""
        letter_id, letter = dead
        return letter_id, self.sealer.seal(_encode(letter), f"{self.keys.dead}:{letter_id}")

    async def _fenced(self, name: str, keys: Sequence[str], args: Sequence[Arg]) -> None:
        if not await self.calls(name, keys, args):
            raise LeaseLost(f"expected our lease in {name}, found it taken over")


_runs = msgspec.msgpack.Decoder(RunRecord)


def look_record(lane: Lane, at: int) -> bytes:
    """The job of a look: the lane's name stands here, and nowhere else in Redis."""
    return job("observe", lane.name, at=at)


def _counters(counts: Mapping[str, int]) -> list[Arg]:
    args: list[Arg] = [len(counts)]
    for counter, by in counts.items():
        args += [counter, by]
    return args
