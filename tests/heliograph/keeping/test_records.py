import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from heliograph.errors import LeaseLost
from heliograph.keeping.records import AT_ONCE, Records
from heliograph.queue.connection import connect
from heliograph.registrations import FENCE_KEY, Registrations
from heliograph.subscriptions import Registration


class App:
    def __init__(self, tenant_id: str = "t") -> None:
        self.tenant_id = tenant_id
        self.client_id = "c"


def a_registration(id_: str, tenant: str = "t") -> Registration:
    return Registration(id=id_, tenant_id=tenant, client_id="c", resource="users", kind="users")


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Registrations]:
    redis = connect(redis_url)
    yield Registrations(redis)
    await redis.aclose()


async def test_each_app_has_its_own(store: Registrations) -> None:
    await store.put(a_registration("r1"), a_registration("r2", "other"))
    records = Records(store)
    await records.open(None)
    assert [one.id for one in records.of(App())] == ["r1"]
    assert [one.id for one in records.of(App("other"))] == ["r2"]
    assert records.of(App("third")) == []
    assert records.get("r3") is None


async def test_what_is_written_is_stored_first(store: Registrations) -> None:
    records = Records(store)
    await records.open(None)
    await records.put(*[a_registration(f"r{n}") for n in range(AT_ONCE + 1)])
    assert len(await store.all()) == len(records.of(App())) == AT_ONCE + 1
    await records.remove(["r0"])
    assert await store.get("r0") is None
    assert records.get("r0") is None


async def test_under_an_old_fence_nothing_is_written_and_nothing_remembered(
    store: Registrations, redis_url: str
) -> None:
    redis = connect(redis_url)
    await redis.set(FENCE_KEY, 8)
    await redis.aclose()
    records = Records(store)
    await records.open(7)
    with pytest.raises(LeaseLost):
        await records.put(a_registration("r1"))
    assert records.get("r1") is None


async def test_edits_at_the_same_time_are_all_kept(store: Registrations) -> None:
    """A list corrects the end of a subscription while its renewal is being recorded."""
    records = Records(store)
    await records.open(None)
    await records.put(a_registration("r1"))
    one = a_registration("r1")
    await asyncio.gather(
        records.update([one], lambda was: msgspec.structs.replace(was, expires_at=5)),
        records.update([one], lambda was: msgspec.structs.replace(was, renewed_at=7)),
    )
    stored = await store.get("r1")
    assert stored is not None
    assert (stored.expires_at, stored.renewed_at) == (5, 7)
