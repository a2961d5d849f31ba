"""Many wishes, few calls."""

import asyncio
from collections.abc import Sequence

import pytest

from heliograph.errors import QueueUnavailable
from heliograph.queue.groups import MOST, Groups


class Acts:
    """Calls that end when the test says so."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.ends: list[asyncio.Future[None]] = []

    async def __call__(self, members: Sequence[int], since: float) -> None:
        assert since <= asyncio.get_running_loop().time()
        self.calls.append(list(members))
        self.ends.append(asyncio.get_running_loop().create_future())
        await self.ends[-1]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def joining(groups: Groups[int], *members: int) -> asyncio.Task[None]:
    return asyncio.create_task(groups.join(members))


async def test_one_alone_waits_for_nobody() -> None:
    acts = Acts()
    alone = joining(Groups(acts), 1)
    await turns()
    assert acts.calls == [[1]]
    acts.ends[0].set_result(None)
    await alone


async def test_all_who_come_during_a_call_share_the_next() -> None:
    acts = Acts()
    groups = Groups(acts)
    first = joining(groups, 1)
    await turns()
    others = [joining(groups, 2, 3), joining(groups, 4)]
    await turns()
    assert acts.calls == [[1]]
    acts.ends[0].set_result(None)
    await turns()
    assert acts.calls == [[1], [2, 3, 4]]
    assert first.done()
    assert not any(other.done() for other in others)
    acts.ends[1].set_result(None)
    await asyncio.gather(*others)


async def test_a_failure_is_told_at_once_to_all_who_wait() -> None:
    acts = Acts()
    groups = Groups(acts)
    waiting = [joining(groups, 1)]
    await turns()
    waiting.append(joining(groups, 2))
    await turns()
    acts.ends[0].set_exception(QueueUnavailable("away"))
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(one) for one in told] == ["away", "away"]
    assert acts.calls == [[1]]
    again = joining(groups, 3)
    await turns()
    acts.ends[1].set_result(None)
    await again


async def test_who_gives_up_spoils_nothing_for_the_others() -> None:
    acts = Acts()
    groups = Groups(acts)
    gone, stays = joining(groups, 1), joining(groups, 2)
    await turns()
    gone.cancel()
    acts.ends[0].set_result(None)
    await stays
    assert gone.cancelled()


async def test_a_group_is_bounded_but_never_splits_a_wish() -> None:
    acts = Acts()
    groups = Groups(acts)
    first = joining(groups, 0)
    await turns()
    big = [
        joining(groups, *range(MOST - 1)),
        joining(groups, 1, 2),
        joining(groups, *range(MOST * 2)),
    ]
    await turns()
    for number in range(4):
        acts.ends[number].set_result(None)
        await turns()
    await asyncio.gather(first, *big)
    assert [len(call) for call in acts.calls] == [1, MOST - 1, 2, MOST * 2]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_mistake_of_ours_leaves_nobody_waiting() -> None:
    async def broken(members: Sequence[int], since: float) -> None:
        raise RuntimeError

    with pytest.raises(QueueUnavailable):
        await Groups(broken).join([1])
