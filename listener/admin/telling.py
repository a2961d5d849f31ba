"""Tells what was asked for through the API, to the audit log and to every handler that cares."""

import time
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import uuid4

from heliograph.lanes import Lane
from heliograph.notifications import Act, News
from heliograph.queue.intake import Arrival


class Intake(Protocol):
    """Where arrivals are stored."""

    async def store(self, arrivals: Sequence[Arrival]) -> None: ...


class Telling:
    """Writes acts into the queue, by the common way of all that happens."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def tell(self, what: str, *, actor: str, details: dict[str, Any]) -> str:
        """The id of the act, once it is stored: before it is done, so that none is done untold.

        Raises QueueUnavailable.
        """
        # A lane each: a lane holds but so much news, and of this none may be left out.
        id_ = f"admin:{uuid4().hex}"
        at = time.time_ns() // 1_000_000
        news = News(
            registration="",
            subscription_id="",
            received_at=at,
            source="heliograph",
            act=Act(what=what, actor=actor, at=at, details=details),
        )
        lane = Lane(tenant="", kind="heliograph", id=id_)
        await self._intake.store([Arrival(lane=lane, news=news)])
        return id_
