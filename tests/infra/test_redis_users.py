"""infra/redis/users.acl on the real server: each role may do what it must, and no more (S18)."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import redis

from heliograph.encryption_keys import EncryptionKeys
from heliograph.lanes import Lane
from heliograph.lease import Lease
from heliograph.notifications import News
from heliograph.orders import Order, Orders
from heliograph.queue.calls import Calls, scripts
from heliograph.queue.claims import Claim
from heliograph.queue.connection import BLOCK_AT_MOST, connect
from heliograph.queue.dead_letters import Wanted, find
from heliograph.queue.deployment import open_deployment
from heliograph.queue.ends import End, LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.keys import QUEUES, Keys
from heliograph.queue.partition import Partition
from heliograph.queue.records import DeadLetter
from heliograph.queue.schedule import Schedule
from heliograph.queue.self_check import require_safe
from heliograph.queue.settling import Settling
from heliograph.queue.worker import LeaseWorker
from heliograph.redis_server import RedisServer
from heliograph.registrations import KEY as REGISTRATIONS
from heliograph.registrations import Registrations
from heliograph.sealing import Sealer
from heliograph.settings import Settings
from tests.listener.builders import a_body, a_registration, an_item
from tests.listener.process import ROOT, a_request, running
from tests.listener.wired import SECRET, STATES, configured

ACL = ROOT / "infra" / "redis" / "users.acl"
ROLES = ("listener", "keeper", "worker", "admin")
KEYS = Keys()
JOB = "{p0}00"
"""A job's id."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that reads the file; its default user is ours, so that the test can look."""
    folder = tmp_path_factory.mktemp("redis")
    acl = folder / "users.acl"
    made = RedisServer(folder / "data", options={"aclfile": f'"{acl}"'})
    password = made.url.reveal().split(":")[2].split("@")[0]
    _, *roles = ACL.read_text("utf-8").splitlines()
    acl.write_text("\n".join([f"user default on >{password} ~* &* +@all", *roles, ""]), "utf-8")
    with made as running_server:
        yield running_server


@pytest.fixture
def admin(server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url.reveal()) as client:
        for role in ROLES:
            client.execute_command("ACL", "SETUSER", f"heliograph-{role}", f">{role}-password")
        yield client


def url_of(server: RedisServer, role: str) -> str:
    return f"redis://heliograph-{role}:{role}-password@127.0.0.1:{server.port}/0"


def test_nobody_can_log_in_before_passwords_are_set(server: RedisServer) -> None:
    assert all(">" not in line and "nopass" not in line for line in ACL.read_text().splitlines())
    assert ACL.read_text().startswith("user default off ")


def evalsha(name: str, *keys: str) -> tuple[str, ...]:
    return ("EVALSHA", scripts()[name].digest, str(len(keys)), *keys)


STORE = evalsha(
    "store",
    KEYS.wake,
    KEYS.counts,
    KEYS.queue("looks"),
    KEYS.job(JOB),
    KEYS.news(JOB),
    KEYS.bucket("r"),
)
COMMIT = evalsha("commit_look", KEYS.queue("looks"), KEYS.claim(JOB), KEYS.snapshot(JOB), KEYS.dead)
MATRIX: dict[tuple[str, ...], str] = {
    ("PING",): "listener keeper worker admin",
    ("INFO", "memory"): "listener keeper worker admin",
    ("TIME",): "listener keeper worker admin",
    ("SCRIPT", "LOAD", "return 1"): "listener keeper worker admin",
    STORE: "listener keeper worker admin",
    ("WAIT", "1", "100"): "listener keeper worker",
    ("ZCARD", KEYS.queue("runs")): "listener worker admin",
    ("HGET", REGISTRATIONS, "r1"): "listener keeper worker admin",
    ("HSET", REGISTRATIONS, "r1", "x"): "keeper worker admin",
    ("BLPOP", "heliograph:{registry}:orders:wake", "1"): "keeper worker",
    ("HGETALL", "heliograph:{registry}:keys"): "keeper worker admin",
    ("BLPOP", KEYS.wake, "1"): "keeper worker",
    COMMIT: "worker admin",
    ("GET", KEYS.snapshot(JOB)): "worker admin",
    ("LRANGE", KEYS.runs(JOB), "0", "-1"): "worker admin",
    ("HGETALL", KEYS.journal(JOB)): "worker admin",
    ("HSCAN", KEYS.dead, "0"): "keeper worker admin",
    ("SET", KEYS.claim(JOB), "stolen"): "worker admin",
    ("CONFIG", "GET", "appendfsync"): "worker admin",
    ("EVAL", "return 1", "0"): "worker",
    ("MULTI",): "worker admin",
    ("GET", "somebody:elses"): "",
    ("SET", "somebody:elses", "x"): "",
    ("KEYS", "*"): "",
    ("FLUSHALL",): "",
    ("FLUSHDB",): "",
    ("SWAPDB", "0", "1"): "",
    ("CONFIG", "SET", "appendonly", "no"): "",
    ("DEBUG", "SLEEP", "0"): "",
    ("SHUTDOWN",): "",
    ("REPLICAOF", "NO", "ONE"): "",
    ("ACL", "SETUSER", "x"): "",
    ("CLIENT", "KILL", "TYPE", "normal"): "",
    ("CLIENT", "PAUSE", "1"): "",
    ("MONITOR",): "",
    ("SCRIPT", "FLUSH"): "",
    ("SCRIPT", "KILL"): "",
    ("FUNCTION", "LOAD", "x"): "",
    ("MIGRATE", "h", "1", "k", "0", "1"): "",
    ("MODULE", "LOAD", "x"): "",
    ("SAVE",): "",
}


