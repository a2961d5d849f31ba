"""What operators watch of the queue: how much waits and for how long, and whether Redis is safe.

Every worker measures it, so that it is known while any of them lives.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from heliograph.errors import QueueUnavailable
from heliograph.queue.dead_letters import count
from heliograph.queue.deployment import Deployment
from heliograph.queue.pressure import read_pressure
from heliograph.queue.self_check import check
from heliograph.settings import Settings
from heliograph.settings.queueing import CHECKS
from heliograph.telemetry import (
    DEAD_LETTERS,
    LANE_OLDEST,
    LANES_PENDING,
    REDIS_EVICTED,
    REDIS_SAFE,
    RUN_OLDEST,
    RUNS_PENDING,
)

EVERY = timedelta(seconds=15)

log = structlog.get_logger()


async def measure(queue: Deployment, settings: Settings) -> None:
    """Sets all gauges. Raises QueueUnavailable."""
    pressure = await read_pressure(queue.partitions)
    LANES_PENDING.set(pressure.waiting["looks"] + pressure.waiting["lifecycle"])
    RUNS_PENDING.set(pressure.waiting["runs"])
    looks = max(pressure.oldest["looks"], pressure.oldest["lifecycle"])
    LANE_OLDEST.set(looks.total_seconds())
    RUN_OLDEST.set(pressure.oldest["runs"].total_seconds())
    REDIS_EVICTED.set(pressure.evicted)
    DEAD_LETTERS.set(await count(queue.partitions))
    found = await check(queue.redis, settings.redis, lease=settings.workers.lease)
    for name in CHECKS:
        REDIS_SAFE.labels(name).set(name not in found)
    if found or pressure.evicted:
        log.error("redis.unsafe", findings=found or None, evicted_keys=pressure.evicted)


async def watch(queue: Deployment, settings: Settings) -> None:
    """Measures again and again, until it is cancelled."""
    while True:
        with suppress(QueueUnavailable):  # readiness tells of that
            await measure(queue, settings)
        await asyncio.sleep(EVERY.total_seconds())
