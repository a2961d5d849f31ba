"""The self-check: what a Redis must be so that nothing that was accepted is lost.

`findings` is pure: facts and settings in, one line for each thing that is not as it must be. A
managed Redis may hide its settings; then its owner knows better, and accepts a finding by name.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from heliograph.errors import RedisUnsafe
from heliograph.queue.connection import ANSWER_WITHIN
from heliograph.registrations import asking
from heliograph.settings import RedisSettings
from heliograph.settings.parse import in_words

OLDEST = (7, 2)

CLOCKS_DIFFER = timedelta(seconds=60)
"""Work is timed by Redis alone; but tokens are judged, and changes dated, by our own clocks."""

_FSYNC = {"standard": ("everysec", "always"), "strict": ("always",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a Redis says of itself; None for what it does not say."""

    version: tuple[int, int] | None
    role: str | None
    appendonly: str | None
    appendfsync: str | None
    eviction: str | None
    replicas: int | None
    clock_offset: timedelta


def findings(facts: Facts, redis: RedisSettings, *, lease: timedelta) -> dict[str, str]:
    """What is not as it must be, by the name of the check: expectation and what is."""
    found = {
        "version": _expect(
            "7.2 or newer",
            facts.version is not None and facts.version >= OLDEST,
            facts.version and ".".join(map(str, facts.version)),
        ),
        "primary": _expect("master", facts.role == "master", facts.role),
        "appendonly": _expect("yes", facts.appendonly == "yes", facts.appendonly),
        "appendfsync": _fsync(facts, redis.durability),
        "eviction": _expect("noeviction", facts.eviction == "noeviction", facts.eviction),
        "replicas": _replicas(facts, redis),
        "clock": _expect(
            f"at most {in_words(CLOCKS_DIFFER)} between its clock and ours",
            abs(facts.clock_offset) <= CLOCKS_DIFFER,
            in_words(abs(facts.clock_offset)),
        ),
        "lease": _expect(
            f"a lease (workers.lease) of at least {in_words(2 * ANSWER_WITHIN)}, "
            "twice what an answer of Redis may take",
            lease >= 2 * ANSWER_WITHIN,
            in_words(lease),
        ),
    }
    return {name: line for name, line in found.items() if line is not None}


def _fsync(facts: Facts, durability: str) -> str | None:
    wanted = _FSYNC.get(durability, _FSYNC["standard"])
    return _expect(" or ".join(wanted), facts.appendfsync in wanted, facts.appendfsync)


def _replicas(facts: Facts, redis: RedisSettings) -> str | None:
    if redis.durability != "replicated":
        return None
    enough = facts.replicas is not None and facts.replicas >= redis.replicas
    got = None if facts.replicas is None else str(facts.replicas)
    return _expect(f"{redis.replicas} connected replicas or more", enough, got)


def _expect(expectation: str, holds: bool, got: str | None) -> str | None:
    return None if holds else f"expected {expectation}, got {got or 'no answer: it is hidden'}"


async def read_facts(redis: Redis) -> Facts:
    """What the server behind *redis* says of itself. Raises QueueUnavailable."""
    with asking():
        info: Mapping[str, Any] = await redis.info("everything")
        asked_at = time.time()
        seconds, micros = await redis.time()
        appendonly = await _config(redis, "appendonly")
        appendfsync = await _config(redis, "appendfsync")
    enabled = {0: "no", 1: "yes"}.get(info.get("aof_enabled", -1))
    return Facts(
        version=_version(info.get("redis_version")),
        role=info.get("role"),
        appendonly=appendonly or enabled,
        appendfsync=appendfsync,
        eviction=info.get("maxmemory_policy"),
        replicas=info.get("connected_slaves"),
        clock_offset=timedelta(seconds=seconds + micros / 1_000_000 - asked_at),
    )


async def check(redis: Redis, settings: RedisSettings, *, lease: timedelta) -> dict[str, str]:
    """The findings that nobody has accepted, by name. Raises QueueUnavailable."""
    found = findings(await read_facts(redis), settings, lease=lease)
    return {name: line for name, line in found.items() if name not in settings.accept}


async def require_safe(redis: Redis, settings: RedisSettings, *, lease: timedelta) -> None:
    """Raises RedisUnsafe, with a line for each finding, or QueueUnavailable."""
    if found := await check(redis, settings, lease=lease):
        raise RedisUnsafe(
            [
                f'redis: {name}: {line} (redis.accept = ["{name}"] where you know better)'
                for name, line in found.items()
            ]
        )


async def _config(redis: Redis, name: str) -> str | None:
    """A setting of the server; None where it does not tell."""
    try:
        answer: Mapping[str, str] = await redis.config_get(name)
    except ResponseError:  # not permitted, or no such command: managed ones hide it
        return None
    return answer.get(name)


def _version(text: Any) -> tuple[int, int] | None:  # noqa: ANN401 (as INFO has it)
    parts = str(text).split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return None
