import asyncio

import pytest

from heliograph.keeping.crowd import at_most, drain


async def test_results_come_in_the_order_of_the_items_and_few_at_a_time() -> None:
    running, most = 0, 0

    async def work(item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002 if item % 2 else 0.001)
        running -= 1
        return item * 2

    assert await at_most(3, work, range(10)) == [item * 2 for item in range(10)]
    assert most == 3


async def test_what_one_raises_ends_the_others() -> None:
    begun: list[int] = []

    async def work(item: int) -> None:
        begun.append(item)
        if item == 1:
            raise LookupError
        await asyncio.Event().wait()

    with pytest.raises(LookupError):
        await at_most(2, work, range(100))
    assert begun == [0, 1]


async def test_no_further_item_is_begun_once_it_is_told_to_stop() -> None:
    done: list[int] = []

    async def work(item: int) -> None:
        done.append(item)

    await drain(iter(range(100)), work, number=4, stop=lambda: len(done) >= 10)
    assert 10 <= len(done) <= 14
