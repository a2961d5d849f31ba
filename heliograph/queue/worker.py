"""arq's worker, made to lose nothing: leases, a heartbeat, and a wake-up that does not poll.

It claims from every partition, gives each claim to the work of its queue, and sees to it that a
claim ends: by the work itself, by release at shutdown, or by being taken over.
"""

import asyncio
import itertools
import logging
import secrets
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Function, Worker

from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.queue.claims import Claim
from heliograph.queue.deployment import Deployment
from heliograph.queue.heartbeat import BEATS_A_LEASE, Heartbeat
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Held, Partition
from heliograph.queue.records import deserialize, serialize
from heliograph.queue.schedule import Schedule, keep_ticking
from heliograph.queue.slots import Slots
from heliograph.queue.waiting import pause, unless, until_back, until_woken
from heliograph.queue.watchdog import Watchdog

log = logging.getLogger(__name__)

STAGES = ("observe", "handle")

CANCEL_WITHIN = timedelta(seconds=1)
"""What cancelled work may take; a handler that will not end is left behind, fenced."""

RELEASE_TRIES = 3

Work = Callable[[Claim], Awaitable[None]]
"""Does what is claimed, and ends the claim; when it raises, somebody takes it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """*slots*: claims of each queue at work at once. *grace*: what SIGTERM waits for them."""

    slots: int = 100
    lease: timedelta = timedelta(seconds=15)
    grace: timedelta = timedelta(seconds=20)


class LeaseWorker(Worker):
    """Runs looks and runs under leases, as the functions `observe` and `handle` of arq."""

    def __init__(
        self,
        queue: Deployment,
        work: Mapping[str, Work],
        *,
        pool: ArqRedis,
        name: str,
        schedules: Sequence[Schedule] = (),
        limits: Limits | None = None,
    ) -> None:
        """*work* is by queue; *pool* waits for it, and is closed by who made it."""
        limits = limits or Limits()
        super().__init__(
            functions=[Function(stage, _stage, None, 0, False, None) for stage in STAGES],
            queue_name=pool.default_queue_name,
            redis_pool=pool,
            handle_signals=False,
            max_jobs=limits.slots * len(QUEUES),
            keep_result=0,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
        self.name = name
        self._partitions = queue.partitions
        self._work = work
        self._schedules = schedules
        self._limits = limits
        self._claims: dict[str, Claim] = {}
        self._unsure: list[tuple[Partition, Held]] = []
        self._slots = Slots(QUEUES, most=limits.slots)
        self._tokens = (f"{name}:{secrets.token_hex(6)}:{n}" for n in itertools.count())
        self._stopping = asyncio.Event()
        self._watchdog = Watchdog(self.loop, lease=limits.lease)
        self._heartbeat = Heartbeat(
            queue.connector,
            queue.partitions,
            worker=name,
            lease=limits.lease,
            claims=lambda: list(self._claims.values()),
            lost=self._lose_from_thread,
        )

    # -- arq's frame ---------------------------------------------------------------------------

    async def main(self) -> None:
        """Claims and works until it is told to stop; then drains, and releases what is left."""
        self._heartbeat.start()
        self._watchdog.start()
        try:
            await asyncio.gather(
                *(self._serve(partition) for partition in self._partitions),
                keep_ticking(self._partitions[0], self._schedules, stop=self._stopping),
            )
            await self._drain()
        finally:
            self._watchdog.stop()
            self._heartbeat.stop()

    def handle_sig(self, signum: signal.Signals) -> None:
        """Stops claiming; a second signal stops waiting for what is at work."""
        log.info("worker.stopping", extra={"signal": signum.name})
        if self._stopping.is_set():
            self._cancel_all()
        self._stopping.set()

    async def ready(self) -> None:
        """Raises QueueUnavailable where nothing could be claimed now."""
        for partition in self._partitions:
            await partition.reserve({})

    # -- claiming ------------------------------------------------------------------------------

    async def _serve(self, partition: Partition) -> None:
        """Claims from *partition* as long as there is room. A Redis that is away ends nothing."""
        while not self._stopping.is_set():
            try:
                if not any(self._slots.free.values()):
                    await unless(self._stopping, self._slots.room())
                    continue
                await self._release_unsure(partition)
                await self._claim_or_wait(partition)
            except QueueUnavailable as error:
                log.warning("worker.redis_away", extra={"reason": str(error)})
                await self._until_back(partition)

    async def _until_back(self, partition: Partition) -> None:
        """Waits for Redis; after a long absence also for others to renew their leases.

        Those ran out meanwhile. Who lives says so within moments, and keeps its work.
        """
        since = self.loop.time()
        await until_back(partition, stop=self._stopping)
        beat = self._limits.lease.total_seconds() / BEATS_A_LEASE
        if self.loop.time() - since > beat:
            await pause(min(1.0, beat), stop=self._stopping)

    async def _claim_or_wait(self, partition: Partition) -> None:
        reservation = await partition.reserve(self._slots.free)
        if not reservation.jobs:
            await until_woken(
                self.pool,
                partition.keys.wake,
                next_due=reservation.next_due,
                stop=self._stopping,
            )
            return
        token = next(self._tokens)
        try:
            claims = await partition.take(reservation, token=token, lease=self._limits.lease)
        except QueueUnavailable:
            self._unsure += [(partition, (*job, token)) for job in reservation.jobs]
            raise
        for claim in claims:
            self._start(claim)

    async def _release_unsure(self, partition: Partition) -> None:
        """Gives back what may have been claimed without our hearing of it."""
        unsure = [held for where, held in self._unsure if where is partition]
        await partition.release(unsure)
        self._unsure = [one for one in self._unsure if one[0] is not partition]

    # -- working -------------------------------------------------------------------------------

    def _start(self, claim: Claim) -> None:
        self._claims[claim.job_id] = claim
        self._slots.take(claim.queue, alone=claim.is_suspect)
        task = asyncio.create_task(self._run(claim), name=claim.job_id)
        self.tasks[claim.job_id] = task
        task.add_done_callback(lambda done: self._ended(claim, done))

    async def _run(self, claim: Claim) -> None:
        work = self._work[claim.queue]
        try:
            if not claim.is_suspect:
                await work(claim)
                return
            async with self._slots.turn():
                await claim.partition.begin(claim)
                await work(claim)
        except LeaseLost:
            log.warning("worker.lease_lost", extra={"job_id": claim.job_id})
        except QueueUnavailable as error:
            # Its end could not be written: it is done again.
            log.warning("worker.end_lost", extra={"job_id": claim.job_id, "reason": str(error)})

    def _ended(self, claim: Claim, task: "asyncio.Task[None]") -> None:
        self._slots.give_back(claim.queue, alone=claim.is_suspect)
        self.tasks.pop(claim.job_id, None)
        if not task.cancelled():
            # A cancelled one is kept: it is released at the end.
            self._claims.pop(claim.job_id, None)
            if error := task.exception():
                log.error("worker.failed", exc_info=error, extra={"job_id": claim.job_id})

    def _lose_from_thread(self, claim: Claim) -> None:
        self.loop.call_soon_threadsafe(self._lose, claim)

    def _lose(self, claim: Claim) -> None:
        """The lease of *claim* is lost: somebody else may be at work on it."""
        if self._claims.get(claim.job_id) is not claim:  # it has ended since the heartbeat asked
            return
        log.warning("worker.lease_lost", extra={"job_id": claim.job_id})
        del self._claims[claim.job_id]
        self.tasks[claim.job_id].cancel()

    # -- stopping ------------------------------------------------------------------------------

    async def _drain(self) -> None:
        """Lets work end, then ends it, and gives back what is left."""
        await self._until_idle(self._limits.grace)
        self._cancel_all()
        await self._until_idle(CANCEL_WITHIN)
        left = len(self._claims)
        if not await self._release_all():
            log.warning("worker.redis_away", extra={"reason": "what is left must be taken over"})
        log.info("worker.stopped", extra={"released": left})

    async def _until_idle(self, at_most: timedelta) -> None:
        if self.tasks:
            await asyncio.wait(list(self.tasks.values()), timeout=at_most.total_seconds())

    async def _release_all(self) -> bool:
        self._unsure += [(claim.partition, claim.held) for claim in self._claims.values()]
        for _ in range(RELEASE_TRIES):
            with suppress(QueueUnavailable):
                for partition in self._partitions:
                    await self._release_unsure(partition)
                return True
        return False

    def _cancel_all(self) -> None:
        for task in list(self.tasks.values()):
            task.cancel()


async def _stage(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG001 (arq's shape)
    """A stand-in under which arq knows our stages by name; they run by their claim, not by this."""
    raise AssertionError("our stages are run by LeaseWorker, never by arq's run_job")