@pytest.mark.parametrize("command", MATRIX, ids=lambda command: " ".join(command)[:40])
def test_s18_each_role_may_do_what_it_must_and_no_more(
    admin: redis.Redis, command: tuple[str, ...]
) -> None:
    may = MATRIX[command].split()
    allowed = [
        role
        for role in ROLES
        if admin.execute_command("ACL", "DRYRUN", f"heliograph-{role}", *command) == b"OK"
    ]
    assert allowed == may


def test_listener_works_with_its_own_user(
    server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    admin.flushdb()
    put_registration(admin)
    more = 'accept = ["appendfsync"]'
    config = configured(tmp_path, url_of(server, "listener"), more=more)
    command = [sys.executable, "-m", "listener", "--config", str(config), "--no-keeper"]
    with running(command) as process:
        while process.get("/readyz")[0] != 200:
            pass
        body = a_body(an_item(clientState=STATES.make("r1")))
        answer = process.exchange(a_request(body, head=b"connection: close\r\n"))
    assert int(answer.split()[1]) == 202
    assert admin.zcard(KEYS.queue("looks")) == 1


def put_registration(admin: redis.Redis) -> None:
    record = b"\x01" + msgspec.msgpack.encode(a_registration())
    admin.execute_command("HSET", REGISTRATIONS, "r1", record)


async def test_keeper_works_with_its_own_user(server: RedisServer, admin: redis.Redis) -> None:
    admin.flushdb()
    client = connect(url_of(server, "keeper"), answer_within=2 * BLOCK_AT_MOST)
    registrations, orders, lease = Registrations(client), Orders(client), Lease(client)
    fence = await lease.acquire()
    assert fence is not None
    await registrations.put(a_registration(), fence=fence)
    assert await registrations.all() == [a_registration()]
    order = Order(what="renew", registration="r1")
    await orders.push(order)
    await orders.wait(timedelta(seconds=1))
    (given,) = await orders.given()
    await orders.done(given)
    assert await orders.given() == []
    keys = EncryptionKeys(client, Sealer([SECRET]))
    assert (await keys.current()).id in await keys.private_keys()
    news = News(registration="r1", subscription_id="", received_at=1, source="delta")
    lane = Lane(tenant="t", kind="subscriptions", id="r1")
    intake = Intake([Partition(Calls(client), Sealer([SECRET]))])
    await intake.store([Arrival(lane=lane, news=news, urgent=True)])
    assert await lease.renew(fence)
    await intake.close()
    await client.aclose()


async def test_worker_and_admin_work_with_their_own_users(
    server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    admin.flushdb()
    settings = Settings.load(configured(tmp_path, url_of(server, "worker")), {})
    done = asyncio.Event()

    async def work(claim: Claim) -> None:
        if claim.kind == "function":
            await claim.partition.end_function(claim, End())
            return
        letter = DeadLetter(
            queue=claim.queue, job_id=claim.job_id, record=claim.record, reason="x", died_at=1
        )
        await claim.partition.end_look(claim, LookEnd(dead=letter))
        done.set()

    async with open_deployment(settings) as queue:
        await require_safe(queue.redis, settings.redis, lease=settings.workers.lease)
        pool = queue.connector.arq_client(queue=KEYS.queue("functions"))
        schedule = Schedule(function="x", every=timedelta(hours=1))
        worker = LeaseWorker(
            queue, dict.fromkeys(QUEUES, work), pool=pool, name="w", schedules=[schedule]
        )
        running_worker = asyncio.create_task(worker.async_run())
        news = News(registration="r1", subscription_id="s", received_at=1)
        lane = Lane(tenant="t", kind="users", id="u1")
        await Intake(queue.partitions).store([Arrival(lane=lane, news=news)])
        await done.wait()
        worker.handle_sig(signal.SIGTERM)
        await running_worker
        await pool.aclose(close_connection_pool=True)
    settings = Settings.load(configured(tmp_path, url_of(server, "admin")), {})
    async with open_deployment(settings) as queue:
        (letter, *_) = await find(queue.partitions, Wanted())
        assert (await Settling([], who="x").drop(letter)).done
