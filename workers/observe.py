"""Observing: one look at a resource that has news, and the changes that it tells.

A look ends in one fenced script: the lane is trimmed, the snapshot stored, and one run queued for
each handler that cares. What a look sees comes from `sight`.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

import msgspec
import structlog

from heliograph.changes import Cause, Piece, Sighting, Snapshot, classify
from heliograph.errors import HeliographError, LeaseLost, QueueUnavailable, SealBroken
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.outcomes import Again, Dead, Done, Dropped, Outcome
from heliograph.queue.partition import Claim, LookEnd
from heliograph.queue.records import Attempt, DeadLetter, deserialize
from heliograph.routing import Handler, match
from heliograph.telemetry import CHANGES, OBSERVE_SECONDS
from workers.ending import persist
from workers.fanout import runs_for
from workers.policy import CRASHES, judge
from workers.timing import now, since_received

RUNS_AT_ONCE = 500
"""Runs that one script queues; a look that tells more goes in pieces."""

log = structlog.get_logger()

_news = msgspec.msgpack.Decoder(News)
_snapshots = msgspec.msgpack.Decoder(Snapshot)
_encode = msgspec.msgpack.Encoder().encode


class Sight(Protocol):
    """Sees the present state of a lane's resource, by the news or by asking Graph."""

    async def see(self, lane: Lane, news: Sequence[News], before: Snapshot | None) -> "Seen": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look saw, None where it has nothing to tell; *refused* are news that proved false."""

    sighting: Sighting | None
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A claimed lane, read."""

    lane: Lane
    news: tuple[News, ...]
    fields: tuple[bytes, ...]
    before: Snapshot | None
    refused: int = 0


