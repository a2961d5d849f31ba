from collections.abc import AsyncIterator

import msgspec
import pytest
from redis.asyncio import Redis

from heliograph.errors import QueueUnavailable
from heliograph.graph.auth import SignIn
from heliograph.queue.connection import connect
from heliograph.sealing import Sealer
from heliograph.sign_ins import SignIns

TENANT = "7a0c3f6e-52a9-4d5e-9d1b-5b8a6f1c2d3e"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def sign_ins(redis: Redis) -> SignIns:
    return SignIns(redis, Sealer([b"r" * 32]))


def a_sign_in(user: str = "lene", *, at: int = 1, token: str = "", tenant: str = TENANT) -> SignIn:
    return SignIn(
        tenant_id=tenant,
        user_id=f"id-of-{user}",
        user_name=f"{user}@contoso.com",
        permissions=("Files.Read",),
        signed_in_at=at,
        refresh_token=token or "refresh-0",
    )


async def test_a_sign_in_is_found_by_id_by_name_and_as_the_newest(sign_ins: SignIns) -> None:
    lene, amir = a_sign_in("lene", at=2), a_sign_in("amir", at=1)
    await sign_ins.put(lene)
    await sign_ins.put(amir)
    assert await sign_ins.find(TENANT, "ID-OF-AMIR") == amir
    assert await sign_ins.find(TENANT, "Lene@Contoso.com") == lene
    assert await sign_ins.find(TENANT, None) == lene
    assert await sign_ins.find(TENANT, "nobody") is None
    assert await sign_ins.all(TENANT) == [lene, amir]


async def test_tenants_are_kept_apart(sign_ins: SignIns) -> None:
    await sign_ins.put(a_sign_in(tenant="other"))
    assert await sign_ins.find(TENANT, None) is None


async def test_signing_in_again_takes_the_place_of_the_older(sign_ins: SignIns) -> None:
    await sign_ins.put(a_sign_in(at=1))
    await sign_ins.put(a_sign_in(at=2, token="newer"))
    (one,) = await sign_ins.all(TENANT)
    assert one.refresh_token == "newer"


async def test_a_renewed_token_takes_the_place_of_the_older(sign_ins: SignIns) -> None:
    await sign_ins.put(a_sign_in())
    await sign_ins.renew(a_sign_in(token="newer"))
    found = await sign_ins.find(TENANT, None)
    assert found is not None
    assert found.refresh_token == "newer"


async def test_who_has_signed_out_stays_signed_out(sign_ins: SignIns) -> None:
    """A process that renews the token at this very moment must not bring it back."""
    await sign_ins.put(a_sign_in())
    await sign_ins.remove(a_sign_in())
    await sign_ins.renew(a_sign_in(token="newer"))
    assert await sign_ins.all(TENANT) == []


async def test_a_token_of_an_older_sign_in_does_not_replace_a_newer_one(sign_ins: SignIns) -> None:
    await sign_ins.put(a_sign_in(at=20, token="of the second"))
    await sign_ins.renew(a_sign_in(at=2, token="of the first"))
    found = await sign_ins.find(TENANT, None)
    assert found is not None
    assert found.refresh_token == "of the second"


async def test_no_token_and_no_name_lies_open_in_redis(sign_ins: SignIns, redis: Redis) -> None:
    await sign_ins.put(a_sign_in(token="a refresh token"))
    await sign_ins.renew(a_sign_in(token="a refresh token"))
    (key,) = await redis.keys("*")
    (record,) = (await redis.execute_command("HGETALL", key)).values()
    assert b"refresh token" not in record
    assert b"lene@" not in record


async def test_a_record_that_was_moved_or_made_by_others_is_nobody_s(
    sign_ins: SignIns, redis: Redis
) -> None:
    await sign_ins.put(a_sign_in())
    (key,) = await redis.keys("*")
    records = await redis.execute_command("HGETALL", key)
    (record,) = records.values()
    await redis.execute_command("DEL", key)
    await redis.execute_command("HSET", key, "id-of-amir", record, "x", b"forged", "y", b"")
    assert await sign_ins.all(TENANT) == []


async def test_a_rotated_root_secret_still_opens(sign_ins: SignIns, redis: Redis) -> None:
    await sign_ins.put(a_sign_in())
    rotated = SignIns(redis, Sealer([b"n" * 32, b"r" * 32]))
    assert await rotated.find(TENANT, None) == a_sign_in()


async def test_a_redis_that_is_away_is_told() -> None:
    away = connect("redis://127.0.0.1:1/0")
    with pytest.raises(QueueUnavailable):
        await SignIns(away, Sealer([b"r" * 32])).find(TENANT, None)
    await away.aclose()


def test_fields_that_a_later_version_adds_do_no_harm() -> None:
    record = msgspec.msgpack.encode({**msgspec.to_builtins(a_sign_in()), "device": "x"})
    assert msgspec.msgpack.decode(record, type=SignIn) == a_sign_in()
