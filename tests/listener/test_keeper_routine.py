import asyncio
from datetime import timedelta

from heliograph.keeping.troubles import Trouble
from listener.keeper_routine import Routine
from listener.tasks import first_of

HOUR = timedelta(hours=1)


async def test_work_is_done_at_once_and_again_when_asked() -> None:
    done: list[str] = []
    twice = asyncio.Event()

    async def work() -> list[Trouble]:
        done.append("work")
        return []

    def then() -> None:
        done.append("then")
        if len(done) == 4:
            twice.set()
        else:
            routine.ask()

    routine = Routine(work, every=HOUR, then=then)
    async with asyncio.timeout(5):
        await first_of(routine.run(), twice.wait())
    assert done == ["work", "then"] * 2


async def test_it_says_whether_it_ever_succeeded_and_what_is_wrong_now() -> None:
    results = [[Trouble(event="keeper.graph_away", said="", check="", is_hasty=True)], []]
    seen: list[tuple[bool, bool, int]] = []
    ended = asyncio.Event()

    async def work() -> list[Trouble]:
        return results.pop(0)

    def then() -> None:
        seen.append((routine.has_run, routine.has_succeeded, len(routine.troubles)))
        if not results:
            ended.set()

    routine = Routine(work, every=HOUR, then=then)
    async with asyncio.timeout(5):
        await first_of(routine.run(), ended.wait())
    assert seen == [(True, False, 1), (True, True, 0)]
