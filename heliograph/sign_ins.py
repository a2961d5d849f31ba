"""The sign-ins of users, as they lie in Redis: a hash for each tenant, sealed records by user.

`heliograph login` writes them; whoever calls Graph for a user reads them, and renews them.
"""

import msgspec
import structlog
from redis.asyncio import Redis

from heliograph.errors import SealBroken
from heliograph.graph.auth import SignIn
from heliograph.registrations import asking
from heliograph.sealing import Sealer

# KEYS: the hash. ARGV: field, the time of the sign-in, record.
# A user who has signed out meanwhile stays signed out, one who has signed in again keeps that.
_RENEW = """
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if kept and string.sub(kept, 1, #ARGV[2]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ARGV[3])
end
"""
_TIME_DIGITS = 15

log = structlog.get_logger()


class SignIns:
    """The sign-ins of a deployment. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._renew = redis.register_script(_RENEW)

    async def find(self, tenant_id: str, user: str | None) -> SignIn | None:
        """That of *user*, by id or name; where it is None, the newest one."""
        found = await self.all(tenant_id)
        return next((one for one in found if user is None or one.is_of(user)), None)

    async def all(self, tenant_id: str) -> list[SignIn]:
        """Every sign-in of a tenant that can be opened, the newest first."""
        with asking():
            records: dict[bytes, bytes] = await self._redis.execute_command(
                "HGETALL", _key(tenant_id)
            )
        opened = [
            self._open(tenant_id, user_id.decode(errors="replace"), record)
            for user_id, record in records.items()
        ]
        found = [one for one in opened if one is not None]
        return sorted(found, key=lambda one: (one.signed_in_at, one.user_id), reverse=True)

    async def put(self, sign_in: SignIn) -> None:
        """Keeps a new sign-in, in place of an older one of the same user."""
        record = _time(sign_in) + self._seal(sign_in)
        with asking():
            await self._redis.execute_command(
                "HSET", _key(sign_in.tenant_id), sign_in.user_id, record
            )

    async def renew(self, sign_in: SignIn) -> None:
        """Keeps a newer refresh token of the same sign-in, if it is still there."""
        key, seal = _key(sign_in.tenant_id), self._seal(sign_in)
        with asking():
            await self._renew(keys=[key], args=[sign_in.user_id, _time(sign_in), seal])

    async def remove(self, sign_in: SignIn) -> None:
        """Forgets a sign-in."""
        with asking():
            await self._redis.execute_command("HDEL", _key(sign_in.tenant_id), sign_in.user_id)

    def _seal(self, sign_in: SignIn) -> bytes:
        place = _place(sign_in.tenant_id, sign_in.user_id)
        return self._sealer.seal(msgspec.msgpack.encode(sign_in), place)

    def _open(self, tenant_id: str, user_id: str, record: bytes) -> SignIn | None:
        """One that was not made by us is reported, and stops nobody from using the others."""
        try:
            opened = self._sealer.open(record[_TIME_DIGITS:], _place(tenant_id, user_id))
            return msgspec.msgpack.decode(opened, type=SignIn)
        except (SealBroken, msgspec.DecodeError) as error:
            log.warning("sign_ins.unreadable", user_id=user_id[:64], reason=type(error).__name__)
            return None


def _key(tenant_id: str) -> str:
    return f"heliograph:{{registry}}:sign-ins:{tenant_id}"


def _place(tenant_id: str, user_id: str) -> str:
    return f"{_key(tenant_id)}/{user_id}"


def _time(sign_in: SignIn) -> bytes:
    return f"{sign_in.signed_in_at:0{_TIME_DIGITS}d}".encode()
