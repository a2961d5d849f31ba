"""The listener's side of the queue: stores what a POST brought, or says that it cannot.

A POST is one script for each partition that it touches, all of them in one round trip. Whatever
it brings, the same work is done: what is refused is only counted.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

import msgspec

from heliograph.errors import QueueUnavailable
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.breaker import Breaker
from heliograph.queue.calls import Arg
from heliograph.queue.keys import partition_of
from heliograph.queue.partition import Partition, look_record

STORE_WITHIN = timedelta(seconds=1.2)
"""After this a POST is answered 503, so that Graph repeats it: a slow 202 costs more."""

LANE_HOLDS = 256
"""Items that wait in one lane; further hints about one resource tell nothing new."""

TELL_REFUSALS_AFTER = timedelta(seconds=10)
"""So long refusals are added up before they are told: a flood of forgeries is one change."""

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """News for one lane. *refused* names why it must not enter; then it is only counted.

    *urgent* news (lifecycle notifications) has a queue of its own and never waits behind a flood.
    """

    lane: Lane
    news: News
    urgent: bool = False
    refused: str | None = None


class Intake:
    """Stores arrivals durably in the partitions of a deployment."""

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self._partitions = partitions
        self._breaker = Breaker(self._probe)

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        """Returns when all *arrivals* are stored.

        Raises QueueUnavailable when they may not be: at once while Redis is known to be away, and
        within `STORE_WITHIN` otherwise. To store them again does no harm.
        """
        self._breaker.check()
        by_partition: dict[int, list[Arrival]] = defaultdict(list)
        for arrival in arrivals:
            index = partition_of(arrival.lane, len(self._partitions))
            by_partition[index].append(arrival)
        calls = [_store(self._partitions[index], part) for index, part in by_partition.items()]
        try:
            async with asyncio.timeout(STORE_WITHIN.total_seconds()):
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
        self._breaker.check()
        try:
            async with asyncio.timeout(STORE_WITHIN.total_seconds()):
                await self._probe()
        except TimeoutError as error:
            raise QueueUnavailable("expected Redis to answer in time, but it did not") from error

    async def _probe(self) -> None:
        """An empty store: it writes nothing, and fails as a real one would."""
        for partition in self._partitions:
            keys = partition.keys
            await partition.calls("store", [keys.wake, keys.counts], [LANE_HOLDS, 0])

    async def close(self) -> None:
        """Ends what goes on behind the scenes."""
        await self._breaker.close()


async def _store(partition: Partition, arrivals: Sequence[Arrival]) -> None:
    refusals: Counter[str] = Counter()
    lanes: dict[tuple[str, str], _Waiting] = {}
    for arrival in arrivals:
        # A refused item is encoded like any other, so that the time it takes tells nothing.
        queue = partition.keys.queue("lifecycle" if arrival.urgent else "looks")
        job_id = partition.keys.look_job(arrival.lane)
        item = _item(partition, job_id, arrival.news)
        record = look_record(arrival.lane, arrival.news.received_at)
        if arrival.refused:
            refusals[f"refused:{arrival.refused}"] += 1
            queue, job_id, item, record = _count_look(partition, arrival.news)
        lanes.setdefault((queue, job_id), _Waiting(record, arrival.refused)).items.append(item)
    keys = [partition.keys.wake, partition.keys.counts]
    args: list[Arg] = [LANE_HOLDS, len(refusals)]
    for refusal, count in refusals.items():
        args += [refusal, count]
    for (queue, job_id), waiting in lanes.items():
        keys += [queue, partition.keys.job(job_id), partition.keys.news(job_id)]
        args += [job_id, waiting.record, waiting.delay, len(waiting.items)]
        for field, sealed in waiting.items:
            args += [field, sealed]
    await partition.calls("store", keys, args)


class _Waiting:
    """What one script call adds to one lane."""

    def __init__(self, record: bytes, refused: str | None) -> None:
        self.record = record
        self.delay = int(TELL_REFUSALS_AFTER.total_seconds() * 1000) if refused else 0
        self.items: list[tuple[bytes, bytes]] = []


def _count_look(partition: Partition, news: News) -> tuple[str, str, tuple[bytes, bytes], bytes]:
    """A look at the partition's own counters: refusals are told in sum, by the common way."""
    lane = counts_lane(partition.keys.partition)
    job_id = partition.keys.look_job(lane)
    own = News(
        registration="", subscription_id="", received_at=news.received_at, source="heliograph"
    )
    record = look_record(lane, news.received_at)
    return partition.keys.queue("looks"), job_id, _item(partition, job_id, own), record


def counts_lane(partition: int) -> Lane:
    """The lane of what a partition counts; it lives there, whatever its digest says."""
    return Lane(tenant="", kind="heliograph", id=f"counts:{partition}")


def _item(partition: Partition, job_id: str, news: News) -> tuple[bytes, bytes]:
    """The field and the sealed value under which *news* waits: equal news, equal field."""
    encoded = _encode(news)
    same = _encode(msgspec.structs.replace(news, received_at=0, verified=False, token=None))
    field = blake2b(same, digest_size=16).digest()
    return field, partition.sealer.seal(encoded, partition.keys.news(job_id))
