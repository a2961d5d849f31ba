"""One partition of the queue: claims work under a lease, and ends it by one fenced script each.

What the scripts do stands in `scripts/`; here their keys are declared and their answers typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec

from heliograph.errors import LeaseLost
from heliograph.lanes import Lane
from heliograph.queue.calls import Arg, Calls
from heliograph.queue.claims import SUSPECT_AFTER, Claim, Reservation, read_claim
from heliograph.queue.ends import End, LookEnd, additions
from heliograph.queue.keys import QUEUES, Keys
from heliograph.queue.records import Attempt, RunRecord, read_run
from heliograph.sealing import Sealer

HIDE = timedelta(milliseconds=500)
"""How long reserved work stays hidden until it is taken; a worker may die in between."""

LANE_HOLDS = 256
"""Items that wait in one lane; further hints about one resource tell nothing new."""

ATTEMPTS_KEPT = 32
"""Of the history of one work: the first attempt, and the newest."""

Held = tuple[str, str, str]
"""Queue, job id and the token that it is claimed by."""

_encode = msgspec.msgpack.Encoder().encode


class Partition:
    """The scripts of one partition, on one Redis."""

    def __init__(self, calls: Calls, sealer: Sealer, *, index: int = 0) -> None:
        self.keys = Keys(index)
        self.calls = calls
        self.sealer = sealer

    # -- claiming ------------------------------------------------------------------------------

    async def reserve(self, most: Mapping[str, int]) -> Reservation:
        """Due work, at most *most* of each queue; it must be taken at once, or it comes back."""
        next_due, mark, *ids = await self.calls(
            "reserve",
            [self.keys.wake, *(self.keys.queue(name) for name in QUEUES)],
            [_milliseconds(HIDE), *(most.get(name, 0) for name in QUEUES)],
        )
        return Reservation(
            ids={
                name: tuple(job_id.decode() for job_id in found)
                for name, found in zip(QUEUES, ids, strict=True)
            },
            mark=mark,
            next_due=timedelta(milliseconds=next_due) if next_due >= 0 else None,
        )

    async def take(self, reservation: Reservation, *, token: str, lease: timedelta) -> list[Claim]:
        """Claims on what is reserved, less what somebody else was quicker to take.

        *token* must be new: who does not hear the answer can still `release` by it.
        """
        if not reservation.jobs:
            return []
        keys = [self.keys.fence, self.keys.counts]
        args: list[Arg] = [token, _milliseconds(lease), LANE_HOLDS, SUSPECT_AFTER]
        for queue, job_id in reservation.jobs:
            keys += [*self._job_keys(queue, job_id), *self._work_keys(queue, job_id)]
            args += [job_id, reservation.mark, QUEUES[queue]]
        fence, *taken = await self.calls("take", keys, args)
        return [
            read_claim(self, queue, job_id, token, fence, answer)
            for (queue, job_id), answer in zip(reservation.jobs, taken, strict=True)
            if answer
        ]

    async def begin(self, claim: Claim) -> None:
        """Begins the work of a suspect. Raises LeaseLost when it came too late."""
        await self._fenced("begin", [self.keys.claim(claim.job_id)], [claim.token])

    async def release(self, held: Iterable[Held]) -> int:
        """Gives work back untouched; how much of it was still *held* by its token."""
        keys = [self.keys.wake]
        args: list[Arg] = []
        for queue, job_id, token in held:
            keys += [self.keys.queue(queue), self.keys.claim(job_id)]
            args += [token, job_id]
        return int(await self.calls("release", keys, args)) if args else 0

    # -- ending --------------------------------------------------------------------------------

    async def end_look(self, claim: Claim, end: LookEnd) -> None:
        """Writes what a look told. Raises LeaseLost, and writes nothing, when it came too late."""
        place = self.keys.snapshot(claim.job_id)
        snapshot = self.sealer.seal(end.snapshot, place) if end.snapshot else ""
        piece = "" if end.piece is None else end.piece
        await self._end("commit_look", claim, end, [piece, snapshot])

    async def end_run(self, claim: Claim, end: End) -> None:
        """Ends the run at the head of its lane."""
        await self._end("end_run", claim, end)

    async def end_function(
        self, claim: Claim, end: End, *, result: bytes = b"", keep: timedelta = timedelta()
    ) -> None:
        """Ends a plain arq function; its *result* is there for arq's client as long as *keep*."""
        await self._end("end_function", claim, end, [result, _milliseconds(keep)])

    async def try_again(self, claim: Claim, *, after: timedelta, attempt: Attempt) -> None:
        """Leaves the work in its lane; the lane is held until then."""
        keys, job_id = self.keys, claim.job_id
        names = [keys.queue(claim.queue), keys.claim(job_id), keys.attempts(job_id), keys.wake]
        args: list[Arg] = [claim.token, job_id, _milliseconds(after), _encode(attempt)]
        await self._fenced("again", names, [*args, ATTEMPTS_KEPT])

    async def _end(self, script: str, claim: Claim, end: End, args: Sequence[Arg] = ()) -> None:
        names, more = additions(end, self.keys, self.sealer)
        own = [
            *self._job_keys(claim.queue, claim.job_id),
            *self._work_keys(claim.queue, claim.job_id),
        ]
        if claim.kind == "function":
            own.append(self.keys.result(claim.job_id))
        await self._fenced(
            script, [*own, *self.keys.common, *names], [claim.token, claim.job_id, *args, *more]
        )

    def _job_keys(self, queue: str, job_id: str) -> list[str]:
        keys = self.keys
        return [
            *(keys.queue(queue), keys.claim(job_id), keys.job(job_id)),
            *(keys.crashes(job_id), keys.attempts(job_id)),
        ]

    def _work_keys(self, queue: str, job_id: str) -> list[str]:
        keys = self.keys
        match QUEUES[queue]:
            case "look":
                return [keys.news(job_id), keys.looking(job_id), keys.snapshot(job_id)]
            case "run":
                return [keys.runs(job_id), keys.journal(job_id)]
            case _:
                return []

    async def _fenced(self, name: str, keys: Sequence[str], args: Sequence[Arg]) -> None:
        if not await self.calls(name, keys, args):
            raise LeaseLost(f"expected our lease in {name}, found it taken over")

    # -- the run at work -----------------------------------------------------------------------

    def open_run(self, claim: Claim) -> RunRecord:
        """The run that is claimed.

        Raises RecordUnknown for one of a newer worker, SealBroken or msgspec.MsgspecError for one
        that is not ours.
        """
        return read_run(self.sealer.open(claim.run, self.keys.runs(claim.job_id)))

    def open_journal(self, claim: Claim, run: RunRecord) -> dict[str, bytes]:
        """What earlier attempts of *run* entered, by key. Raises SealBroken."""
        place = self._journal_place(claim, run)
        entries = {key.decode(): self.sealer.open(e, place) for key, e in claim.journal.items()}
        return run.journal | entries

    async def write_journal(self, claim: Claim, run: RunRecord, key: str, entry: bytes) -> None:
        """Enters one line, while the lease holds. Raises LeaseLost otherwise."""
        names = [self.keys.claim(claim.job_id), self.keys.journal(claim.job_id)]
        sealed = self.sealer.seal(entry, self._journal_place(claim, run))
        await self._fenced("journal", names, [claim.token, key, sealed])

    def _journal_place(self, claim: Claim, run: RunRecord) -> str:
        return f"{self.keys.journal(claim.job_id)}:{run.run_id}"

    # -- besides -------------------------------------------------------------------------------

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


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
