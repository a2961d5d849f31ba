"""Which keys the rich notifications name that wait in lanes, are looked at, or were given up."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice

import msgspec

from heliograph.errors import QueueUnavailable, RecordUnknown, SealBroken
from heliograph.queue.dead_letters import Wanted, find
from heliograph.queue.keys import QUEUES
from heliograph.queue.partition import Partition
from heliograph.queue.records import read_news
from heliograph.registrations import asking

AT_ONCE = 200
"""Lanes whose news is read in one round trip."""


async def key_ids_in_lanes(partitions: Sequence[Partition]) -> Counter[str]:
    """How many lanes name each key. Raises QueueUnavailable, also for what only others can read."""
    counts: Counter[str] = Counter()
    for partition in partitions:
        async for place, sealed in _waiting(partition):
            counts.update(_named(partition, place, sealed))
    return counts


async def key_ids_in_dead_letters(partitions: Sequence[Partition]) -> Counter[str]:
    """How many dead letters name each key. Raises QueueUnavailable, as above."""
    counts: Counter[str] = Counter()
    for found in await find(partitions, Wanted()):
        letter = found.letter
        if letter.reason == f"unreadable: {RecordUnknown.__name__}":
            raise QueueUnavailable(_UNREAD)
        place = found.partition.keys.news(letter.job_id)
        counts.update(_named(found.partition, place, letter.news.values()))
    return counts


async def _waiting(partition: Partition) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The sealed news of each lane, and what it is sealed for.

    A look that goes on keeps its place in the queue: what it holds is read as well.
    """
    redis, keys = partition.calls.redis, partition.keys
    for queue in (name for name, kind in QUEUES.items() if kind == "look"):
        with asking():
            jobs = iter(await redis.zrange(keys.queue(queue), 0, -1))
        while some := [job.decode() for job in islice(jobs, AT_ONCE)]:
            pipe = redis.pipeline(transaction=False)
            for job_id in some:
                pipe.hvals(keys.looking(job_id))
                pipe.hvals(keys.news(job_id))
            with asking():
                found = await pipe.execute()
            for job_id, looking, news in zip(some, found[::2], found[1::2], strict=True):
                yield keys.news(job_id), [*looking, *news]


_UNREAD = "expected to read all that waits, but some of it is of another version or root secret"


def _named(partition: Partition, place: str, sealed: Iterable[bytes]) -> set[str]:
    named = set()
    for one in sealed:
        try:
            content = read_news(partition.sealer.open(one, place)).encrypted_content
        except RecordUnknown as error:
            raise QueueUnavailable(_UNREAD) from error
        except (SealBroken, msgspec.MsgspecError):
            continue
        if content is not None:
            named.add(content.encryption_certificate_id)
    return named
