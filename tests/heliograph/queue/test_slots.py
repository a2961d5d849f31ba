"""Slots: who works beside others, and who alone."""

import asyncio

from heliograph.queue.slots import Slots


async def test_room_is_made_when_work_ends() -> None:
    slots = Slots(["looks"], most=1)
    slots.take("looks", alone=False)
    waiting = asyncio.create_task(slots.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.give_back("looks", alone=False)
    await waiting


async def test_nothing_is_claimed_while_somebody_wants_to_be_alone() -> None:
    slots = Slots(["looks", "runs"], most=5)
    slots.take("runs", alone=True)
    assert slots.free == {"looks": 0, "runs": 0}
    slots.give_back("runs", alone=True)
    assert slots.free == {"looks": 5, "runs": 5}


async def test_turn_begins_when_all_else_has_ended_and_one_at_a_time() -> None:
    slots = Slots(["runs"], most=5)
    order: list[str] = []

    async def suspect(name: str) -> None:
        async with slots.turn():
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    slots.take("runs", alone=False)
    suspects = [asyncio.create_task(suspect(name)) for name in "ab"]
    await asyncio.sleep(0)
    assert order == []
    slots.give_back("runs", alone=False)
    await asyncio.gather(*suspects)
    assert order == ["a begins", "a ends", "b begins", "b ends"]
