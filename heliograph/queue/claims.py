"""Claims: work that is ours while the lease holds, as the script `take` brings it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from heliograph.queue.keys import QUEUES, Kind
from heliograph.queue.records import Attempt

if TYPE_CHECKING:
    from heliograph.queue.partition import Partition

SUSPECT_AFTER = 2
"""Crashes after which work runs alone: once more may be its own fault, or its neighbour's."""

_attempts = msgspec.msgpack.Decoder(Attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Ids of due work by queue, and when (if ever) more of it will be due.

    The *mark* is the score that they bear until somebody takes them.
    """

    ids: Mapping[str, tuple[str, ...]]
    mark: int
    next_due: timedelta | None

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """(queue, job id) of each."""
        return [(queue, job_id) for queue, ids in self.ids.items() for job_id in ids]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Work that is ours while the lease holds.

    A look has the *news* it is at (sealed, by field) and a *snapshot*; a run is the one at the head
    of its lane (sealed), with the *journal* of earlier attempts (sealed). *crashes* counts the
    workers that died, or were cut off, over this work. *fence* grows with each claim.
    """

    partition: "Partition" = field(repr=False)
    job_id: str
    queue: str
    token: str
    fence: int
    record: bytes = field(repr=False)
    crashes: int
    attempts: tuple[Attempt, ...]
    news: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    has_more: bool = False
    """Whether the lane was given more news than it holds."""
    snapshot: bytes | None = field(default=None, repr=False)
    run: bytes = field(default=b"", repr=False)
    journal: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> Kind:
        return QUEUES[self.queue]

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what kills workers: it runs alone, and must `begin` at its turn."""
        return self.crashes >= SUSPECT_AFTER

    @property
    def held(self) -> tuple[str, str, str]:
        """Queue, job id and token: what `release` asks for."""
        return self.queue, self.job_id, self.token

    @property
    def failed(self) -> int:
        """How many attempts have failed so far."""
        return self.attempts[-1].number if self.attempts else 0


def read_claim(
    partition: "Partition", queue: str, job_id: str, token: str, fence: int, answer: Sequence[Any]
) -> Claim:
    """What `take` answers for one job."""
    record, crashes, attempts, work, beside = answer
    kind = QUEUES[queue]
    news = _pairs(work) if kind == "look" else {}
    return Claim(
        partition=partition,
        job_id=job_id,
        queue=queue,
        token=token,
        fence=fence,
        record=record,
        crashes=crashes,
        attempts=tuple(_attempts.decode(attempt) for attempt in attempts),
        # Fields of one byte are the scripts' own marks: what was too much, which piece is told.
        news={name: item for name, item in news.items() if len(name) > 1},
        has_more=b"+" in news,
        snapshot=beside if kind == "look" else None,
        run=(work or b"") if kind == "run" else b"",
        journal=_pairs(beside) if kind == "run" else {},
    )


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
