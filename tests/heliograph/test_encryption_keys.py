import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from redis.asyncio import Redis

from heliograph import encryption_keys
from heliograph.encryption_keys import KEY, EncryptionKeys, make_key
from heliograph.queue.connection import connect
from heliograph.sealing import Sealer

SEALER = Sealer([b"r" * 32])


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


async def records(redis: Redis) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = await redis.execute_command("HGETALL", KEY)
    return found


async def test_a_key_is_made_once(redis: Redis) -> None:
    first = await EncryptionKeys(redis, SEALER).current()
    second = await EncryptionKeys(redis, SEALER).current()
    assert first.id == second.id
    assert first.certificate == second.certificate


async def test_a_key_is_made_once_for_all_who_need_it_together(redis: Redis) -> None:
    keys = EncryptionKeys(redis, SEALER)
    made = await asyncio.gather(*(keys.current() for _ in range(5)))
    assert len({key.id for key in made}) == 1


async def test_the_certificate_is_what_graph_wants() -> None:
    """Base64 of the DER, without PEM markers or line breaks (change-notifications.md, 1.1)."""
    now = datetime.now(UTC)
    key = make_key(now)
    certificate = x509.load_der_x509_certificate(b64decode(key.certificate, validate=True))
    public = certificate.public_key()
    assert isinstance(public, RSAPublicKey)
    assert public.key_size == 2_048
    assert public == key.private.public_key()
    assert certificate.not_valid_before_utc < now - timedelta(hours=1)
    assert len(key.id) <= 128


async def test_workers_get_the_private_keys_by_id(redis: Redis) -> None:
    key = await EncryptionKeys(redis, SEALER).current()
    keys = await EncryptionKeys(redis, SEALER).private_keys()
    assert {id_: k.private_numbers() for id_, k in keys.items()} == {
        key.id: key.private.private_numbers()
    }


async def test_keys_lie_sealed(redis: Redis) -> None:
    key = await EncryptionKeys(redis, SEALER).current()
    sealed = (await records(redis))[key.id.encode()]
    assert b64decode(key.certificate) not in sealed
    assert key.certificate.encode() not in sealed


async def test_a_key_under_another_name_is_left_out(redis: Redis) -> None:
    """A seal holds for one place: who can write to Redis cannot give a key a second name."""
    key = await EncryptionKeys(redis, SEALER).current()
    sealed = (await records(redis))[key.id.encode()]
    await redis.execute_command("HSET", KEY, "other", sealed)
    await redis.execute_command("HSET", KEY, b"\xff", b"garbage")
    assert set(await EncryptionKeys(redis, SEALER).private_keys()) == {key.id}


async def test_a_new_key_is_found_by_its_id(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encryption_keys, "READ_AGAIN_AFTER_SECONDS", 0.0)
    keys = EncryptionKeys(redis, SEALER)
    assert not await keys.private_keys("unknown")
    made = await EncryptionKeys(redis, SEALER).current()
    assert made.id in await keys.private_keys(made.id)


async def test_keys_that_follow_each_other_closely_are_all_found(redis: Redis) -> None:
    """A rotation is no forgery: what was found does not put off the next question."""
    keys = EncryptionKeys(redis, SEALER)
    for _ in range(3):
        key = make_key(datetime.now(UTC))
        await EncryptionKeys(redis, SEALER).put(key)
        assert key.id in await keys.private_keys(key.id)


async def test_unknown_ids_ask_redis_once_in_a_while(redis: Redis) -> None:
    made = await EncryptionKeys(redis, SEALER).current()
    keys = EncryptionKeys(redis, SEALER)
    await keys.private_keys("forged")
    await redis.flushall()
    for forged in range(5):
        assert set(await keys.private_keys(f"forged {forged}")) == {made.id}


async def test_a_key_does_not_show_its_secret(redis: Redis) -> None:
    shown: Any = repr(await EncryptionKeys(redis, SEALER).current())
    assert "private" not in shown


async def test_keys_outlive_the_root_secret_that_sealed_them(redis: Redis) -> None:
    key = await EncryptionKeys(redis, SEALER).current()
    both = EncryptionKeys(redis, Sealer([b"n" * 32, b"r" * 32]))
    await both.seal_anew()
    assert [one.id for one in await EncryptionKeys(redis, Sealer([b"n" * 32])).all()] == [key.id]
    before = await records(redis)
    await both.seal_anew()
    assert await records(redis) == before
