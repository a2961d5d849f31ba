"""What others ask of the keeper: a hash in Redis, from which nothing is lost.

An order stands once, with the number of times it was given, so that forged or repeated lifecycle
notifications cost little. One that is given again while it is carried out stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import msgspec
import structlog
from redis.asyncio import Redis

from heliograph.registrations import asking

KEY = "heliograph:{registry}:orders:given"
WAKE_KEY = "heliograph:{registry}:orders:wake"

MOST = 10_000
"""More orders than this are not kept: the keeper's own rounds find what is left to do."""

log = structlog.get_logger()

What = Literal["renew", "recreate", "resync", "expand", "adopt", "remove", "rekey"]

# KEYS: the orders, the wake-up. ARGV: the order, the most.
_PUSH = """
local given = redis.call('HEXISTS', KEYS[1], ARGV[1])
if given == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
if redis.call('LLEN', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], 1) end
return 1 - given
"""

# KEYS: the orders. ARGV: the order, how often it had been given when it was read.
_DONE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
"""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, array_like=True):
    """One thing for the keeper to do about one registration. *reason* is a short word.

    `renew` answers a challenge, `recreate` follows a removal, `resync` a loss, `remove` a command.
    `adopt` names in *reason* a subscription that is not ours and may be removed. `expand` says that
    a group or a list of users has changed, `rekey` that there is a newer key. All three have a
    *tenant* (its id) in the place of a registration.
    """

    what: What
    registration: str = ""
    reason: str = ""
    version: int = 1
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An order as it waits: given *count* times so far."""

    order: Order
    record: bytes = field(repr=False)
    count: int


class Orders:
    """The keeper's orders. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._push = redis.register_script(_PUSH)
        self._done = redis.register_script(_DONE)

    async def push(self, order: Order) -> bool:
        """Gives *order* and wakes the keeper; False where it waits already, or too many do."""
        record = msgspec.msgpack.encode(order)
        with asking():
            return bool(await self._push(keys=[KEY, WAKE_KEY], args=[record, MOST]))

    async def wait(self, timeout: timedelta) -> None:  # noqa: ASYNC109 (Redis does the waiting)
        """Returns when an order was given, or after *timeout*.

        *timeout* must be shorter than the connection waits for an answer.
        """
        with asking():
            await self._redis.execute_command("BLPOP", WAKE_KEY, timeout.total_seconds())

    async def given(self) -> list[Given]:
        """Every order that is not done, in no order."""
        with asking():
            records: Mapping[bytes, bytes] = await self._redis.execute_command("HGETALL", KEY)
        found = []
        for record, count in records.items():
            try:
                order = msgspec.msgpack.decode(record, type=Order)
                found.append(Given(order=order, record=record, count=int(count)))
            except (msgspec.DecodeError, ValueError):
                log.warning("orders.unreadable", size=len(record))
                await self._drop(record)
        return found

    async def done(self, given: Given) -> None:
        """Says that an order needs nothing more, unless it was given again meanwhile."""
        with asking():
            await self._done(keys=[KEY], args=[given.record, given.count])

    async def _drop(self, record: bytes) -> None:
        with asking():
            await self._redis.execute_command("HDEL", KEY, record)
