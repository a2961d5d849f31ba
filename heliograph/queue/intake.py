"""The listener's side of the queue: stores what a POST brought, or says that it cannot.

A POST is one script for each partition that it touches, all of them in one round trip. Whatever
it brings, the same work is done: what is refused is only counted.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b

import msgspec

from heliograph.errors import QueueUnavailable
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.breaker import Breaker
from heliograph.queue.calls import Arg
from heliograph.queue.gates import Gates
from heliograph.queue.groups import Groups
from heliograph.queue.keys import partition_of
from heliograph.queue.partition import LANE_HOLDS, Partition
from heliograph.queue.records import job
from heliograph.settings import BackPressure

TELL_REFUSALS_AFTER = timedelta(seconds=10)
"""So long refusals are added up before they are told: a flood of forgeries is one change."""

_COUNTED_TOGETHER = int(TELL_REFUSALS_AFTER.total_seconds() * 1000)

_encode = msgspec.msgpack.Encoder().encode


# One is made for each notification: a struct is, in a sixth of the time of a dataclass.
class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """News for one lane. *refused* names why it must not enter; then it is only counted.

    *urgent* news (lifecycle notifications) has a queue of its own and never waits behind a flood.
    """

    lane: Lane
    news: News
    urgent: bool = False
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the looks of one subscription may follow each other; more of them come later."""

    looks_per_second: float = 1_000.0
    burst: int = 5_000

    @classmethod
    def of(cls, limits: BackPressure) -> "Pace":
        """The pace that is configured."""
        return cls(looks_per_second=limits.looks_per_second, burst=limits.looks_burst)

    @property
    def interval(self) -> str:
        """Milliseconds between looks, as the script reads it."""
        return f"{1_000 / self.looks_per_second:.6f}"


class Intake:
    """Stores arrivals durably in the partitions of a deployment."""

    def __init__(
        self,
        partitions: Sequence[Partition],
        *,
        pace: Pace | None = None,
        gates: Gates | None = None,
    ) -> None:
        self._partitions = partitions
        self._pace = pace or Pace()
        self._gates = gates
        # After this a POST is answered 503, so that Graph repeats it: a slow 202 costs more.
        self.store_within = max(one.calls.durability.within for one in partitions)
        self._breaker = Breaker(self._probe)
        self._groups = Groups(self._store)

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        """Returns when all *arrivals* are stored.

        Raises QueueUnavailable when they may not be: at once while Redis is known to be away or
        full, and within `store_within` otherwise. To store them again does no harm.
        """
        self._check()
        await self._groups.join(arrivals)

    async def _store(self, arrivals: Sequence[Arrival], since: float) -> None:
        """Stores what many POSTs brought, the first of them *since* (by the loop's clock)."""
        by_partition: dict[int, list[Arrival]] = defaultdict(list)
        for arrival in arrivals:
            index = partition_of(arrival.lane, len(self._partitions))
            by_partition[index].append(arrival)
        calls = [
            store_in(self._partitions[index], part, self._pace)
            for index, part in by_partition.items()
        ]
        try:
            async with asyncio.timeout_at(since + self.store_within.total_seconds()):
                # One after the other only in the code: all go in the same round trip.
                await (calls[0] if len(calls) == 1 else asyncio.gather(*calls))
        except TimeoutError as error:
            self._breaker.trip()
            raise QueueUnavailable("expected Redis to store in time, but it did not") from error
        except QueueUnavailable:
            self._breaker.trip()
            raise

    async def ready(self) -> None:
        """Raises QueueUnavailable where a POST could not be stored now."""
        self._check()
        try:
            async with asyncio.timeout(self.store_within.total_seconds()):
                await self._probe()
        except TimeoutError as error:
            raise QueueUnavailable("expected Redis to answer in time, but it did not") from error

    def _check(self) -> None:
        self._breaker.check()
        if self._gates is not None:
            self._gates.check()

    async def _probe(self) -> None:
        """An empty store: it writes nothing, and fails as a real one would."""
        for partition in self._partitions:
            keys = partition.keys
            await partition.calls("store", [keys.wake, keys.counts], [LANE_HOLDS, 0])

    async def close(self) -> None:
        """Ends what goes on behind the scenes."""
        await self._breaker.close()


