from collections.abc import AsyncIterator, Iterator

import pytest

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
    house = House.at(redis_url)
    await house.redis.flushall()
    yield house
    await house.redis.aclose()
