"""Retention: dead letters that are older than letters are kept are erased, and that is told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from arq.worker import Function, func

from heliograph.queue.dead_letters import Wanted, find
from heliograph.queue.partition import Partition
from heliograph.queue.schedule import Schedule
from heliograph.queue.settling import Settling
from heliograph.routing import Handler
from workers.timing import now

SCHEDULE = Schedule(function="heliograph.retention", every=timedelta(hours=1))

log = structlog.get_logger()


class Retention:
    """Erases dead letters by age."""

    def __init__(
        self, partitions: Sequence[Partition], settling: Settling, *, keep: timedelta
    ) -> None:
        self._partitions = partitions
        self._settling = settling
        self._keep = int(keep.total_seconds() * 1000)

    async def __call__(self) -> int:
        """Erases what is due; how many letters that were."""
        due = await find(self._partitions, Wanted(until=now() - self._keep))
        answers = [await self._settling.expire(found) for found in due]
        erased = sum(answer.done for answer in answers)
        if erased:
            log.info("dead_letters.erased", letters=erased)
        return erased


def scheduled(
    partitions: Sequence[Partition], routes: Sequence[Handler], *, keep: timedelta | None
) -> tuple[list[Function], list[Schedule]]:
    """The function that erases what is older than *keep*, and its schedule; none for None."""
    if keep is None:
        return [], []
    retention = Retention(partitions, Settling(routes, who="retention"), keep=keep)

    async def erase(ctx: dict[Any, Any]) -> int:  # noqa: ARG001 (arq's shape)
        return await retention()

    return [func(erase, name=SCHEDULE.function)], [SCHEDULE]
