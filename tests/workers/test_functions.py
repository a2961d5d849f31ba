"""Plain arq functions: enqueued by arq's own client, run by our worker, inspected by arq's tools."""

import pickle
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from arq import Retry
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus, SerializationError
from arq.worker import Function, func

from heliograph.queue.claims import Claim
from heliograph.queue.connection import Connector
from heliograph.queue.dead_letters import Wanted, find
from heliograph.queue.partition import Partition
from heliograph.queue.settling import Settling
from heliograph.settings import Secret
from workers.functions import Functions

Take = Callable[..., Awaitable[list[Claim]]]


@pytest.fixture
async def client(redis_url: str, partition: Partition) -> AsyncIterator[ArqRedis]:
    """What a program of the user's own has: arq's client, with our serializer and queue."""
    pool = Connector(url=Secret(redis_url)).arq_client(queue=partition.keys.queue("functions"))
    yield pool
    await pool.aclose(close_connection_pool=True)


async def add(ctx: dict[str, Any], a: int, *, b: int = 0) -> int:
    assert ctx["greeting"] == "hello"
    return a + b


async def fails(ctx: dict[str, Any]) -> None:
    raise ValueError("no")


async def waits(ctx: dict[str, Any]) -> str:
    if ctx["job_try"] == 1:
        raise Retry(defer=0)
    return f"try {ctx['job_try']}"


def functions(*named: Function) -> Functions:
    return Functions([func(add), func(waits), *named], {"greeting": "hello"}, worker="w")


async def result_of(job: Job | None) -> Any:
    assert job is not None
    return await job.result(timeout=1, poll_delay=0.01)


async def test_plain_function_runs_and_its_result_reaches_arqs_client(
    client: ArqRedis, take: Take
) -> None:
    job = await client.enqueue_job("add", 1, b=2)
    (claim,) = await take()
    await functions()(claim)
    assert await result_of(job) == 3
    assert await take() == []


async def test_arqs_client_inspects_the_queue(client: ArqRedis, take: Take) -> None:
    job = await client.enqueue_job("add", 1, b=2, _defer_by=60)
    assert job is not None
    assert await job.status() is JobStatus.deferred
    (queued,) = await client.queued_jobs()
    assert (queued.function, queued.args, queued.kwargs) == ("add", (1,), {"b": 2})
    info = await job.info()
    assert info is not None
    assert info.enqueue_time.timestamp() == pytest.approx(time.time(), abs=60)
    soon = await client.enqueue_job("add", 5)
    assert soon is not None
    (claim,) = await take()
    assert await soon.status() is JobStatus.in_progress
    await functions()(claim)
    assert await soon.status() is JobStatus.complete
    (done,) = await client.all_job_results()
    assert (done.function, done.result, done.success) == ("add", 5, True)


async def test_retry_of_arq_is_honoured(client: ArqRedis, take: Take) -> None:
    job = await client.enqueue_job("waits")
    for _ in range(2):
        (claim,) = await take()
        await functions()(claim)
    assert await result_of(job) == "try 2"


async def test_payload_of_a_function_that_is_retried_lives_on(
    client: ArqRedis, take: Take, partition: Partition
) -> None:
    """L11: arq gives a payload a day to live, however often it is still to be tried."""
    job = await client.enqueue_job("waits")
    assert job is not None
    key = partition.keys.job(job.job_id)
    assert await client.pttl(key) > 0
    (claim,) = await take()
    await functions()(claim)
    assert await client.pttl(key) == -1


async def test_last_try_ends_in_the_dead_letters(
    client: ArqRedis, take: Take, partition: Partition
) -> None:
    job = await client.enqueue_job("fails")
    (claim,) = await take()
    await functions(func(fails, max_tries=1))(claim)
    with pytest.raises(SerializationError, match="ValueError: no"):
        await result_of(job)
    (letter,) = await find([partition], Wanted())
    assert letter.letter.reason == "ValueError: no"
    await Settling([], who="x").retry(letter)
    (again,) = await take()
    assert again.record == claim.record


async def test_unknown_function_is_parked_not_deleted(client: ArqRedis, take: Take) -> None:
    """L18: plain arq deletes it."""
    job = await client.enqueue_job("not_here")
    assert job is not None
    (claim,) = await take()
    await functions()(claim)
    assert await job.status() is JobStatus.deferred


async def test_pickle_is_refused(client: ArqRedis, take: Take, partition: Partition) -> None:
    """Threat S17: who can write to Redis is no author of code."""
    ran: list[str] = []

    class Bomb:
        def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
            return ran.append, ("boom",)

    record: dict[str, Any] = {"t": None, "f": "add", "a": (Bomb(),), "k": {}, "et": 1}
    await client.set(partition.keys.job("bomb"), pickle.dumps(record))
    await client.zadd(partition.keys.queue("functions"), {"bomb": 0})
    (claim,) = await take()
    await functions()(claim)
    assert not ran
    (letter,) = await find([partition], Wanted())
    assert letter.letter.reason.startswith("unreadable: ")


async def test_payload_that_expired_is_counted_not_run(
    client: ArqRedis, take: Take, partition: Partition
) -> None:
    job = await client.enqueue_job("add", 1, _expires=timedelta(milliseconds=1))
    assert job is not None
    while await client.exists(partition.keys.job(job.job_id)):
        pass
    assert await take() == []
    assert await partition.read_counts() == {"expired:function": 1}


async def test_function_that_calls_exit_ends_its_job_not_its_worker(
    client: ArqRedis, take: Take
) -> None:
    async def leaves(ctx: dict[str, Any]) -> None:
        raise SystemExit(1)

    await client.enqueue_job("leaves")
    (claim,) = await take()
    await functions(func(leaves, name="leaves"))(claim)
