"""Connections to Redis that give up in time: none waits without limit.

One `Connector` knows how the Redis of a deployment is reached; every client is made by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import hiredis
import redis
import redis.asyncio
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
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
        pool = redis.asyncio.ConnectionPool.from_url(self.url, retry=retry, **options)
        pool.connection_class = _packing(pool.connection_class)
        return pool

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


class _Packing:
    """Packs commands by hiredis, and all of a pipeline into one piece.

    redis-py packs in Python, and writes in many pieces: a script call of ours costs more so than
    all else that a notification needs.
    """

    def pack_command(self, *args: Any) -> list[bytes]:  # noqa: ANN401 (whatever redis-py encodes)
        words = args[0].split() if isinstance(args[0], str) else args[:1]
        return [hiredis.pack_command((*words, *args[1:]))]

    def pack_commands(self, commands: Iterable[tuple[Any, ...]]) -> list[bytes]:
        return [b"".join(packed for one in commands for packed in self.pack_command(*one))]


def _packing(connection: type[AbstractConnection]) -> type[AbstractConnection]:
    """The kind of *connection* (plain, TLS or of a Unix socket) that packs as `_Packing` says."""
    return type(f"Packing{connection.__name__}", (_Packing, connection), {})


def connect(url: str, *, answer_within: timedelta = ANSWER_WITHIN) -> Redis:
    """A client of the Redis at *url*, for the event loop."""
    return Connector(url=url).client(answer_within=answer_within)
