"""The queue of one deployment, as its settings describe it: who opens it, and with what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog
from redis.asyncio import Redis

from heliograph.errors import QueueUnavailable
from heliograph.queue.calls import Calls
from heliograph.queue.connection import ANSWER_WITHIN, Connector
from heliograph.queue.durability import durability_of
from heliograph.queue.partition import Partition
from heliograph.queue.self_check import require_safe
from heliograph.sealing import Sealer
from heliograph.settings import Settings

ASK_AGAIN_SECONDS = 0.5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How Redis is reached, a client of it, and the partitions on it."""

    connector: Connector
    redis: Redis
    sealer: Sealer
    partitions: tuple[Partition, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Deployment":
        """Opens nothing yet; whoever made it closes its client."""
        connector, durability = Connector.of(settings.redis), durability_of(settings.redis)
        redis = connector.client(answer_within=max(ANSWER_WITHIN, durability.within))
        calls, sealer = Calls(redis, durability=durability), Sealer(settings.root_keys)
        return cls(
            connector=connector,
            redis=redis,
            sealer=sealer,
            partitions=tuple(
                Partition(calls, sealer, index=index) for index in range(settings.redis.partitions)
            ),
        )


def for_keeper(settings: Settings) -> Settings:
    """*settings* with the keeper's own user of Redis, where the roles have one each."""
    redis = settings.redis
    return replace(settings, redis=replace(redis, url=redis.keeper_url or redis.url))


@asynccontextmanager
async def open_deployment(settings: Settings) -> AsyncIterator[Deployment]:
    """The deployment, while the context lasts."""
    deployment = Deployment.of(settings)
    try:
        yield deployment
    finally:
        await deployment.redis.aclose()


def check_once(settings: Settings) -> None:
    """Raises RedisUnsafe where Redis would lose data. One that is away is checked when it is back:
    handshakes are answered without it.
    """

    async def ask() -> None:
        async with open_deployment(settings) as queue:
            await require_safe(queue.redis, settings.redis, lease=settings.workers.lease)

    try:
        asyncio.run(ask())
    except QueueUnavailable as error:
        log.warning("redis.unchecked", reason=str(error))


async def until_safe(queue: Deployment, settings: Settings) -> None:
    """Returns once Redis answers and has passed the self-check. Raises RedisUnsafe."""
    while True:
        try:
            await require_safe(queue.redis, settings.redis, lease=settings.workers.lease)
        except QueueUnavailable as error:
            log.warning("redis.away", reason=str(error))
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        else:
            return
