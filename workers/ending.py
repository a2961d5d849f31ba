"""Writing the end of work, as long as it takes: an end that is not stored is work done again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from heliograph.errors import QueueUnavailable

PERSIST_FOR = timedelta(minutes=2)
"""Longer than any lease: after it the end is refused anyway."""

log = structlog.get_logger()


async def persist(write: Callable[[], Awaitable[None]]) -> None:
    """Calls *write* until it succeeds. LeaseLost ends it at once: somebody else has the work.

    A lost answer looks like a failure, and the second try then finds the lease given back: that
    too is LeaseLost, and nothing is written twice.
    """
    give_up = asyncio.get_running_loop().time() + PERSIST_FOR.total_seconds()
    while True:
        try:
            await write()
        except QueueUnavailable as error:
            if asyncio.get_running_loop().time() > give_up:
                raise
            log.warning("worker.end_delayed", reason=str(error))
            await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311 (jitter, no secret)
        else:
            return
