"""Dead letters: found by what they are about. What can be done with one stands in `settling`."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import msgspec

from heliograph.errors import SealBroken
from heliograph.queue.ends import letter_place
from heliograph.queue.keys import QUEUES, Kind
from heliograph.queue.partition import Partition
from heliograph.queue.records import DeadLetter
from heliograph.registrations import asking

AT_ONCE = 100
"""Letters that one question to Redis brings."""

_letters = msgspec.msgpack.Decoder(DeadLetter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which letters: all that fit every condition. Times are ms since 1970."""

    names: frozenset[str] = frozenset()
    handler: str | None = None
    lane: str | None = None
    error: str = ""
    """A part of the reason, in any case."""
    since: int = 0
    until: int | None = None

    def fits(self, name: str, letter: DeadLetter) -> bool:
        """Whether *letter* is one of them."""
        handler = letter.run.handler if letter.run else ""
        return (
            (not self.names or name in self.names)
            and self.handler in {None, handler}
            and self.lane in {None, letter.lane}
            and self.error.lower() in letter.reason.lower()
            and self.since <= letter.died_at
            and (self.until is None or letter.died_at < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A dead letter and where it lies."""

    name: str
    letter: DeadLetter
    partition: Partition = field(repr=False)

    @property
    def kind(self) -> Kind:
        return QUEUES[self.letter.queue]


async def find(partitions: Sequence[Partition], wanted: Wanted) -> list[Found]:
    """Those that are *wanted*: lanes by when they first died, each in its own order.

    Raises QueueUnavailable.
    """
    found = [
        one
        for partition in partitions
        async for one in _all(partition)
        if wanted.fits(one.name, one.letter)
    ]
    began: dict[str, int] = {}
    for one in found:
        job_id, died_at = one.letter.job_id, one.letter.died_at
        began[job_id] = min(began.get(job_id, died_at), died_at)
    return sorted(found, key=lambda one: (began[one.letter.job_id], *_place(one.letter)))


async def count(partitions: Sequence[Partition]) -> int:
    """How many there are. Raises QueueUnavailable."""
    with asking():
        return sum([int(await one.calls.redis.hlen(one.keys.dead)) for one in partitions])  # type: ignore[misc]  # redis-py's union


async def _all(partition: Partition) -> AsyncIterator[Found]:
    with asking():
        async for field_, sealed in partition.calls.redis.hscan_iter(
            partition.keys.dead, count=AT_ONCE
        ):
            name = field_.decode(errors="replace")
            yield Found(name=name, letter=_open(partition, name, sealed), partition=partition)


def _open(partition: Partition, name: str, sealed: bytes) -> DeadLetter:
    """A letter that is not ours is shown as such, and can only be dropped."""
    try:
        return _letters.decode(partition.sealer.open(sealed, letter_place(partition.keys, name)))
    except (SealBroken, msgspec.MsgspecError) as error:
        return DeadLetter(
            queue="looks",
            job_id=name,
            record=b"",
            reason=f"unreadable: {type(error).__name__}",
            died_at=0,
        )


def _place(letter: DeadLetter) -> tuple[str, int, int]:
    return (letter.job_id, letter.run.order if letter.run else 0, letter.died_at)
