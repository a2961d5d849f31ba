"""What a 202 waits for in each mode, on real servers."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis

from heliograph.errors import QueueUnavailable
from heliograph.queue.calls import Calls
from heliograph.queue.connection import Connector
from heliograph.queue.durability import Durability, durability_of
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.redis_server import RedisServer
from heliograph.sealing import Sealer
from heliograph.settings import RedisSettings, Secret

AnArrival = Callable[..., Arrival]


@asynccontextmanager
async def intake(url: Secret, mode: str) -> AsyncIterator[Intake]:
    durability = durability_of(RedisSettings(durability=mode))
    client = Connector(url=url).client(answer_within=durability.within)
    made = Intake([Partition(Calls(client, durability=durability), Sealer([b"r" * 32]))])
    yield made
    await made.close()
    await client.aclose()


@pytest.fixture
def replicated() -> Iterator[tuple[RedisServer, RedisServer]]:
    """A primary and its replica."""
    with RedisServer() as primary:
        password = primary.url.reveal().split(":")[2].split("@")[0]
        options = {"replicaof": f"127.0.0.1 {primary.port}", "masterauth": password}
        with RedisServer(options=options) as replica:
            with redis.Redis.from_url(primary.url.reveal()) as client:
                client.set("warm", "1")
                while client.wait(1, 1_000) < 1:
                    pass
            yield primary, replica


def stored(url: Secret) -> int:
    with redis.Redis.from_url(url.reveal()) as client:
        count = client.zcard("arq:queue:{p0}:looks")
        assert isinstance(count, int)
        return count


async def test_replicated_answer_means_that_the_replica_has_it(
    replicated: tuple[RedisServer, RedisServer], an_arrival: AnArrival
) -> None:
    primary, replica = replicated
    async with intake(primary.url, "replicated") as ours:
        for number in range(20):
            await ours.store([an_arrival(f"u{number}")])
            assert stored(replica.url) == number + 1


async def test_l07_without_its_replica_a_post_is_not_accepted(
    replicated: tuple[RedisServer, RedisServer], an_arrival: AnArrival
) -> None:
    primary, replica = replicated
    replica.kill()
    async with intake(primary.url, "replicated") as ours:
        with pytest.raises(QueueUnavailable, match="expected WAIT to reach 1, got 0"):
            await ours.store([an_arrival()])
    replica.start()


async def test_l06_strict_answer_means_that_it_is_on_disk(
    tmp_path: Path, an_arrival: AnArrival
) -> None:
    """Power fails after the answer: all that lies behind the synced end of the file is gone."""
    server = RedisServer(tmp_path / "redis", options={"appendfsync": "always"})
    with server:
        async with intake(server.url, "strict") as ours:
            for number in range(10):
                await ours.store([an_arrival(f"u{number}")])
            (aof,) = (tmp_path / "redis").rglob("*.incr.aof")
            answered = aof.stat().st_size
            for number in range(10, 20):
                await ours.store([an_arrival(f"u{number}")])
        server.kill()
        with aof.open("r+b") as file:
            file.truncate(answered)
        server.start()
        assert stored(server.url) == 10


async def test_l06_transaction_that_is_cut_in_half_is_dropped_whole(
    tmp_path: Path, an_arrival: AnArrival
) -> None:
    """L4 as well: of a script either everything is in the file or nothing counts."""
    with RedisServer(tmp_path / "redis") as server:
        async with intake(server.url, "standard") as ours:
            await ours.store([an_arrival("first")])
            await ours.store([an_arrival(f"u{number}") for number in range(50)])
        server.stop()
        (aof,) = (tmp_path / "redis").rglob("*.incr.aof")
        with aof.open("r+b") as file:
            file.truncate(aof.stat().st_size - 200)
        server.start()
        assert stored(server.url) == 1


@pytest.mark.parametrize(
    ("mode", "answer", "is_enough"),
    [
        ("strict", [1, 0], True),
        ("strict", [0, 0], False),
        ("replicated", 1, True),
        ("replicated", 0, False),
        ("replicated", redis.ResponseError("WAIT cannot be used with replica instances"), False),
    ],
)
def test_answer_that_confirms_too_little_is_a_fault(
    mode: str, answer: object, is_enough: bool
) -> None:
    fault = durability_of(RedisSettings(durability=mode)).fault(answer)
    assert (fault is None) is is_enough


def test_standard_waits_for_nothing_more() -> None:
    assert durability_of(RedisSettings()) == Durability()
