"""Connections to Redis that give up in time: none waits without limit."""

from datetime import timedelta
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

ANSWER_WITHIN = timedelta(seconds=1)
"""Graph waits 3 s for an answer, so a POST gives up on Redis well before."""

BLOCK_AT_MOST = timedelta(seconds=1)
"""How long a blocking pop may wait: it is also how late a dead connection can be noticed."""


def connect(url: str, *, answer_within: timedelta = ANSWER_WITHIN) -> Redis:
    """A client of the Redis at *url* (`redis://`, `rediss://` or `unix://`); opens nothing yet."""
    return Redis.from_pool(_pool(url, answer_within))


def connect_arq(url: str) -> ArqRedis:
    """The same as arq's own client, for arq's worker and tools."""
    return ArqRedis(pool_or_conn=_pool(url, ANSWER_WITHIN + BLOCK_AT_MOST))


def _pool(url: str, answer_within: timedelta) -> ConnectionPool:
    options: dict[str, Any] = {
        "socket_timeout": answer_within.total_seconds(),
        "socket_connect_timeout": answer_within.total_seconds(),
        "retry": Retry(NoBackoff(), 0),
    }
    if not url.startswith("unix:"):
        options["socket_keepalive"] = True
    if url.startswith("rediss:"):
        options["ssl_check_hostname"] = True
    return ConnectionPool.from_url(url, **options)
