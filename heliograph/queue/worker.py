"""arq's worker, made to lose nothing: leases, a heartbeat, and a wake-up that does not poll.

It claims from every partition, gives each claim to the work of its queue, and sees to it that a
claim ends: by the work itself, by release at shutdown, or by its lease.
"""

import asyncio
import logging
import random
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Function, Worker
from redis.exceptions import RedisError

from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.queue.connection import BLOCK_AT_MOST
from heliograph.queue.heartbeat import Heartbeat
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Claim, Partition
from heliograph.queue.records import deserialize, serialize

log = logging.getLogger(__name__)

STAGES = ("observe", "handle")

Work = Callable[[Claim], Awaitable[None]]
"""Does what is claimed, and ends the claim; when it raises, the lease runs out."""


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
        partitions: Sequence[Partition],
        work: Mapping[str, Work],
        *,
        url: str,
        pool: ArqRedis,
        name: str,
        limits: Limits | None = None,
    ) -> None:
        """*work* is by queue; *url* is for the heartbeat's own connection."""
        limits = limits or Limits()
        super().__init__(
            functions=[Function(stage, _stage, None, 0, False, None) for stage in STAGES],
            queue_name=partitions[0].keys.queue(QUEUES[0]),
            redis_pool=pool,
            handle_signals=False,
            max_jobs=limits.slots * len(QUEUES),
            keep_result=0,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
        self.name = name
        self._partitions = partitions
        self._work = work
        self._limits = limits
        self._claims: dict[str, Claim] = {}
        self._busy = dict.fromkeys(QUEUES, 0)
        self._room = asyncio.Event()
        self._room.set()
        self._stopping = asyncio.Event()
        self._heartbeat = Heartbeat(
            url,
            lease=limits.lease,
            claims=lambda: list(self._claims.values()),
            lost=self._lose_from_thread,
        )

    # -- arq's frame ---------------------------------------------------------------------------

    async def main(self) -> None:
        """Claims and works until it is told to stop; then drains, and releases what is left."""
        self._heartbeat.start()
        try:
            await asyncio.gather(*(self._serve(partition) for partition in self._partitions))
            await self._drain()
        finally:
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
        while not self._stopping.is_set():
            try:
                await self._until_room()
                claimed, next_due = await self._claim(partition)
                if not claimed:
                    await self._sleep_until_woken(partition, next_due)
            except QueueUnavailable as error:
                log.warning("worker.redis_away", extra={"reason": str(error)})
                await self._pause(random.uniform(0.1, 0.5))  # noqa: S311 (jitter, no secret)

    async def _claim(self, partition: Partition) -> tuple[int, timedelta | None]:
        free = {queue: self._limits.slots - self._busy[queue] for queue in QUEUES}
        reservation = await partition.reserve(free)
        claims = await partition.take(reservation.ids, worker=self.name, lease=self._limits.lease)
        for claim in claims:
            self._start(claim)
        return len(claims), reservation.next_due

    async def _sleep_until_woken(self, partition: Partition, next_due: timedelta | None) -> None:
        """Waits for a token on the wake list, for work that falls due, or for the stop."""
        wait = min(next_due or BLOCK_AT_MOST, BLOCK_AT_MOST).total_seconds()
        blpop = self.pool.execute_command("BLPOP", partition.keys.wake, max(wait, 0.001))
        pop = asyncio.ensure_future(blpop)
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({pop, stop}, return_when=asyncio.FIRST_COMPLETED)
            if pop.done():
                pop.result()
        except (RedisError, OSError, TimeoutError) as error:
            raise QueueUnavailable(
                f"expected to wait on Redis, got {type(error).__name__}"
            ) from error
        finally:
            for waiting in (pop, stop):
                waiting.cancel()
                with suppress(asyncio.CancelledError, RedisError, OSError):
                    await waiting

    async def _until_room(self) -> None:
        if any(busy < self._limits.slots for busy in self._busy.values()):
            return
        self._room.clear()
        await self._room.wait()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    # -- working -------------------------------------------------------------------------------

    def _start(self, claim: Claim) -> None:
        self._claims[claim.job_id] = claim
        self._busy[claim.queue] += 1
        task = asyncio.create_task(self._run(claim), name=claim.job_id)
        self.tasks[claim.job_id] = task
        task.add_done_callback(lambda done: self._ended(claim, done))

    async def _run(self, claim: Claim) -> None:
        try:
            await self._work[claim.queue](claim)
        except LeaseLost:
            log.warning("worker.lease_lost", extra={"job_id": claim.job_id})
        except QueueUnavailable as error:
            # Its end could not be written: when the lease runs out, it is done again.
            log.warning("worker.end_lost", extra={"job_id": claim.job_id, "reason": str(error)})

    def _ended(self, claim: Claim, task: "asyncio.Task[None]") -> None:
        self._busy[claim.queue] -= 1
        self.tasks.pop(claim.job_id, None)
        if not task.cancelled():
            # A cancelled one is kept: it is released at the end.
            self._claims.pop(claim.job_id, None)
            if error := task.exception():
                log.error("worker.failed", exc_info=error, extra={"job_id": claim.job_id})
        self._room.set()

    def _lose_from_thread(self, job_id: str) -> None:
        self.loop.call_soon_threadsafe(self._lose, job_id)

    def _lose(self, job_id: str) -> None:
        """The lease of *job_id* is lost: somebody else may be at work on it."""
        self._claims.pop(job_id, None)
        if task := self.tasks.get(job_id):
            log.warning("worker.lease_lost", extra={"job_id": job_id})
            task.cancel()

    # -- stopping ------------------------------------------------------------------------------

    async def _drain(self) -> None:
        if self.tasks:
            await asyncio.wait(
                list(self.tasks.values()), timeout=self._limits.grace.total_seconds()
            )
        self._cancel_all()
        if self.tasks:
            await asyncio.wait(list(self.tasks.values()))
        for partition in self._partitions:
            left = [claim for claim in self._claims.values() if claim.partition is partition]
            with suppress(QueueUnavailable):
                await partition.release(left)
        log.info("worker.stopped", extra={"released": len(self._claims)})

    def _cancel_all(self) -> None:
        for task in list(self.tasks.values()):
            task.cancel()


async def _stage(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG001 (arq's shape)
    """A stand-in under which arq knows our stages by name; they run by their claim, not by this."""
    raise AssertionError("our stages are run by LeaseWorker, never by arq's run_job")
