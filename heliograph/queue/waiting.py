"""Waiting on Redis: for a token on a wake list, and for Redis itself to come back."""

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from heliograph.errors import QueueUnavailable
from heliograph.queue.connection import BLOCK_AT_MOST
from heliograph.queue.partition import Partition

ASK_AGAIN_SECONDS = (0.05, 0.3)


async def until_woken(
    redis: Redis, list_: str, *, next_due: timedelta | None, stop: asyncio.Event
) -> None:
    """Returns when *list_* holds a token, when work falls due, or at the *stop*.

    Raises QueueUnavailable where Redis cannot be asked.
    """
    wait = min(next_due or BLOCK_AT_MOST, BLOCK_AT_MOST).total_seconds()
    try:
        await unless(stop, redis.execute_command("BLPOP", list_, max(wait, 0.001)))
    except (RedisError, OSError, TimeoutError) as error:
        reason = f"expected to wait on Redis, got {type(error).__name__}"
        raise QueueUnavailable(reason) from error


async def until_back(partition: Partition, *, stop: asyncio.Event) -> None:
    """Returns when *partition* answers again, or at the *stop*."""
    while not stop.is_set():
        await pause(random.uniform(*ASK_AGAIN_SECONDS), stop=stop)  # noqa: S311 (jitter, no secret)
        with suppress(QueueUnavailable):
            await partition.reserve({})
            return


async def pause(seconds: float, *, stop: asyncio.Event) -> None:
    """Waits so long, or until the *stop*."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, object]) -> None:
    """Does *work*; at the *stop* it is cancelled instead."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for waiting in (working, stopping):
            waiting.cancel()
            with suppress(asyncio.CancelledError, RedisError, OSError):
                await waiting
