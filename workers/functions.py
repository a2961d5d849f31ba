"""Plain arq functions: what a program of the user's own enqueued by arq's client.

They run under leases like all other work, and fail by the same policy. Their results are kept for
arq's client, `await job.result()`.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

import arq.worker
import msgspec
import structlog
from arq.jobs import serialize_result

from heliograph.outcomes import Again, Dead, Done, Dropped, Outcome, Retry
from heliograph.queue.claims import Claim
from heliograph.queue.ends import End
from heliograph.queue.records import Job, read_job, serialize
from workers.ending import letter, persist, try_again
from workers.policy import CRASHES, describe, judge, park
from workers.timing import now

KEEP_RESULT = timedelta(hours=1)
"""arq's own default."""

WITHIN = timedelta(minutes=5)
"""arq's own default."""

log = structlog.get_logger()


class Functions:
    """The work of the queue `functions`."""

    def __init__(
        self, functions: Iterable[arq.worker.Function], ctx: Mapping[str, Any], *, worker: str
    ) -> None:
        """*ctx* is what each function gets besides the facts of its job."""
        self._functions = {function.name: function for function in functions}
        self._ctx = ctx
        self._worker = worker

    async def __call__(self, claim: Claim) -> None:
        """Runs what is claimed, and ends it."""
        try:
            job = read_job(claim.record)
        except msgspec.MsgspecError as error:
            log.error("function.unreadable", job_id=claim.job_id, error=type(error).__name__)  # noqa: TRY400 (no trace: foreign text)
            end = End(dead=letter(claim, f"unreadable: {type(error).__name__}"))
            await persist(lambda: claim.partition.end_function(claim, end))
            return
        started = now()
        outcome, result = await self._attempt(claim, job)
        await self._end(claim, job, outcome, result, started=started)
        log.info("function.finished", function=job.f, outcome=type(outcome).__name__.lower())

    async def _attempt(self, claim: Claim, job: Job) -> tuple[Outcome, Any]:
        function = self._functions.get(job.f)
        chance = random.random()  # noqa: S311 (jitter, no secret)
        if claim.crashes >= CRASHES:
            return Dead(error=f"quarantined: it ended its process {claim.crashes} times"), None
        if function is None:
            reason = f"no function {job.f!r:.100} here"
            return park(claim.attempts, reason, now=now(), chance=chance), None
        try:
            return Done(), await self._call(function, claim, job)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (the boundary: whatever an author's code raises)
            is_last = function.max_tries is not None and claim.failed + 1 >= function.max_tries
            if is_last:
                return Dead(error=describe(error)), None
            return judge(_ours(error), claim.attempts, now=now(), chance=chance), None

    async def _call(self, function: arq.worker.Function, claim: Claim, job: Job) -> Any:  # noqa: ANN401 (what the author's function returns)
        enqueued = datetime.fromtimestamp(job.et / 1000, tz=UTC)
        facts = {
            "job_id": claim.job_id,
            "job_try": claim.failed + 1,
            "enqueue_time": enqueued,
            "score": job.et,
        }
        within = function.timeout_s or WITHIN.total_seconds()
        async with asyncio.timeout(within):
            return await function.coroutine({**self._ctx, **facts}, *job.a, **job.k)

    async def _end(
        self, claim: Claim, job: Job, outcome: Outcome, result: object, *, started: int
    ) -> None:
        match outcome:
            case Again():
                await try_again(claim, outcome, worker=self._worker, failed=claim.failed)
                return
            case Done():
                end, success = End(), True
            case Dropped(reason=reason):
                end, success, result = End(counts={f"dropped:{job.f}": 1}), False, reason
            case Dead(error=error):
                end, success, result = End(dead=letter(claim, error)), False, error
            case _:
                assert_never(outcome)
        keep = self._keep(job)
        record = _result(claim, job, result, success=success, started=started) if keep else b""
        await persist(lambda: claim.partition.end_function(claim, end, result=record, keep=keep))

    def _keep(self, job: Job) -> timedelta:
        function = self._functions.get(job.f)
        seconds = function.keep_result_s if function else None
        return KEEP_RESULT if seconds is None else timedelta(seconds=seconds)


def _result(claim: Claim, job: Job, result: object, *, success: bool, started: int) -> bytes:
    record = serialize_result(
        job.f,
        job.a,
        job.k,
        claim.failed + 1,
        job.et,
        success,
        result,
        started,
        now(),
        f"{claim.job_id}:{job.f}",
        claim.partition.keys.queue(claim.queue),
        claim.job_id,
        serializer=serialize,
    )
    return record or b""


def _ours(error: BaseException) -> BaseException:
    """*error*, with arq's `Retry` as ours."""
    if not isinstance(error, arq.worker.Retry):
        return error
    defer = error.defer_score
    return Retry(
        "the function asked for another attempt", after=None if defer is None else defer / 1000
    )
