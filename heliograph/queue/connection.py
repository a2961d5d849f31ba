"""Connections to Redis that give up in time: none waits without limit.

One `Connector` knows how the Redis of a deployment is reached; every client is made by it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
import redis.asyncio
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.backoff import NoBackoff

from heliograph.queue.records import deserialize, serialize

ANSWER_WITHIN = timedelta(seconds=1)
"""Graph waits 3 s for an answer, so a POST gives up on Redis well before."""

BLOCK_AT_MOST = timedelta(seconds=1)
"""How long a blocking pop may wait: it is also how late a dead connection can be noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Makes clients of one Redis (`redis://`, `rediss://` or `unix://`); opens nothing yet."""

    url: str

    def client(self, *, answer_within: timedelta = ANSWER_WITHIN) -> Redis:
        """A client for the event loop."""
        return Redis.from_pool(self._pool(answer_within))

    def arq_client(self, *, queue: str) -> ArqRedis:
        """arq's own client, for blocking pops, arq's worker and plain arq functions."""
        return ArqRedis(
            pool_or_conn=self._pool(ANSWER_WITHIN + BLOCK_AT_MOST),
            job_serializer=serialize,
            job_deserializer=deserialize,
            default_queue_name=queue,
        )

    def thread_client(self, *, answer_within: timedelta) -> redis.Redis:
        """A client for a thread of its own."""
        retry = redis.retry.Retry(NoBackoff(), 0)
        return redis.Redis.from_url(self.url, retry=retry, **self._options(answer_within))

    def _pool(self, answer_within: timedelta) -> redis.asyncio.ConnectionPool:
        retry = redis.asyncio.retry.Retry(NoBackoff(), 0)
        options = self._options(answer_within)
        return redis.asyncio.ConnectionPool.from_url(self.url, retry=retry, **options)

    def _options(self, answer_within: timedelta) -> dict[str, Any]:
        options: dict[str, Any] = {
            "socket_timeout": answer_within.total_seconds(),
            "socket_connect_timeout": answer_within.total_seconds(),
        }
        if not self.url.startswith("unix:"):
            options["socket_keepalive"] = True
        if self.url.startswith("rediss:"):
            options["ssl_check_hostname"] = True
        return options


def connect(url: str, *, answer_within: timedelta = ANSWER_WITHIN) -> Redis:
    """A client of the Redis at *url*, for the event loop."""
    return Connector(url=url).client(answer_within=answer_within)
