"""The queue of one deployment, as its settings describe it: who opens it, and with what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from heliograph.queue.calls import Calls
from heliograph.queue.connection import Connector
from heliograph.queue.partition import Partition
from heliograph.sealing import Sealer
from heliograph.settings import Settings


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
        connector = Connector(url=settings.redis.url.reveal())
        redis, sealer = connector.client(), Sealer(settings.root_keys)
        calls = Calls(redis)
        return cls(
            connector=connector,
            redis=redis,
            sealer=sealer,
            partitions=tuple(
                Partition(calls, sealer, index=index) for index in range(settings.redis.partitions)
            ),
        )


@asynccontextmanager
async def open_deployment(settings: Settings) -> AsyncIterator[Deployment]:
    """The deployment, while the context lasts."""
    deployment = Deployment.of(settings)
    try:
        yield deployment
    finally:
        await deployment.redis.aclose()
