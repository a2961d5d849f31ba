"""Pressure: how full Redis is, how much work waits, and how long the oldest is overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Partition
from heliograph.registrations import asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """*memory* is the share of the limit in use, *waiting* lanes by queue.

    *oldest* is how long the first of a queue is overdue. *evicted* keys are lost work.
    """

    memory: float
    waiting: Mapping[str, int]
    oldest: Mapping[str, timedelta]
    evicted: int

    @property
    def depth(self) -> int:
        return sum(self.waiting.values())

    @property
    def age(self) -> timedelta:
        return max(self.oldest.values())


async def read_pressure(partitions: Sequence[Partition]) -> Pressure:
    """The pressure on all *partitions*. Raises QueueUnavailable."""
    readings = [await _read(partition) for partition in partitions]
    return Pressure(
        memory=max(reading.memory for reading in readings),
        waiting={name: sum(one.waiting[name] for one in readings) for name in QUEUES},
        oldest={name: max(one.oldest[name] for one in readings) for name in QUEUES},
        evicted=max(reading.evicted for reading in readings),
    )


async def _read(partition: Partition) -> Pressure:
    pipeline = partition.calls.redis.pipeline(transaction=False)
    pipeline.info("memory")
    pipeline.info("stats")
    pipeline.time()
    for name in QUEUES:
        queue = partition.keys.queue(name)
        pipeline.zcard(queue)
        pipeline.zrange(queue, 0, 0, withscores=True)
    with asking():
        memory, stats, (seconds, micros), *queues = await pipeline.execute()
    now = seconds * 1_000 + micros / 1_000
    counts, firsts = queues[::2], queues[1::2]
    return Pressure(
        memory=_share(memory),
        waiting=dict(zip(QUEUES, counts, strict=True)),
        oldest={name: _overdue(first, now) for name, first in zip(QUEUES, firsts, strict=True)},
        evicted=int(stats.get("evicted_keys", 0)),
    )


def _share(memory: Mapping[str, Any]) -> float:
    # Without a limit of its own, Redis grows until the machine ends it.
    limit = memory.get("maxmemory") or memory.get("total_system_memory") or 0
    return memory.get("used_memory", 0) / limit if limit else 0.0


def _overdue(first: Sequence[tuple[bytes, float]], now: float) -> timedelta:
    """Of claimed work and work that is to come later the score lies ahead."""
    return timedelta(milliseconds=max(0.0, now - first[0][1])) if first else timedelta()
