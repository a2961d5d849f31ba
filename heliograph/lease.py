"""The keeper's lease in Redis: one keeper at a time, numbered, so that an old one cannot write.

The number (fence) grows with every new holder. A keeper that slept through the end of its lease may
still call, but its fence is refused by `registrations`.
"""

from datetime import timedelta

from redis.asyncio import Redis

from heliograph.registrations import FENCE_KEY, asking

KEY = "heliograph:{registry}:keeper"

LASTS = timedelta(seconds=15)
RENEW_EVERY = timedelta(seconds=4)
ASK_EVERY = timedelta(seconds=2)
"""How often one that waits asks: it takes over within 17 s of the holder's last sign."""

# KEYS: the lease, the counter of fencing numbers. ARGV: milliseconds.
_ACQUIRE = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local fence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], fence, 'PX', ARGV[1])
return fence
"""

# KEYS: the lease. ARGV: the fence, milliseconds (0: give it back).
_HOLD = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""


class Lease:
    """Says who is the keeper. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis, *, lasts: timedelta = LASTS) -> None:
        self._milliseconds = int(lasts.total_seconds() * 1000)
        self._acquire = redis.register_script(_ACQUIRE)
        self._hold = redis.register_script(_HOLD)

    async def acquire(self) -> int | None:
        """The fence of a new holder, None while another one holds the lease."""
        with asking():
            fence = await self._acquire(keys=[KEY, FENCE_KEY], args=[self._milliseconds])
        return int(fence) or None

    async def renew(self, fence: int) -> bool:
        """Holds the lease a while longer; False where it is lost."""
        with asking():
            return bool(await self._hold(keys=[KEY], args=[fence, self._milliseconds]))

    async def release(self, fence: int) -> None:
        """Gives the lease back, if it is still held."""
        with asking():
            await self._hold(keys=[KEY], args=[fence, 0])
