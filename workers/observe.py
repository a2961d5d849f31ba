"""Observing: one look at a resource that has news, and the changes that it tells.

A look ends in one fenced script: the news is trimmed, the snapshot stored, and one run queued for
each handler that cares. What a look sees comes from `sight`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from heliograph.changes import KINDS, Cause, Piece, Sighting, Snapshot, classify
from heliograph.errors import RecordUnknown
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.claims import Claim
from heliograph.queue.ends import LookEnd
from heliograph.queue.fanout import note_on, runs_for
from heliograph.queue.records import note_of_change
from heliograph.routing import Handler
from heliograph.telemetry import CHANGES
from workers.acts import changes_of, end_of
from workers.ending import persist
from workers.looking import Look
from workers.timing import now, since_received

RUNS_AT_ONCE = 500
"""Runs that one script queues; a look that tells more goes in pieces."""

log = structlog.get_logger()

_encode = msgspec.msgpack.Encoder().encode


class Sight(Protocol):
    """Sees the present state of a lane's resource, by the news or by asking Graph."""

    async def see(self, lane: Lane, news: Sequence[News], before: Snapshot | None) -> "Seen": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look saw, None where it has nothing to tell; *refused* are news that proved false."""

    sighting: Sighting | None
    refused: Mapping[str, int]


class Observing:
    """What is done with the looks of the queue `looks`."""

    def __init__(self, sight: Sight, routes: Sequence[Handler]) -> None:
        self._sight = sight
        self._routes = routes

    async def __call__(self, claim: Claim, look: Look) -> str:
        """Looks, and tells what changed."""
        if look.lane.kind not in KINDS:
            raise RecordUnknown(f"expected one of {', '.join(KINDS)}, got {look.lane.kind!r:.40}")
        if acts := changes_of(look.lane, look.news):
            await persist(lambda: claim.partition.end_look(claim, end_of(acts, self._routes)))
            return "changed"
        seen = await self._sight.see(look.lane, look.news, look.before)
        told = 0
        for end, piece in self._ends(look, seen):
            await persist(lambda end=end: claim.partition.end_look(claim, end))  # type: ignore[misc]  # bound on purpose
            told += _tell(look, piece)
        log.info(
            "look.finished",
            lane=look.lane.name,
            notifications=len(look.news),
            changes=told,
            refused=dict(seen.refused) or None,
        )
        return "changed" if told else "unchanged"

    def _ends(self, look: Look, seen: Seen) -> Iterator[tuple[LookEnd, Piece | None]]:
        """What to write, piece by piece; the last one gives the lane back."""
        pieces = self._pieces(look, seen.sighting)
        piece = next(pieces, None)
        while True:
            following = next(pieces, None) if piece else None
            is_last = following is None
            counts = _refusals(look, seen) if is_last else {}
            yield self._end(look, piece, counts, is_last=is_last), piece
            if is_last:
                return
            piece = following

    def _end(
        self, look: Look, piece: Piece | None, counts: dict[str, int], *, is_last: bool
    ) -> LookEnd:
        if piece is None:
            return LookEnd(counts=counts)
        version = piece.snapshot.version
        runs = [
            run
            for place, change in enumerate(piece.changes)
            for run in runs_for(
                change, self._routes, at=change.observed_at, order=version * 1_000 + place
            )
        ]
        if piece.changes and not runs:
            counts[f"unmatched:{look.lane.kind}"] = len(piece.changes)
        return LookEnd(
            snapshot=_encode(piece.snapshot),
            runs=runs,
            counts=counts,
            notes={
                note_of_change(change.change_id): note_on(change, self._routes)
                for change in piece.changes
            },
            piece=None if is_last else version,
        )

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


def _refusals(look: Look, seen: Seen) -> dict[str, int]:
    counts = {f"refused:{reason}": count for reason, count in seen.refused.items()}
    if look.refused:
        counts["refused:seal"] = look.refused
    return counts


def _tell(look: Look, piece: Piece | None) -> int:
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


def _cause(news: News) -> Cause:
    return Cause(
        source=news.source,
        received_at=news.received_at,
        subscription_id=news.subscription_id,
        change_type=news.change_type,
        notification_id=news.notification_id,
    )
