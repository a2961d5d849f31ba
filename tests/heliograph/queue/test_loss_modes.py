"""Loss modes of the queue, each by its row: real Redis, real worker, real faults, in one process.

What needs processes that die stands in `tests/chaos`; what any interleaving may do, in the
simulation.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis

from heliograph.errors import QueueUnavailable
from heliograph.lanes import Lane
from heliograph.queue.calls import Calls
from heliograph.queue.claims import Claim
from heliograph.queue.connection import connect
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import RunRecord
from heliograph.queue.worker import Limits
from heliograph.redis_server import RedisServer
from heliograph.sealing import Sealer
from tests.chaos.proxy import FaultProxy
from tests.partitions import Take, running
from workers.ending import persist

AnArrival = Callable[..., Arrival]
ARun = Callable[..., RunRecord]

LEASE = timedelta(seconds=2)


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """One that the test may kill, freeze and fill."""
    with RedisServer() as server:
        yield server


def partition_at(url: str) -> Partition:
    return Partition(Calls(connect(url)), Sealer([b"r" * 32]))


def through(proxy: FaultProxy, server: RedisServer) -> str:
    return server.url.reveal().replace(f":{server.port}/", f":{proxy.port}/")


async def close(*partitions: Partition) -> None:
    for partition in partitions:
        await partition.calls.redis.aclose()


class Sink:
    """Ends looks, and counts them by lane."""

    def __init__(self, *, takes: float = 0.0) -> None:
        self.done: Counter[str] = Counter()
        self.crashes = 0
        self._takes = takes

    async def __call__(self, claim: Claim) -> None:
        self.crashes += claim.crashes
        await asyncio.sleep(self._takes)
        await persist(lambda: claim.partition.end_look(claim, LookEnd()))
        self.done[claim.job_id] += 1

    async def until(self, lanes: int) -> None:
        while len(self.done) < lanes:  # noqa: ASYNC110 (the worker's tasks set no event of ours)
            await asyncio.sleep(0.01)


def claims_left(url: str) -> list[str]:
    with redis.Redis.from_url(url) as client:
        return [key.decode() for key in client.scan_iter("arq:in-progress:*")]


async def test_l03_post_whose_answer_was_lost_is_repeated_without_harm(
    own_redis: RedisServer, an_arrival: AnArrival
) -> None:
    with FaultProxy(own_redis.port) as proxy:
        partition = partition_at(through(proxy, own_redis))
        await partition.reserve({})
        intake = Intake([partition])
        proxy.faults.cut_answer = 1.0
        with pytest.raises(QueueUnavailable):
            await intake.store([an_arrival()])
        proxy.faults.cut_answer = 0.0
        repeated = Intake([partition])
        await repeated.store([an_arrival(received_at=2_000)])
        (claim,) = await Take(partition)()
        assert len(claim.news) == 1, "it joined what was stored"
        await intake.close()
        await close(partition)


async def test_l09_full_redis_refuses_news_and_is_drained_without_help(
    own_redis: RedisServer, an_arrival: AnArrival, a_run: ARun
) -> None:
    """Plain arq dies of it and drains nothing: every command that ends work wants memory."""
    url = own_redis.url.reveal()
    partition = partition_at(url)
    await Intake([partition]).store([an_arrival(f"u{number}") for number in range(50)])
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory", "1mb")
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            client.set("more", "x")
        intake = Intake([partition])
        with pytest.raises(QueueUnavailable, match=r"OOM|OutOfMemory"):
            await intake.store([an_arrival("one more")])
        sink = Sink()
        async with running(partition, url, sink):
            await sink.until(50)
        client.config_set("maxmemory", "0")
    assert claims_left(url) == []
    await intake.close()
    await close(partition)


async def test_l10_nothing_that_waits_ever_expires(
    partition: Partition, take: Take, an_arrival: AnArrival, a_run: ARun
) -> None:
    await Intake([partition]).store([an_arrival("u1"), an_arrival("u2")])
    (look, _) = await take()
    await partition.end_look(look, LookEnd(snapshot=b"x", runs=[a_run()]))
    client = partition.calls.redis
    mortal = {
        key.decode() async for key in client.scan_iter() if await client.pttl(key.decode()) >= 0
    }
    assert {key for key in mortal if ":bucket:" not in key} == set()


async def test_l14_sigterm_at_any_moment_leaves_no_claim_and_counts_nothing(
    own_redis: RedisServer, an_arrival: AnArrival
) -> None:
    chance = random.Random(14)  # noqa: S311 (chance that can be repeated)
    url = own_redis.url.reveal()
    stored = partition_at(url)
    await Intake([stored]).store([an_arrival(f"u{number}") for number in range(60)])
    with FaultProxy(own_redis.port) as proxy:
        slow = through(proxy, own_redis)
        for stop in range(10):
            proxy.faults.delay = (0.001, 0.001) if stop % 2 else (0.025, 0.025)
            partition = partition_at(slow)
            sink = Sink(takes=0.05)
            limits = Limits(slots=5, grace=timedelta(milliseconds=20))
            async with running(partition, slow, sink, limits):
                await asyncio.sleep(chance.uniform(0.0, 0.3))
            assert claims_left(url) == []
            assert sink.crashes == 0
            await close(partition)
    with redis.Redis.from_url(url) as client:
        assert list(client.scan_iter("arq:retry:*")) == []
    await close(stored)


async def test_l15_worker_survives_restarts_and_freezes_and_keeps_its_work(
    own_redis: RedisServer, an_arrival: AnArrival
) -> None:
    """Plain arq ends its process. Nobody else took the work, so that it is not even done twice."""
    url = own_redis.url.reveal()
    partition = partition_at(url)
    await Intake([partition]).store([an_arrival(f"u{number}") for number in range(5)])
    working = asyncio.Event()
    go_on = asyncio.Event()
    starts: Counter[str] = Counter()

    async def work(claim: Claim) -> None:
        starts[claim.job_id] += 1
        if len(starts) == 5:
            working.set()
        await go_on.wait()
        await persist(lambda: claim.partition.end_look(claim, LookEnd()))

    async with running(partition, url, work, Limits(lease=timedelta(seconds=1))):
        await working.wait()
        await asyncio.to_thread(own_redis.kill)
        await asyncio.sleep(1.5)
        await asyncio.to_thread(own_redis.start)
        go_on.set()
        with redis.Redis.from_url(url) as client:
            while client.zcard("arq:queue:{p0}:looks"):  # noqa: ASYNC110 (the worker sets no event of ours)
                await asyncio.sleep(0.02)
    assert set(starts.values()) == {1}
    await close(partition)


async def test_l16_end_whose_answer_was_lost_is_no_second_run(
    own_redis: RedisServer, an_arrival: AnArrival
) -> None:
    with FaultProxy(own_redis.port) as proxy:
        url = through(proxy, own_redis)
        stored = partition_at(own_redis.url.reveal())
        await Intake([stored]).store([an_arrival()])
        partition = partition_at(url)
        done: list[str] = []

        async def work(claim: Claim) -> None:
            done.append(claim.job_id)
            proxy.faults.cut_answer = 1.0
            asyncio.get_running_loop().call_later(0.2, heal)
            await persist(lambda: claim.partition.end_look(claim, LookEnd()))

        def heal() -> None:
            proxy.faults.cut_answer = 0.0

        async with running(partition, url, work, Limits(lease=LEASE)):
            while not done or claims_left(own_redis.url.reveal()):  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3)
        assert len(done) == 1
        await close(stored, partition)


@pytest.mark.parametrize("seed", range(5))
async def test_l19_l20_last_state_is_seen_and_no_two_looks_overlap(
    partition: Partition, redis_url: str, an_arrival: AnArrival, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 (chance that can be repeated)
    truth: Counter[str] = Counter()
    seen: dict[str, int] = {}
    at_work: set[str] = set()

    async def work(claim: Claim) -> None:
        name = claim.record.decode(errors="replace").split("users/")[1][:2]
        assert name not in at_work
        at_work.add(name)
        state = truth[name]
        await asyncio.sleep(chance.uniform(0, 0.005))
        at_work.remove(name)
        seen[name] = state
        await claim.partition.end_look(claim, LookEnd())

    intake = Intake([partition])
    async with running(partition, redis_url, work):
        for _ in range(100):
            name = f"u{chance.randrange(5)}"
            truth[name] += 1
            await intake.store([an_arrival(name)])
            await asyncio.sleep(chance.uniform(0, 0.002))
        while seen != dict(truth):  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.01)


async def test_l22_same_lane_in_two_queues_is_two_jobs(
    partition: Partition, take: Take, an_arrival: AnArrival
) -> None:
    plain = an_arrival()
    urgent = Arrival(lane=plain.lane, news=plain.news, urgent=True)
    await Intake([partition]).store([plain, urgent])
    claims = await take()
    assert {claim.queue for claim in claims} == {"looks", "lifecycle"}
    for claim in claims:
        await partition.end_look(claim, LookEnd())
    assert await take() == []


async def test_l24_fresh_work_starts_though_the_head_is_full_of_orphans(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    """Plain arq reads the same hundred ids again and again."""
    await Intake([partition]).store([an_arrival(f"orphan{number}") for number in range(500)])
    orphans = 0
    while orphans < 500:
        orphans += len(await Take(partition)(timedelta(hours=1)))
    started = asyncio.Event()

    async def work(claim: Claim) -> None:
        started.set()
        await claim.partition.end_look(claim, LookEnd())

    async with running(partition, redis_url, work), asyncio.timeout(1):
        await Intake([partition]).store([an_arrival("fresh")])
        await started.wait()


async def test_l33_a_worker_that_stops_says_so_and_the_others_stay(
    partition: Partition, redis_url: str
) -> None:
    """arq has one health key for all workers, which whoever stops first takes along."""
    sink = Sink()
    client, keys = partition.calls.redis, partition.keys
    limits = Limits(lease=timedelta(seconds=1))
    async with running(partition, redis_url, sink, limits, name="stays"):
        async with running(partition, redis_url, sink, limits, name="goes"):
            while not await client.exists(keys.worker("goes")):  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.01)
        assert not await client.exists(keys.worker("goes"))
        for _ in range(10):
            assert await client.exists(keys.worker("stays"))
            await asyncio.sleep(0.15)


async def test_lifecycle_overtakes_a_flood(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    busy = asyncio.Event()
    handed_on = asyncio.Event()

    async def work(claim: Claim) -> None:
        if claim.queue == "lifecycle":
            await claim.partition.end_look(claim, LookEnd())
            handed_on.set()
            return
        busy.set()
        await asyncio.sleep(0.5)
        await claim.partition.end_look(claim, LookEnd())

    flood = [an_arrival(f"u{number}") for number in range(1_000)]
    lane = Lane(tenant="t", kind="subscriptions", id="r")
    limits = Limits(slots=2, grace=timedelta())
    async with running(partition, redis_url, work, limits):
        await Intake([partition]).store(flood)
        await busy.wait()
        urgent = Arrival(lane=lane, news=flood[0].news, urgent=True)
        async with asyncio.timeout(1):
            await Intake([partition]).store([urgent])
            await handed_on.wait()


async def test_suspect_runs_alone_and_is_not_blamed_for_its_wait(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    """L25: work over which two workers died waits until all else here has ended."""
    await Intake([partition]).store([an_arrival("suspect")])
    job_id = partition.keys.look_job(an_arrival("suspect").lane)
    await partition.calls.redis.set(partition.keys.crashes(job_id), 2)
    await Intake([partition]).store([an_arrival(f"u{number}") for number in range(20)])
    at_work: set[str] = set()
    beside: set[str] = set()
    done = Counter[str]()

    async def work(claim: Claim) -> None:
        at_work.add(claim.job_id)
        await asyncio.sleep(0.01)
        if job_id in at_work:
            beside.update(at_work - {job_id})
        at_work.remove(claim.job_id)
        await claim.partition.end_look(claim, LookEnd())
        done[claim.job_id] += 1

    async with running(partition, redis_url, work):
        while len(done) < 21:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.01)
    assert beside == set()


async def test_demoted_primary_is_left_for_whoever_bears_its_name_now(
    an_arrival: AnArrival,
) -> None:
    """Failover: connections to the old primary stay open, and answer only that it is read-only."""
    with RedisServer() as old:
        password = old.url.reveal().split(":")[2].split("@")[0]
        with RedisServer() as new, FaultProxy(old.port) as proxy:
            with redis.Redis.from_url(new.url.reveal()) as client:
                client.config_set("requirepass", password)
            partition = partition_at(through(proxy, old))
            await partition.reserve({})
            with redis.Redis.from_url(old.url.reveal()) as client:
                client.replicaof("127.0.0.1", str(new.port))
            proxy.target = new.port
            intake = Intake([partition])
            while True:
                try:
                    await intake.store([an_arrival()])
                except QueueUnavailable:
                    await asyncio.sleep(0.05)
                else:
                    break
            with redis.Redis(port=new.port, password=password) as client:
                assert client.zcard("arq:queue:{p0}:looks") == 1
            await intake.close()
            await close(partition)


async def test_stop_with_every_slot_taken_still_drains(
    partition: Partition, redis_url: str, an_arrival: AnArrival
) -> None:
    hangs = asyncio.Event()

    async def work(claim: Claim) -> None:
        hangs.set()
        await asyncio.Event().wait()

    limits = Limits(slots=1, grace=timedelta(milliseconds=20))
    works = [an_arrival(f"u{number}") for number in range(3)]
    async with asyncio.timeout(5), running(partition, redis_url, work, limits) as worker:
        await Intake([partition]).store(works)
        await hangs.wait()
        worker.handle_sig(signal.SIGTERM)
    assert claims_left(redis_url) == []
