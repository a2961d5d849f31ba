"""Many calls, some at a time. What one of them raises ends the others, and is raised as it is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def at_most(
    number: int, work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]
) -> list[Result]:
    """What *work* gives for each of *items*, in order, *number* of them at a time."""
    results: dict[int, Result] = {}

    async def one(numbered: tuple[int, Item]) -> None:
        results[numbered[0]] = await work(numbered[1])

    await drain(enumerate(items), one, number=number)
    return [results[at] for at in sorted(results)]


async def drain(
    items: Iterator[Item],
    work: Callable[[Item], Awaitable[object]],
    *,
    number: int,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Does *work* for one of *items* after the other, *number* at a time, until *stop* says so."""

    async def worker() -> None:
        for item in items:
            await work(item)
            if stop():
                return

    tasks = [asyncio.create_task(worker()) for _ in range(number)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
