"""Writing the end of work, as long as it takes: an end that is not stored is work done again."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from heliograph.errors import QueueUnavailable
from heliograph.outcomes import Again
from heliograph.queue.claims import Claim
from heliograph.queue.records import Attempt, DeadLetter, RunRecord
from workers.timing import now

log = structlog.get_logger()


async def persist(write: Callable[[], Awaitable[None]]) -> None:
    """Calls *write* until it succeeds. LeaseLost ends it: somebody else has the work.

    A lost answer looks like a failure, and the second try then finds the lease given back: that
    too is LeaseLost, and nothing is written twice.
    """
    while True:
        try:
            await write()
        except QueueUnavailable as error:
            log.warning("worker.end_delayed", reason=str(error))
            await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311 (jitter, no secret)
        else:
            return


async def try_again(claim: Claim, outcome: Again, *, worker: str, failed: int) -> None:
    """Leaves the claimed work in its lane; *failed* attempts went before this one."""
    attempt = Attempt(
        at=now(),
        error=outcome.error,
        worker=worker,
        number=failed if outcome.parked else failed + 1,
        what="parked" if outcome.parked else "failed",
    )
    await persist(lambda: claim.partition.try_again(claim, after=outcome.after, attempt=attempt))


def letter(
    claim: Claim,
    reason: str,
    *,
    lane: str = "",
    run: RunRecord | None = None,
    journal: dict[str, bytes] | None = None,
) -> DeadLetter:
    """A dead letter of the claimed work, with all that is needed to do it again."""
    return DeadLetter(
        queue=claim.queue,
        job_id=claim.job_id,
        record=claim.record,
        reason=reason,
        died_at=now(),
        lane=lane,
        attempts=claim.attempts,
        crashes=claim.crashes,
        news=dict(claim.news),
        run=run,
        journal=journal or {},
        raw=b"" if run else claim.run,
    )