class Observing:
    """The work of the queue `looks`."""

    def __init__(self, sight: Sight, routes: Sequence[Handler], *, worker: str) -> None:
        self._sight = sight
        self._routes = routes
        self._worker = worker

    async def __call__(self, claim: Claim) -> None:
        """Looks at what is claimed, and tells what changed."""
        try:
            look = read(claim)
        except (msgspec.MsgspecError, ValueError, IndexError) as error:
            await self._bury(claim, None, f"unreadable: {type(error).__name__}")
            return
        started = time.perf_counter()
        outcome = await self._look(claim, look)
        OBSERVE_SECONDS.labels(look.lane.kind, outcome).observe(time.perf_counter() - started)

    async def _look(self, claim: Claim, look: Look) -> str:
        if claim.crashes >= CRASHES:
            await self._bury(
                claim, look, f"quarantined: it ended its process {claim.crashes} times"
            )
            return "error"
        try:
            seen = await self._sight.see(look.lane, look.news, look.before)
        except (LeaseLost, QueueUnavailable):
            raise
        except HeliographError as error:
            await self._fail(claim, look, error)
            return "error"
        return await self._commit(claim, look, seen)

    async def _commit(self, claim: Claim, look: Look, seen: Seen) -> str:
        told = 0
        refused = {f"refused:{reason}": count for reason, count in seen.refused.items()}
        if look.refused:
            refused["refused:seal"] = look.refused
        for end, piece in self._ends(look, seen, refused):
            await persist(lambda end=end: claim.partition.end_look(claim, end))  # type: ignore[misc]  # bound on purpose
            told += self._tell(look, piece)
        log.info(
            "look.finished",
            lane=look.lane.name,
            notifications=len(look.news),
            changes=told,
            refused=dict(seen.refused) or None,
        )
        return "changed" if told else "unchanged"

    def _ends(
        self, look: Look, seen: Seen, refused: Mapping[str, int]
    ) -> Iterator[tuple[LookEnd, Piece | None]]:
        """What to write, piece by piece; the last one trims the lane and gives it back."""
        pieces = self._pieces(look, seen.sighting)
        piece = next(pieces, None)
        while True:
            following = next(pieces, None) if piece else None
            is_last = following is None
            runs = [
                run
                for change in (piece.changes if piece else ())
                for run in runs_for(change, match(self._routes, change), at=change.observed_at)
            ]
            counts = dict(refused) if is_last else {}
            if piece and piece.changes and not runs:
                counts[f"unmatched:{look.lane.kind}"] = len(piece.changes)
            snapshot = _encode(piece.snapshot) if piece else None
            fields = look.fields if is_last else ()
            yield (
                LookEnd(fields=fields, snapshot=snapshot, runs=runs, counts=counts, last=is_last),
                piece,
            )
            if is_last:
                return
            piece = following

    def _pieces(self, look: Look, sighting: Sighting | None) -> Iterator[Piece]:
        if sighting is None:
            return iter(())
        return classify(
            look.lane,
            look.before,
            sighting,
            causes=[_cause(news) for news in look.news],
            observed_at=now(),
            most=max(1, RUNS_AT_ONCE // max(1, len(self._routes))),
        )

    def _tell(self, look: Look, piece: Piece | None) -> int:
        for change in piece.changes if piece else ():
            CHANGES.labels(change.tenant, change.kind, change.what).inc()
            log.info(
                "change.observed",
                change_id=change.change_id,
                lane=look.lane.name,
                what=change.what,
                fields=sorted(change.changed) or None,
                after_ms=since_received(change),
            )
        return len(piece.changes) if piece else 0

    async def _fail(self, claim: Claim, look: Look, error: HeliographError) -> None:
        chance = random.random()  # noqa: S311 (jitter, no secret)
        outcome: Outcome = judge(error, claim.attempts, now=now(), chance=chance)
        match outcome:
            case Again(after=after, error=reason):
                log.warning("look.retried", lane=look.lane.name, reason=reason)
                attempt = Attempt(at=now(), error=reason, worker=self._worker)
                await persist(
                    lambda: claim.partition.try_again(claim, after=after, attempt=attempt)
                )
            case Dead(error=reason) | Dropped(reason=reason):
                await self._bury(claim, look, reason)
            case Done():
                raise AssertionError("a failed look is never done")
            case _:
                assert_never(outcome)

    async def _bury(self, claim: Claim, look: Look | None, reason: str) -> None:
        """Looks end in the dead letters too; the lane goes on."""
        log.error("look.dead", lane=look.lane.name if look else None, reason=reason)
        letter = DeadLetter(
            lane=look.lane.name if look else "",
            reason=reason,
            died_at=now(),
            attempts=claim.attempts,
            news=look.news if look else (),
        )
        end = LookEnd(fields=tuple(claim.news), dead=(f"{claim.job_id}:{now()}", letter))
        await persist(lambda: claim.partition.end_look(claim, end))


def read(claim: Claim) -> Look:
    """The look that *claim* is for. News that we did not seal is trimmed and counted."""
    (name,) = deserialize(claim.record)["a"]
    place = claim.partition.keys.news(claim.job_id)
    news: list[News] = []
    refused = 0
    for field, sealed in claim.news.items():
        if field == b"+":  # the count of hints beyond what a lane holds
            continue
        try:
            news.append(_news.decode(claim.partition.sealer.open(sealed, place)))
        except (SealBroken, msgspec.MsgspecError):
            refused += 1
    return Look(
        lane=Lane.from_name(name),
        news=tuple(sorted(news, key=lambda item: item.received_at)),
        fields=tuple(claim.news),
        before=_snapshot(claim),
        refused=refused,
    )


def _snapshot(claim: Claim) -> Snapshot | None:
    if claim.snapshot is None:
        return None
    place = claim.partition.keys.snapshot(claim.job_id)
    try:
        return _snapshots.decode(claim.partition.sealer.open(claim.snapshot, place))
    except (SealBroken, msgspec.MsgspecError):
        # Not ours: told as if the resource had never been seen, and replaced.
        log.error("snapshot.bad_seal", job_id=claim.job_id)  # noqa: TRY400 (no trace of foreign data)
        return None


def _cause(news: News) -> Cause:
    return Cause(
        source=news.source,
        received_at=news.received_at,
        subscription_id=news.subscription_id,
        change_type=news.change_type,
        notification_id=news.notification_id,
    )
