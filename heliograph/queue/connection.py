"""Connections to Redis that give up in time: none waits without limit.

One `Connector` knows how the Redis of a deployment is reached; every client is made by it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider

from heliograph.queue.entra import entra_credentials
from heliograph.queue.records import deserialize, serialize
from heliograph.settings import RedisSettings, Secret

ANSWER_WITHIN = timedelta(seconds=1)
"""Graph waits 3 s for an answer, so a POST gives up on Redis well before."""

BLOCK_AT_MOST = timedelta(seconds=1)
"""How long a blocking pop may wait: it is also how late a dead connection can be noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Makes clients of one Redis (`redis://`, `rediss://` or `unix://`); opens nothing yet."""

    url: Secret
    ca_file: Path | None = None
    credentials: Callable[[], CredentialProvider] | None = None
    """Makes what one client proves itself by, instead of what the URL says."""

    @classmethod
    def of(cls, settings: RedisSettings) -> "Connector":
        """The connector that *settings* describe."""
        return cls(
            url=settings.url,
            ca_file=settings.ca_file,
            credentials=entra_credentials if settings.identity == "entra" else None,
        )

    def client(self, *, answer_within: timedelta = ANSWER_WITHIN) -> Redis:
        """A client for the event loop."""
        options = self._options(answer_within)
        client = Redis(
            connection_pool=self._pool(options),
            # Told once more: a pool that is handed in is renewed by what the client knows.
            credential_provider=options.get("credential_provider"),
        )
        client.auto_close_connection_pool = True
        return client

    def arq_client(self, *, queue: str) -> ArqRedis:
        """arq's own client, for blocking pops, arq's worker and plain arq functions."""
        options = self._options(ANSWER_WITHIN + BLOCK_AT_MOST)
        return ArqRedis(
            pool_or_conn=self._pool(options),
            job_serializer=serialize,
            job_deserializer=deserialize,
            default_queue_name=queue,
            credential_provider=options.get("credential_provider"),
        )

    def thread_client(self, *, answer_within: timedelta) -> redis.Redis:
        """A client for a thread of its own."""
        options = self._options(answer_within)
        retry = redis.retry.Retry(NoBackoff(), 0)
        pool = redis.ConnectionPool.from_url(self.url.reveal(), retry=retry, **options)
        client = redis.Redis(
            connection_pool=pool, credential_provider=options.get("credential_provider")
        )
        client.auto_close_connection_pool = True
        return client

    def _pool(self, options: dict[str, Any]) -> redis.asyncio.ConnectionPool:
        retry = redis.asyncio.retry.Retry(NoBackoff(), 0)
        return redis.asyncio.ConnectionPool.from_url(self.url.reveal(), retry=retry, **options)

    def _options(self, answer_within: timedelta) -> dict[str, Any]:
        options: dict[str, Any] = {
            "socket_timeout": answer_within.total_seconds(),
            "socket_connect_timeout": answer_within.total_seconds(),
        }
        url = self.url.reveal()
        if not url.startswith("unix:"):
            options["socket_keepalive"] = True
        if url.startswith("rediss:"):
            options |= {"ssl_check_hostname": True, "ssl_cert_reqs": "required"}
            if self.ca_file is not None:
                options["ssl_ca_certs"] = str(self.ca_file)
        if self.credentials is not None:
            options["credential_provider"] = self.credentials()
        return options


def connect(url: str, *, answer_within: timedelta = ANSWER_WITHIN) -> Redis:
    """A client of the Redis at *url*, for the event loop."""
    return Connector(url=Secret(url)).client(answer_within=answer_within)
