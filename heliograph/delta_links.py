"""How far the changes of each watched collection have been followed: delta links, sealed in Redis.

A link tells what a tenant holds, and leads on only with a token; it is kept like other records.
"""

import msgspec
import structlog
from redis.asyncio import Redis

from heliograph.errors import SealBroken
from heliograph.registrations import asking
from heliograph.sealing import Sealer

KEY = "heliograph:{registry}:delta"

log = structlog.get_logger()


class DeltaLink(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go on, and the time (ms since 1970) from which on everything may still be untold."""

    link: str
    since: int
    version: int = 1


class DeltaLinks:
    """The links by the name of what they follow. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    async def get(self, name: str) -> DeltaLink | None:
        """The link of *name*; None where there is none that can be used."""
        with asking():
            sealed: bytes | None = await self._redis.execute_command("HGET", KEY, name)
        if sealed is None:
            return None
        try:
            opened = self._sealer.open(sealed, _place(name))
            return msgspec.msgpack.decode(opened, type=DeltaLink)
        except (SealBroken, msgspec.DecodeError) as error:
            log.warning("delta.unreadable", reason=type(error).__name__)
            return None

    async def put(self, name: str, link: DeltaLink) -> None:
        """Keeps *link* in the place of the one before."""
        sealed = self._sealer.seal(msgspec.msgpack.encode(link), _place(name))
        with asking():
            await self._redis.execute_command("HSET", KEY, name, sealed)


def _place(name: str) -> str:
    return f"{KEY}/{name}"
