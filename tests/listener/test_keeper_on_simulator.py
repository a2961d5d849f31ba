"""The keeper as it runs, against the simulator: tokens, TLS, handshakes, and a real Redis."""

import asyncio
import base64
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from heliograph.queue.connection import connect
from heliograph.registrations import Registrations, Settled
from heliograph.settings import (
    AuditSettings,
    ClientSecret,
    ListenerSettings,
    RedisSettings,
    Secret,
    Settings,
    SubscriptionWish,
    Tenant,
    WorkerSettings,
)
from heliograph.simulator.server import Options, Running, running
from listener.keeper import Keeper
from listener.keeper_app import build, main

SOON = 10.0
UPDATES = ("updated", "deleted")


@pytest.fixture
async def simulator() -> AsyncIterator[Running]:
    async with running(Options(users=4, allow_http=True)) as simulator:
        yield simulator


@asynccontextmanager
async def a_receiver(port: int = 0) -> AsyncIterator[int]:
    """Answers handshakes, and takes whatever else comes, on the port that it yields."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        (token,) = parse_qs(urlsplit(target).query).get("validationToken", [""])
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(token)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n{token}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def settings(simulator: Running, redis_url: str, *, port: int, folder: Path) -> Settings:
    ready = {key: value or "" for key, value in simulator.ready.items()}
    tenant = Tenant(
        name="contoso",
        tenant_id=ready["tenant_id"],
        client_id=ready["client_id"],
        credential=ClientSecret(secret=Secret(ready["client_secret"])),
        graph=ready["graph"],
        authority=ready["authority"],
        ca_file=Path(ready["ca_file"]),
    )
    people = tuple(simulator.world.directory.users.rows)
    return Settings(
        directory=folder,
        tenants={"contoso": tenant},
        subscriptions=wishes(people),
        listener=ListenerSettings(public_url=f"http://127.0.0.1:{port}"),
        workers=WorkerSettings(),
        redis=RedisSettings(url=Secret(redis_url)),
        handlers={},
        audit=AuditSettings(url=Secret("")),
        root_secrets=(Secret(base64.b64encode(b"r" * 32).decode()),),
    )


def wishes(people: tuple[str, ...]) -> tuple[SubscriptionWish, ...]:
    """What the demo watches: mail as rich notifications, the rest basic."""
    mail = SubscriptionWish(
        tenant="contoso",
        resource="users/{id}/messages",
        change_types=("created", *UPDATES),
        rich=True,
        select=("subject", "from"),
        for_each=people,
    )
    directory = [
        SubscriptionWish(tenant="contoso", resource=name, change_types=UPDATES)
        for name in ("users", "groups")
    ]
    mailbox = [
        SubscriptionWish(
            tenant="contoso", resource=f"users/{{id}}/{name}", change_types=UPDATES, for_each=people
        )
        for name in ("events", "contacts")
    ]
    return (mail, *directory, *mailbox)


@asynccontextmanager
async def at_work(chosen: Settings) -> AsyncIterator[Keeper]:
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        keeper = await build(chosen, stack)
        task = asyncio.create_task(keeper.run(stop))
        try:
            yield keeper
        finally:
            stop.set()
            await asyncio.wait_for(task, SOON)


async def settled(redis_url: str) -> Settled:
    redis = connect(redis_url)
    try:
        async with asyncio.timeout(SOON):
            while (found := await Registrations(redis).settled()) is None:  # noqa: ASYNC110 (another process sets it)
                await asyncio.sleep(0.02)
            return found
    finally:
        await redis.aclose()


async def test_the_watch_of_a_whole_tenant_is_set_up(
    simulator: Running, redis_url: str, tmp_path: Path
) -> None:
    async with a_receiver() as port:
        chosen = settings(simulator, redis_url, port=port, folder=tmp_path)
        async with at_work(chosen):
            assert (await settled(redis_url)).desired == 2 + 3 * 4
    held = simulator.world.registry.all()
    assert len(held) == 14
    assert {s.notification_url for s in held} == {f"http://127.0.0.1:{port}/graph/notifications"}
    assert {s.lifecycle_url for s in held} == {f"http://127.0.0.1:{port}/graph/lifecycle"}
    assert len([s for s in held if s.is_rich]) == 4
    assert len({s.client_state for s in held}) == 14


async def test_a_restart_leaves_everything_as_it_is(
    simulator: Running, redis_url: str, tmp_path: Path
) -> None:
    async with a_receiver() as port:
        chosen = settings(simulator, redis_url, port=port, folder=tmp_path)
        async with at_work(chosen):
            await settled(redis_url)
        before = simulator.world.registry.all()
        async with at_work(chosen):
            await settled(redis_url)
    assert simulator.world.registry.all() == before


async def test_a_lost_redis_is_made_good_by_proofs(
    simulator: Running, redis_url: str, tmp_path: Path
) -> None:
    """Rich ones are replaced, as their keys were lost with the records; nothing is left over."""
    redis = connect(redis_url)
    async with a_receiver() as port:
        chosen = settings(simulator, redis_url, port=port, folder=tmp_path)
        async with at_work(chosen):
            await settled(redis_url)
        basic = {s.id for s in simulator.world.registry.all() if not s.is_rich}
        await redis.flushall()
        async with at_work(chosen):
            await settled(redis_url)
    held = simulator.world.registry.all()
    assert len(held) == 14
    assert {s.id for s in held if not s.is_rich} == basic
    await redis.aclose()


async def test_a_listener_that_comes_later_is_waited_for(
    simulator: Running, redis_url: str, tmp_path: Path
) -> None:
    async with a_receiver() as port:
        pass
    chosen = settings(simulator, redis_url, port=port, folder=tmp_path)
    async with at_work(chosen):
        await asyncio.sleep(0.3)  # the first handshakes have failed by then, or are about to
        async with a_receiver(port):
            assert (await settled(redis_url)).desired == 14


async def test_the_process_keeps_and_ends_at_sigterm(
    simulator: Running, redis_url: str, tmp_path: Path
) -> None:
    redis = connect(redis_url)
    async with a_receiver() as port:
        chosen = settings(simulator, redis_url, port=port, folder=tmp_path)
        process = multiprocessing.get_context("spawn").Process(target=main, args=(chosen,))
        process.start()
        try:
            await settled(redis_url)
        finally:
            process.terminate()
            await asyncio.to_thread(process.join, SOON)
    assert process.exitcode == 0
    assert not await redis.exists("heliograph:{registry}:keeper")
    await redis.aclose()
