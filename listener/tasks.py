"""Several things at once in one process, until the first of them ends."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any


async def first_of(*work: Coroutine[Any, Any, Any]) -> None:
    """Returns when the first of *work* has ended, and the others with it; raises what it raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel(tasks)
    for task in done:
        task.result()


async def until(event: asyncio.Event, seconds: float) -> None:
    """Returns when *event* is set, or *seconds* have passed."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), max(0.0, seconds))


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Ends *tasks*. Asks again: on Python 3.11 `wait_for`, which redis-py uses, may swallow it."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
