"""What the workers ask of the keeper: a list in Redis, from which nothing is lost.

An order that waits already is not added again, so that forged or repeated lifecycle notifications
cost little. One that was taken stays in a second list until it is done.
"""

from datetime import timedelta
from typing import Any, Literal

import msgspec
import structlog
from redis.asyncio import Redis

from heliograph.registrations import asking

KEY = "heliograph:{registry}:orders"
TAKEN_KEY = "heliograph:{registry}:orders:taken"

MOST = 10_000
"""More orders than this are not kept: the keeper's own rounds find what is left to do."""

log = structlog.get_logger()

What = Literal["renew", "recreate", "resync", "expand"]

# KEYS: the list. ARGV: the order, the most.
_PUSH = """
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
if redis.call('LPOS', KEYS[1], ARGV[1]) then return 0 end
redis.call('LPUSH', KEYS[1], ARGV[1])
return 1
"""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, array_like=True):
    """One thing for the keeper to do about one registration. *reason* is a short word.

    `renew` answers a challenge, `recreate` follows a removal, `resync` a loss; `expand` (without a
    registration) says that a group or a list of users has changed.
    """

    what: What
    registration: str = ""
    reason: str = ""
    version: int = 1


class Orders:
    """The keeper's list. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._push = redis.register_script(_PUSH)

    async def push(self, order: Order) -> bool:
        """Adds *order* and wakes the keeper; False where it waits already, or the list is full."""
        with asking():
            return bool(await self._push(keys=[KEY], args=[msgspec.msgpack.encode(order), MOST]))

    async def next(self, timeout: timedelta) -> Order | None:  # noqa: ASYNC109 (Redis does the waiting)
        """The oldest order, at once or when one comes within *timeout*; it must be ended by `done`.

        *timeout* must be shorter than the connection waits for an answer.
        """
        with asking():
            record: Any = await self._redis.execute_command(
                "BLMOVE", KEY, TAKEN_KEY, "RIGHT", "LEFT", timeout.total_seconds()
            )
        if record is None:
            return None
        try:
            return msgspec.msgpack.decode(record, type=Order)
        except msgspec.DecodeError:
            log.warning("orders.unreadable", size=len(record))
            await self._drop(record)
            return None

    async def done(self, order: Order) -> None:
        """Says that *order* needs nothing more."""
        await self._drop(msgspec.msgpack.encode(order))

    async def restore(self) -> None:
        """Puts back what an earlier keeper took and did not end."""
        with asking():
            while await self._redis.lmove(TAKEN_KEY, KEY, "LEFT", "RIGHT") is not None:
                pass

    async def _drop(self, record: bytes) -> None:
        with asking():
            await self._redis.execute_command("LREM", TAKEN_KEY, 0, record)