async def store_in(partition: Partition, arrivals: Sequence[Arrival], pace: Pace) -> None:
    """Stores *arrivals*, all of whose lanes live in *partition*, by one script."""
    refusals: Counter[str] = Counter()
    lanes: dict[tuple[str, str], _Waiting] = {}
    for arrival in arrivals:
        # Both cost the same, one item in one lane, so that the time of an answer tells nothing.
        if arrival.refused:
            refusals[f"refused:{arrival.refused}"] += 1
            waiting, item = _count_look(partition, arrival.news)
        else:
            waiting, item = _waiting(partition, arrival, pace)
        lanes.setdefault((waiting.queue, waiting.job_id), waiting).items.append(item)
    keys = [partition.keys.wake, partition.keys.counts]
    args: list[Arg] = [LANE_HOLDS, len(refusals)]
    for refusal, count in refusals.items():
        args += [refusal, count]
    for waiting in lanes.values():
        keys += waiting.keys(partition)
        args += waiting.args
    await partition.calls("store", keys, args)


@dataclass(slots=True, kw_only=True)
class _Waiting:
    """What one script call adds to one lane. *interval* 0: its looks are not paced."""

    queue: str
    job_id: str
    record: bytes
    registration: str = ""
    delay: int = 0
    interval: str = "0"
    burst: int = 0
    items: list[tuple[bytes, bytes]] = field(default_factory=list)

    def keys(self, partition: Partition) -> list[str]:
        names = partition.keys
        return [
            *(names.queue(self.queue), names.job(self.job_id)),
            *(names.news(self.job_id), names.bucket(self.registration)),
        ]

    @property
    def args(self) -> list[Arg]:
        how = (self.delay, self.interval, self.burst)
        items = (part for item in self.items for part in item)
        return [self.job_id, self.record, *how, len(self.items), *items]


def _waiting(
    partition: Partition, arrival: Arrival, pace: Pace
) -> tuple[_Waiting, tuple[bytes, bytes]]:
    lane, news = arrival.lane, arrival.news
    queue = "lifecycle" if arrival.urgent else "looks"
    job_id = partition.keys.look_job(lane, queue=queue)
    waiting = _Waiting(
        queue=queue,
        job_id=job_id,
        record=job("observe", lane.name, at=news.received_at),
        registration=news.registration,
        interval="0" if arrival.urgent else pace.interval,
        burst=pace.burst,
    )
    return waiting, _item(partition, job_id, news)


def _count_look(partition: Partition, news: News) -> tuple[_Waiting, tuple[bytes, bytes]]:
    """A look at the partition's own counters: refusals are told in sum, by the common way."""
    # By ten seconds: what a refusal costs more than a genuine item would tell it apart.
    at = news.received_at // _COUNTED_TOGETHER * _COUNTED_TOGETHER
    job_id, record, item = _count_item(partition, at)
    waiting = _Waiting(queue="looks", job_id=job_id, record=record, delay=_COUNTED_TOGETHER)
    return waiting, item


@lru_cache(maxsize=64)
def _count_item(partition: Partition, at: int) -> tuple[str, bytes, tuple[bytes, bytes]]:
    lane = counts_lane(partition.keys.partition)
    job_id = partition.keys.look_job(lane)
    own = News(registration="", subscription_id="", received_at=at, source="heliograph")
    return job_id, job("observe", lane.name, at=at), _item(partition, job_id, own)


def counts_lane(partition: int) -> Lane:
    """The lane of what a partition counts; it lives there, whatever its digest says."""
    return Lane(tenant="", kind="heliograph", id=f"counts:{partition}")


def _item(partition: Partition, job_id: str, news: News) -> tuple[bytes, bytes]:
    """The field and the sealed value under which *news* waits: equal news, equal field."""
    encoded = _encode(news)
    same = _encode(msgspec.structs.replace(news, received_at=0, verified=False, token=None))
    field = blake2b(same, digest_size=16).digest()
    return field, partition.sealer.seal(encoded, partition.keys.news(job_id))
