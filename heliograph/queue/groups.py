"""Group commit: what many ask for while one call is under way is done together by the next one.

So a call costs the more the less, the more there is to do; and when there is little, nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from heliograph.errors import QueueUnavailable

T = TypeVar("T")

MOST = 500
"""Members of one group, unless one asks for more by himself: the first must not wait for many."""


class Groups(Generic[T]):
    """Hands what is asked for to *act*, many at once; *act* raises QueueUnavailable for all."""

    def __init__(self, act: Callable[[Sequence[T], float], Awaitable[None]]) -> None:
        """*act* gets the members, and when (by the loop's clock) the first of them came."""
        self._act = act
        self._open: deque[_Group[T]] = deque()
        self._acting: asyncio.Task[None] | None = None

    async def join(self, members: Sequence[T]) -> None:
        """Returns when *members* were part of a group that succeeded. Raises QueueUnavailable."""
        loop = asyncio.get_running_loop()
        if not self._open or not self._open[-1].has_room(members):
            self._open.append(_Group(loop.time()))
        done = self._open[-1].add(members, loop.create_future())
        if self._acting is None:
            self._acting = asyncio.create_task(self._act_on_all())
        await done

    async def _act_on_all(self) -> None:
        try:
            while self._open:
                await self._act_on(self._open.popleft())
        finally:
            self._acting = None

    async def _act_on(self, group: "_Group[T]") -> None:
        error: QueueUnavailable | None = QueueUnavailable("expected to be done, but was given up")
        try:
            await self._act(group.members, group.since)
            error = None
        except QueueUnavailable as refused:
            error = refused
        finally:
            group.end(error)
            if error is not None:
                self._give_up(error)

    def _give_up(self, error: QueueUnavailable) -> None:
        """Nobody waits for what has just failed for others."""
        while self._open:
            self._open.popleft().end(error)


class _Group(Generic[T]):
    """Those who wait for one call."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.members: list[T] = []
        self._waiting: list[asyncio.Future[None]] = []

    def has_room(self, members: Sequence[T]) -> bool:
        return len(self.members) + len(members) <= MOST

    def add(self, members: Sequence[T], done: asyncio.Future[None]) -> asyncio.Future[None]:
        self.members += members
        self._waiting.append(done)
        return done

    def end(self, error: QueueUnavailable | None) -> None:
        for done in self._waiting:
            if done.done():  # who waited has gone
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
