import asyncio

import pytest

from heliograph.errors import LeaseLost
from listener.tasks import first_of, until


async def forever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_when_one_ends_so_do_the_others() -> None:
    ended: list[str] = []
    await first_of(forever(ended), asyncio.sleep(0), forever(ended))
    assert ended == ["ended", "ended"]


async def test_what_one_raises_is_raised_as_it_is() -> None:
    async def lose() -> None:
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        await first_of(forever([]), lose())


async def test_an_event_ends_a_wait_and_so_does_time() -> None:
    event = asyncio.Event()
    await until(event, 0.001)
    event.set()
    async with asyncio.timeout(1):
        await until(event, 3_600)
