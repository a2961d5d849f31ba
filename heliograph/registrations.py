"""The registrations, as they lie in Redis: one hash, a record for each.

The keeper writes them; the listener and the workers read them. What a record means stands in
`subscriptions`, who may write in `lease`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from heliograph.errors import LeaseLost, QueueUnavailable
from heliograph.subscriptions import Registration

# The hash tag keeps what a script needs together in one slot of a cluster.
KEY = "heliograph:{registry}:registrations"
SETTLED_KEY = "heliograph:{registry}:keeper:settled"
FENCE_KEY = "heliograph:{registry}:keeper:fence"

_SCHEMA = b"\x01"

# KEYS: the hash, the counter of fencing numbers. ARGV: fence or "", then fields and records or "".
_WRITE = """
if ARGV[1] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
for at = 2, #ARGV, 2 do
  if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[at])
  else redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
return 1
"""

_READ_AT_ONCE = 1_000


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Graph agreed with the configuration at *at* (ms since 1970), by *desired* subscriptions."""

    at: int
    desired: int
    tenants: int
    fence: int


@contextmanager
def asking() -> Iterator[None]:
    """Turns a Redis that cannot be asked into QueueUnavailable."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        reason = f"expected an answer from Redis, got {type(error).__name__}"
        raise QueueUnavailable(reason) from error


class Registrations:
    """What Heliograph knows of its subscriptions. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._write = redis.register_script(_WRITE)

    async def get(self, id_: str) -> Registration | None:
        """The registration *id_*, None where there is none."""
        with asking():
            record: bytes | None = await self._redis.execute_command("HGET", KEY, id_)
        return None if record is None else _decode(record)

    async def all(self) -> list[Registration]:
        """Every registration, in no order. Redis is not held up for all of them at once."""
        found: dict[bytes, Registration] = {}
        cursor = 0
        while True:
            with asking():
                answer: tuple[int, dict[bytes, bytes]] = await self._redis.execute_command(
                    "HSCAN", KEY, cursor, "COUNT", _READ_AT_ONCE
                )
            cursor, records = answer
            found |= {name: _decode(record) for name, record in records.items()}
            if cursor == 0:
                return list(found.values())

    async def put(self, *registrations: Registration, fence: int | None = None) -> None:
        """Stores *registrations*. Raises LeaseLost where *fence* is not the newest keeper's."""
        pairs = [part for one in registrations for part in (one.id, _encode(one))]
        await self._change(pairs, fence)

    async def remove(self, id_: str, *, fence: int | None = None) -> None:
        """Forgets the registration *id_*. Raises LeaseLost where *fence* is not the newest one."""
        await self._change([id_, b""], fence)

    async def settled(self) -> Settled | None:
        """What the keeper last said of Graph and the configuration; None while they differ."""
        with asking():
            record = await self._redis.get(SETTLED_KEY)
        return None if record is None else msgspec.msgpack.decode(record, type=Settled)

    async def put_settled(self, settled: Settled | None) -> None:
        """Says that Graph and the configuration agree, or that they do not."""
        with asking():
            if settled is None:
                await self._redis.delete(SETTLED_KEY)
            else:
                await self._redis.set(SETTLED_KEY, msgspec.msgpack.encode(settled))

    async def _change(self, pairs: list[str | bytes], fence: int | None) -> None:
        guard = "" if fence is None else str(fence)
        with asking():
            done = await self._write(keys=[KEY, FENCE_KEY], args=[guard, *pairs])
        if not done:
            raise LeaseLost("expected to be the keeper still, but another one has taken over")


def _encode(registration: Registration) -> bytes:
    return _SCHEMA + msgspec.msgpack.encode(registration)


def _decode(record: bytes) -> Registration:
    if record[:1] != _SCHEMA:
        # A newer Heliograph wrote it: to say "unknown" would drop what is genuine.
        raise QueueUnavailable(f"expected a registration of schema 1, got {record[:1].hex()}")
    try:
        return msgspec.msgpack.decode(record[1:], type=Registration)
    except msgspec.DecodeError as error:
        raise QueueUnavailable("expected a registration, got other bytes") from error
