"""Looking: the frame of every look. It is read, done, and whatever happens, it ends in order.

What is done with a look stands in `observe` (resources) and `lifecycle` (subscriptions).
"""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import structlog

from heliograph.changes import Snapshot
from heliograph.errors import LeaseLost, QueueUnavailable, RecordUnknown, SealBroken
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.outcomes import Again, Dead, Done, Dropped, Outcome
from heliograph.queue.claims import Claim
from heliograph.queue.ends import LookEnd
from heliograph.queue.records import read_job, read_news
from heliograph.telemetry import OBSERVE_SECONDS
from workers.ending import letter, persist, try_again
from workers.policy import CRASHES, judge, park
from workers.timing import now

log = structlog.get_logger()

_snapshots = msgspec.msgpack.Decoder(Snapshot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A claimed lane, read. *refused* counts items that were not ours."""

    lane: Lane
    news: tuple[News, ...]
    before: Snapshot | None
    refused: int = 0


Do = Callable[[Claim, Look], Awaitable[str]]
"""Does a look and ends its claim; returns `changed`, `unchanged` or another word for metrics."""


class Looking:
    """The work of a queue of looks."""

    def __init__(self, do: Do, *, worker: str) -> None:
        self._do = do
        self._worker = worker

    async def __call__(self, claim: Claim) -> None:
        """Looks at what is claimed; what fails is tried again, and at last a dead letter."""
        started = time.perf_counter()
        lane, outcome = await self._look(claim)
        if isinstance(outcome, str):
            word = outcome
        else:
            word = "error"
            await self._end(claim, lane, outcome)
        kind = lane.kind if lane else "unknown"
        OBSERVE_SECONDS.labels(kind, word).observe(time.perf_counter() - started)

    async def _look(self, claim: Claim) -> tuple[Lane | None, str | Outcome]:
        chance = random.random()  # noqa: S311 (jitter, no secret)
        lane = None
        try:
            lane = lane_of(claim)
            look = read(claim, lane)
            if claim.crashes >= CRASHES:
                died = f"quarantined: it ended its process {claim.crashes} times"
                return lane, Dead(error=died)
            return lane, await self._do(claim, look)
        except (LeaseLost, QueueUnavailable):
            raise
        except RecordUnknown as error:
            return lane, park(claim.attempts, str(error), now=now(), chance=chance)
        except (msgspec.MsgspecError, SealBroken) as error:
            return lane, Dead(error=f"unreadable: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 (the boundary: a mistake of ours costs one lane)
            return lane, judge(error, claim.attempts, now=now(), chance=chance)

    async def _end(self, claim: Claim, lane: Lane | None, outcome: Outcome) -> None:
        name = lane.name if lane else ""
        match outcome:
            case Again(error=reason):
                log.warning("look.retried", lane=name, reason=reason)
                await try_again(claim, outcome, worker=self._worker, failed=claim.failed)
            case Dead(error=reason) | Dropped(reason=reason):
                # Looks end in the dead letters too; the lane goes on.
                log.error("look.dead", lane=name, reason=reason)
                end = LookEnd(dead=letter(claim, reason, lane=name))
                await persist(lambda: claim.partition.end_look(claim, end))
            case Done():
                raise AssertionError("a look that is done has ended its claim")


def lane_of(claim: Claim) -> Lane:
    """The lane that *claim* is for.

    Raises RecordUnknown for the job of a newer listener, msgspec.MsgspecError for what is no job.
    """
    job = read_job(claim.record)
    if job.f != "observe":
        raise RecordUnknown(f"expected the function observe, got {job.f[:64]!r}")
    try:
        (name,) = job.a
        return Lane.from_name(name)
    except (ValueError, AttributeError) as error:
        raise msgspec.ValidationError(f"expected a lane, got {job.a!r:.80}") from error


def read(claim: Claim, lane: Lane) -> Look:
    """The look that *claim* is for. News that we did not seal is left out and counted.

    Raises RecordUnknown where a newer listener wrote some of it.
    """
    place = claim.partition.keys.news(claim.job_id)
    news: list[News] = []
    refused = 0
    for sealed in claim.news.values():
        try:
            news.append(read_news(claim.partition.sealer.open(sealed, place)))
        except RecordUnknown:
            raise
        except (SealBroken, msgspec.MsgspecError):
            refused += 1
    news.sort(key=lambda item: item.received_at)
    if claim.has_more and news:
        news.append(_hint(news[-1]))
    return Look(lane=lane, news=tuple(news), before=_snapshot(claim), refused=refused)


def _hint(newest: News) -> News:
    """For what the lane could not hold: a bare hint, so that the look asks Graph for the rest."""
    return msgspec.structs.replace(
        newest, encrypted_content=None, token=None, notification_id=None, verified=False
    )


def _snapshot(claim: Claim) -> Snapshot | None:
    if claim.snapshot is None:
        return None
    place = claim.partition.keys.snapshot(claim.job_id)
    try:
        return _snapshots.decode(claim.partition.sealer.open(claim.snapshot, place))
    except RecordUnknown:
        raise
    except (SealBroken, msgspec.MsgspecError):
        # Not ours: told as if the resource had never been seen, and replaced.
        log.error("snapshot.bad_seal", job_id=claim.job_id)  # noqa: TRY400 (no trace of foreign data)
        return None
