"""The keeper minds the keys: it tells of new ones, and retires those that nothing names."""

import asyncio
import time
from datetime import timedelta

import structlog

from heliograph.errors import QueueUnavailable
from heliograph.keeping.key_ring import KeyRing

LOOK_EVERY = timedelta(seconds=30)
RETIRE_EVERY = timedelta(minutes=5)
"""What names old keys is searched for so often: that reads every registration and what waits."""

log = structlog.get_logger()


class KeyMinder:
    """Looks after the keys for as long as the keeper holds its lease."""

    def __init__(self, ring: KeyRing, *, every: timedelta = LOOK_EVERY) -> None:
        self._ring = ring
        self._every = every

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        told: list[str] = []
        retired_at = float("-inf")
        while True:
            try:
                # At the first look as well: whoever made them may have ended before it was told.
                ids = [key.id for key in await self._ring.keys.all()]
                if ids != told:
                    await self._ring.keys.seal_anew()
                    await self._ring.tell()
                    told = ids
                if time.monotonic() - retired_at >= RETIRE_EVERY.total_seconds():
                    for id_ in await self._ring.retire():
                        log.info("keys.retired", key_id=id_)
                    retired_at = time.monotonic()
            except QueueUnavailable as error:
                log.warning("keeper.keys_unread", said=str(error))
            await asyncio.sleep(self._every.total_seconds())
