"""Rich notifications from the simulator, while the keeper moves its subscriptions to new keys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from heliograph.encryption import decrypt_with
from heliograph.encryption_keys import EncryptionKeys
from heliograph.errors import DecryptionFailed, EncryptionKeyUnknown
from heliograph.keeping.key_ring import KeyRing
from heliograph.notifications import EncryptedContent
from heliograph.orders import Order, Orders
from heliograph.queue.calls import Calls
from heliograph.queue.connection import connect
from heliograph.queue.partition import Partition
from heliograph.registrations import Registrations
from heliograph.sealing import Sealer
from heliograph.simulator.server import Running
from tests.listener.test_keeper_on_simulator import at_work, settings, settled

ROOT = b"r" * 32
WITHIN_SECONDS = 60.0


@dataclass
class Reader:
    """What was told, read as the workers read it."""

    keys: EncryptionKeys
    subjects: set[str] = field(default_factory=set)
    key_ids: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    async def read(self, body: bytes) -> None:
        for item in msgspec.json.decode(body)["value"]:
            content = msgspec.convert(item["encryptedContent"], EncryptedContent)
            id_ = content.encryption_certificate_id
            try:
                plain = decrypt_with(content, await self.keys.private_keys(id_))
            except (DecryptionFailed, EncryptionKeyUnknown) as error:
                self.failures.append(repr(error))
                continue
            self.key_ids.add(id_)
            self.subjects.add(msgspec.json.decode(plain)["subject"])


@asynccontextmanager
async def receiving(reader: Reader) -> AsyncIterator[int]:
    """A port of loopback that shakes hands, and hands what is posted to *reader*."""

    async def answer(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        head = (await source.readuntil(b"\r\n\r\n")).decode()
        lengths = [
            int(line.partition(":")[2])
            for line in head.lower().splitlines()
            if line.startswith("content-length:")
        ]
        body = await source.readexactly(sum(lengths))
        query = parse_qs(urlsplit(head.split(" ")[1]).query)
        (token,) = query.get("validationToken", [""])
        if not token:
            await reader.read(body)
        answered = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(token)}"
        sink.write(f"{answered}\r\nConnection: close\r\n\r\n{token}".encode())
        await sink.drain()
        sink.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@dataclass(frozen=True)
class Told:
    """How it went: *sent* mails, and what was read of them."""

    sent: set[str]
    reader: Reader
    keys: list[str]


async def rotate_while_mail_comes(
    simulator: Running, redis_url: str, folder: Path, *, mails: int, rotations: int
) -> Told:
    """*mails* arrive, spread over all mailboxes, while keys are rotated in the middle of them."""
    redis, sealer = connect(redis_url), Sealer([ROOT])
    reader = Reader(EncryptionKeys(redis, sealer))
    ring = KeyRing(
        keys=EncryptionKeys(redis, sealer),
        registrations=Registrations(redis),
        partitions=[Partition(Calls(redis), sealer)],
        clock=lambda: datetime.now(UTC),
    )
    sent: set[str] = set()
    async with receiving(reader) as port:
        chosen = settings(simulator, redis_url, port=port, folder=folder)
        rich = tuple(wish for wish in chosen.subscriptions if wish.rich)
        chosen = replace(chosen, subscriptions=rich)
        (tenant,) = chosen.tenants.values()
        async with at_work(chosen):
            await settled(redis_url)
            for _ in range(rotations):
                key_id = (await ring.add(made_by="test")).id
                await Orders(redis).push(Order(what="rekey", tenant=tenant.tenant_id))
                await _send(simulator, sent, mails // rotations // 2)
                await _until(partial(_is_everywhere, simulator, key_id))
                await _send(simulator, sent, mails // rotations // 2)
            await _until(lambda: simulator.world.post_office.pending == 0)
    keys = [key.id for key in await ring.keys.all()]
    await redis.aclose()
    return Told(sent=sent, reader=reader, keys=keys)


async def _send(simulator: Running, sent: set[str], number: int) -> None:
    for _ in range(number):
        sent.add(_mail(simulator, len(sent)))
        await asyncio.sleep(0)  # the keeper goes on meanwhile


async def _until(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not claim():  # noqa: ASYNC110 (the simulator sets no event for it)
            await asyncio.sleep(0.01)


def _mail(simulator: Running, number: int) -> str:
    outlook, people = simulator.world.outlook, list(simulator.world.directory.users.rows)
    subject = f"mail {number}"
    outlook.mail.receive(outlook.boxes.of(people[number % len(people)]), {"subject": subject})
    return subject


def _is_everywhere(simulator: Running, key_id: str) -> bool:
    held = simulator.world.registry.all()
    return bool(held) and all(s.certificate and s.certificate.id == key_id for s in held)
