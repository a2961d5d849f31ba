"""The keys of a deployment, on a real Redis: what names them keeps them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from heliograph.encryption_keys import LANE, EncryptionKeys
from heliograph.errors import QueueUnavailable
from heliograph.keeping.key_ring import Held, KeyRing
from heliograph.lanes import Lane
from heliograph.notifications import EncryptedContent, News
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import DeadLetter
from heliograph.registrations import Registrations
from heliograph.sealing import Sealer
from heliograph.subscriptions import Registration
from tests.partitions import Take, partition, take

__all__ = ["partition", "take"]

MAIL = Lane(tenant="t", kind="messages", id="m1", owner="u1")


@dataclass
class Site:
    partition: Partition
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @property
    def ring(self) -> KeyRing:
        redis = self.partition.calls.redis
        return KeyRing(
            keys=EncryptionKeys(redis, self.partition.sealer),
            registrations=Registrations(redis),
            partitions=[self.partition],
            clock=lambda: self.now,
        )

    async def two_keys(self) -> tuple[str, str]:
        old = await self.ring.add(made_by="test")
        return old.id, (await self.ring.add(made_by="test")).id

    async def held(self) -> dict[str, Held]:
        return {one.key.id: one for one in await self.ring.look()}

    async def retired_after_six_hours(self) -> list[str]:
        await self.ring.retire()
        self.now += timedelta(hours=6)
        return await self.ring.retire()


@pytest.fixture
async def site(partition: Partition) -> Site:
    await partition.calls.redis.flushall()
    return Site(partition)


def rich(key_id: str) -> News:
    content = EncryptedContent(
        data="", data_key="", data_signature="", encryption_certificate_id=key_id
    )
    return News(registration="r", subscription_id="s", received_at=1, encrypted_content=content)


async def test_a_new_key_is_the_newest_even_where_clocks_differ(site: Site) -> None:
    first = await site.ring.add(made_by="test")
    site.now -= timedelta(minutes=10)
    second = await site.ring.add(bits=3072, made_by="test")
    held = await site.held()
    assert held[second.id].state == "current"
    assert held[second.id].key.private.key_size == 3072
    assert held[first.id].state == "old"


async def test_an_old_key_goes_after_five_hours_and_the_newest_stays(site: Site) -> None:
    old, new = await site.two_keys()
    assert await site.ring.retire() == []
    site.now += timedelta(hours=5)
    assert await site.ring.retire() == []
    site.now += timedelta(seconds=1)
    assert await site.ring.retire() == [old]
    assert list(await site.held()) == [new]
    site.now += timedelta(days=1)
    assert await site.ring.retire() == []


async def test_a_key_that_a_subscription_names_stays(site: Site) -> None:
    old, _ = await site.two_keys()
    registration = Registration(
        id="r", tenant_id="t", client_id="c", resource="x", kind="messages", key_id=old
    )
    await site.ring.registrations.put(registration)
    assert await site.retired_after_six_hours() == []
    assert (await site.held())[old].state == "rotating"
    await site.ring.registrations.remove("r")
    assert await site.ring.retire() == []  # the five hours begin now
    assert await site.retired_after_six_hours() == [old]


@pytest.mark.parametrize("urgent", [False, True], ids=["a lane", "a lane of its subscription"])
async def test_a_key_that_waiting_news_names_stays(site: Site, urgent: bool) -> None:
    old, _ = await site.two_keys()
    arrival = Arrival(lane=MAIL, news=rich(old), urgent=urgent)
    await Intake([site.partition]).store([arrival])
    assert await site.retired_after_six_hours() == []
    assert (await site.held())[old].use.lanes == 1


async def test_a_key_that_a_look_at_work_needs_stays(site: Site, take: Take) -> None:
    old, _ = await site.two_keys()
    await Intake([site.partition]).store([Arrival(lane=MAIL, news=rich(old))])
    claims = await take()
    assert len(claims) == 2  # the other one tells of the keys
    assert await site.retired_after_six_hours() == []


async def test_a_key_that_a_dead_letter_names_stays(site: Site, take: Take) -> None:
    old, _ = await site.two_keys()
    await Intake([site.partition]).store([Arrival(lane=MAIL, news=rich(old))])
    for claim in await take():
        letter = DeadLetter(
            queue=claim.queue,
            job_id=claim.job_id,
            record=claim.record,
            reason="test",
            died_at=1,
            news=dict(claim.news),
        )
        await site.partition.end_look(claim, LookEnd(dead=letter))
    held = (await site.held())[old]
    assert (held.use.lanes, held.use.dead_letters) == (0, 1)
    assert await site.retired_after_six_hours() == []


async def test_what_cannot_be_read_here_might_name_any_key(site: Site) -> None:
    """A process with another root secret sealed it: no key goes before that is known."""
    await site.two_keys()
    other = Partition(site.partition.calls, Sealer([b"o" * 32]))
    await Intake([other]).store([Arrival(lane=MAIL, news=rich("?"))])
    with pytest.raises(QueueUnavailable, match="root secret"):
        await site.retired_after_six_hours()


async def test_each_change_of_the_keys_is_told(site: Site, take: Take) -> None:
    await site.ring.add(made_by="test")
    (claim,) = await take()
    assert claim.job_id == site.partition.keys.look_job(LANE)
