"""Workers as the simulation sees them: they use a partition as ours do, one call after the other."""

import struct
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.queue.claims import Claim
from heliograph.queue.ends import End, LookEnd
from heliograph.queue.heartbeat import beat_call
from heliograph.queue.records import Attempt, DeadLetter, RunRecord, deserialize
from tests.heliograph.queue.simulation.clockwork import Call, sleep
from tests.heliograph.queue.simulation.world import (
    HANDLERS,
    LEASE,
    POISON,
    Killed,
    Part,
    Process,
    World,
    a_change,
    persist,
)

QUARANTINE_AFTER = 3
FRESH = 1_000


@dataclass
class History:
    """What happened in Redis, whether or not anybody heard of it."""

    observed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    effects: Counter[str] = field(default_factory=Counter)
    recorded: set[str] = field(default_factory=set)
    repeated: list[str] = field(default_factory=list)
    ended: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    died: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The tokens of claims over which a process died, or was cut off for long."""
    died_alone: set[str] = field(default_factory=set)
    quarantined: list[str] = field(default_factory=list)


class Workers:
    """Worker processes in a world; a supervisor starts a new one for each that died."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.history = History()
        self.processes: list[Process] = []
        self.handlers = (*HANDLERS, POISON) if world.plan.poison else HANDLERS
        self._intents: dict[tuple[str, str], Callable[[], None]] = {}
        world.witness = self._witness
        world.mourn = self._mourn

    def _witness(self, call: Call, answer: Any) -> None:
        """Notes what a claim's owner meant to write, once it is written."""
        at = {"commit_look": 1, "end_run": 1, "journal": 0}.get(call.name)
        if at is not None and answer == 1:
            self._intents[call.keys[at], str(call.args[0])]()

    def _intend(self, claim: Claim, note: Callable[[], None]) -> None:
        self._intents[claim.partition.keys.claim(claim.job_id), claim.token] = note

    def start(self) -> None:
        process = Process(f"w{len(self.processes)}")
        self.processes.append(process)
        self.world.start(self._serve(process), Part(process))
        self.world.start(self._beat(process), Part(process))
        self.world.start(self._watch(process))

    async def _watch(self, process: Process) -> None:
        """Starts another process when this one is gone."""
        while process.is_alive:
            await sleep(200)
        await sleep(self.world.chance.randint(100, 2_000))
        self.start()

    def _mourn(self, process: Process) -> None:
        """Notes over which work a process dies, or is cut off for long, heard of or not."""
        client = self.world.clockwork.client
        for key in client.scan_iter(match="arq:in-progress:*", count=1000):
            token = str(client.get(key))
            if token.startswith(f"b'{process.name}:"):
                job_id = key.decode().removeprefix("arq:in-progress:")
                self.history.died[job_id].add(token)
                if process.alone == job_id:
                    self.history.died_alone.add(job_id)

    async def _beat(self, process: Process) -> None:
        partition = self.world.partition
        pause = int(LEASE.total_seconds() * 1000 / 3)
        while True:
            claims = list(process.claims.values())
            keys, args = beat_call(partition, claims, worker=process.name, lease=LEASE)
            try:
                for job_id in await partition.calls("beat", keys, args):
                    process.claims.pop(job_id.decode(), None)
            except QueueUnavailable:
                await sleep(200)
            else:
                await sleep(pause)

    async def _serve(self, process: Process) -> None:
        world, partition = self.world, self.world.partition
        unsure: list[tuple[str, str, str]] = []
        while not process.is_stopping:
            if process.suspects or process.together >= 3:
                await sleep(20)
                continue
            token = world.next_token(process.name)
            taking: list[tuple[str, str, str]] = []
            try:
                await partition.release(unsure)
                unsure = []
                reservation = await partition.reserve({"looks": 2, "runs": 2})
                taking = [(*job, token) for job in reservation.jobs]
                claims = await partition.take(reservation, token=token, lease=LEASE)
            except QueueUnavailable:
                unsure += taking
                await sleep(100)
                continue
            for claim in claims:
                process.claims[claim.job_id] = claim
                world.start(self._work(process, claim), Part(process, is_hand=True))
            if not claims:
                await sleep(world.chance.randint(50, 1_000))
        await self._stop(process, unsure)

    async def _stop(self, process: Process, unsure: list[tuple[str, str, str]]) -> None:
        """SIGTERM with little grace: what is left is given back."""
        await sleep(self.world.chance.randint(0, 100))
        process.has_hands = False
        held = [*unsure, *(claim.held for claim in process.claims.values())]
        await persist(lambda: self.world.partition.release(held))
        process.is_alive = False

    async def _work(self, process: Process, claim: Claim) -> None:
        try:
            if not claim.is_suspect:
                process.together += 1
                await self._do(process, claim)
                return
            process.suspects += 1
            while process.together or process.alone:
                await sleep(20)
            process.alone = claim.job_id
            if await persist(lambda: self.world.partition.begin(claim)):
                await self._do(process, claim)
        except LeaseLost:
            pass
        finally:
            process.suspects -= claim.is_suspect
            process.together -= not claim.is_suspect
            if process.alone == claim.job_id:
                process.alone = None
            if process.claims.get(claim.job_id) is claim:
                del process.claims[claim.job_id]

    async def _do(self, process: Process, claim: Claim) -> None:
        if claim.queue == "looks":
            await self._look(claim)
        else:
            await self._run(process, claim)

    # -- looks ---------------------------------------------------------------------------------

    async def _look(self, claim: Claim) -> None:
        world, partition = self.world, self.world.partition
        (name,) = deserialize(claim.record)["a"]
        resource = name.split("/")[-1]
        place = partition.keys.snapshot(claim.job_id)
        told = _number(partition.sealer.open(claim.snapshot, place)) if claim.snapshot else 0
        await sleep(world.chance.randint(1, 400))
        seen = world.truth[resource]
        await sleep(world.chance.randint(1, 400))
        versions = [seen]
        if seen - told > 1 and world.chance.random() < world.plan.pieces:
            versions = [told + 1, seen]
        for version in versions:
            runs = self._runs(resource, told, version) if version > told else []
            is_last = version == versions[-1]
            end = LookEnd(
                snapshot=_bytes(version) if runs else None,
                runs=runs,
                piece=None if is_last else version,
            )
            self._intend(claim, partial(self._observed, resource, version if runs else None))
            if not await persist(partial(partition.end_look, claim, end)):
                return
            told = max(told, version)

    def _observed(self, resource: str, version: int | None) -> None:
        observed = self.history.observed[resource]
        if version is not None and observed[-1:] != [version]:
            observed.append(version)

    def _runs(self, resource: str, before: int, after: int) -> list[RunRecord]:
        change = a_change(resource, before, after)
        return [
            RunRecord(run_id=f"{resource}:{before}:{h}", handler=h, change=change, queued_at=1)
            for h in self.handlers
        ]

    # -- runs ----------------------------------------------------------------------------------

    async def _run(self, process: Process, claim: Claim) -> None:
        world, partition, history = self.world, self.world.partition, self.history
        run = partition.open_run(claim)
        journal = partition.open_journal(claim, run)
        if claim.crashes >= QUARANTINE_AFTER:
            history.quarantined.append(claim.job_id)
            await self._end(claim, run, dead="quarantined")
            return
        if run.handler == POISON:
            await sleep(world.chance.randint(1, 100))
            world.kill(process)
            raise Killed
        if journal.get("effect") != b"done":
            await self._record(claim, run, b"intent", lambda: None)
            if run.run_id in history.recorded:
                history.repeated.append(run.run_id)
            history.effects[run.run_id] += 1
            await self._record(claim, run, b"done", lambda: history.recorded.add(run.run_id))
        await sleep(world.chance.randint(1, 300))
        if world.chance.random() < world.plan.fails and len(claim.attempts) < 4:
            attempt = Attempt(at=world.now, error="x", number=claim.failed + 1)
            after = timedelta(milliseconds=world.chance.randint(0, 5_000))
            await persist(lambda: partition.try_again(claim, after=after, attempt=attempt))
            return
        await self._end(claim, run, dead="gave up" if world.chance.random() < 0.1 else "")

    async def _record(
        self, claim: Claim, run: RunRecord, entry: bytes, note: Callable[[], None]
    ) -> None:
        partition = self.world.partition
        self._intend(claim, note)
        asked = -1_000_000
        while self.world.now - asked > FRESH:
            asked = self.world.now
            if not await persist(lambda: partition.write_journal(claim, run, "effect", entry)):
                raise LeaseLost("simulated")

    async def _end(self, claim: Claim, run: RunRecord, *, dead: str) -> None:
        letter = DeadLetter(
            queue="runs",
            job_id=claim.job_id,
            record=claim.record,
            reason=dead,
            died_at=self.world.now,
            run=run,
        )
        end = End(dead=letter if dead else None)
        lane = (run.change.id, run.handler)
        before = int(run.change.change_id.split(":")[1])
        self._intend(claim, lambda: self.history.ended[lane].append(before))
        await persist(lambda: self.world.partition.end_run(claim, end))


def _bytes(number: int) -> bytes:
    return struct.pack(">I", number)


def _number(raw: Any) -> int:
    return int(struct.unpack(">I", raw)[0])
