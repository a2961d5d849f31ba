"""Schedules: a plain arq function, once in each period, however many workers ask for it.

The period is Redis's, by its clock, and what is queued is a job like any other: a worker that dies
over it is one more crash, and another one takes over.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from heliograph.errors import QueueUnavailable
from heliograph.queue.calls import Arg
from heliograph.queue.partition import Partition
from heliograph.queue.records import job
from heliograph.queue.waiting import pause

ASK_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The *function* runs once in every period of that length."""

    function: str
    every: timedelta


async def tick(partition: Partition, schedule: Schedule) -> bool:
    """Queues what *schedule* has due; whether that was for us to do. Raises QueueUnavailable."""
    keys = partition.keys
    job_id = f"{keys.tag}schedule:{schedule.function}"
    period = int(schedule.every.total_seconds() * 1000)
    names = [keys.ticks, keys.queue("functions"), keys.job(job_id), keys.wake]
    args: list[Arg] = [schedule.function, period, job_id, job(schedule.function)]
    return bool(await partition.calls("tick", names, args))


async def keep_ticking(
    partition: Partition, schedules: Sequence[Schedule], *, stop: asyncio.Event
) -> None:
    """Asks for what is due, some times in each period, until the *stop*."""
    if not schedules:
        return
    shortest = min(schedule.every for schedule in schedules)
    between = min(ASK_EVERY, shortest / 4).total_seconds()
    while not stop.is_set():
        for schedule in schedules:
            with suppress(QueueUnavailable):  # asked again soon, and caught up with
                await tick(partition, schedule)
        await pause(between, stop=stop)
