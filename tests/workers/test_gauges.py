"""What operators watch: backlog, its age, dead letters, and a Redis that was made unsafe."""

from pathlib import Path

import pytest
import redis

from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.deployment import open_deployment
from heliograph.queue.intake import Arrival, Intake
from heliograph.redis_server import RedisServer
from heliograph.settings import Settings
from heliograph.telemetry import render
from tests.listener.wired import configured
from workers.gauges import measure


def shown(name: str) -> float:
    (line,) = [line for line in render().decode().splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[-1])


async def test_l08_l10_backlog_its_age_and_unsafe_settings_are_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with RedisServer() as server:
        settings = Settings.load(configured(tmp_path, server.url.reveal()), {})
        async with open_deployment(settings) as queue:
            news = News(registration="r", subscription_id="s", received_at=1)
            lane = Lane(tenant="t", kind="users", id="u1")
            await Intake(queue.partitions).store([Arrival(lane=lane, news=news)])
            keys = queue.partitions[0].keys
            await queue.redis.zadd(keys.queue("looks"), {keys.look_job(lane): 1_000})
            await queue.redis.execute_command("HSET", keys.dead, "x", "y")
            await measure(queue, settings)
            assert shown("heliograph_lanes_pending") == 1
            assert shown("heliograph_lane_oldest_age_seconds") > 900
            assert shown("heliograph_dead_letters") == 1
            assert shown('heliograph_redis_safe{check="eviction"}') == 1
            with redis.Redis.from_url(server.url.reveal()) as client:
                client.config_set("maxmemory-policy", "allkeys-lru")
            await measure(queue, settings)
            assert shown('heliograph_redis_safe{check="eviction"}') == 0
            assert shown('heliograph_redis_safe{check="appendonly"}') == 1
