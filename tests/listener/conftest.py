from collections.abc import AsyncIterator, Iterator

import pytest

from heliograph.queue.connection import BLOCK_AT_MOST, connect
from tests.listener.house import House
from tests.listener.process import Process, running


@pytest.fixture(scope="session")
def server() -> Iterator[Process]:
    """One listener process for all tests that leave it as they found it."""
    with running() as process:
        yield process


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    """What a keeper needs, over an empty Redis."""
    redis = connect(redis_url, answer_within=2 * BLOCK_AT_MOST)
    await redis.flushall()
    yield House(redis)
    await redis.aclose()
