from collections.abc import AsyncIterator

import httpx
import pytest

from tests.listener.admin.office import Office
from tests.listener.house import House
from tests.partitions import partition, take

__all__ = ["partition", "take"]


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


@pytest.fixture
async def client(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    async with office.client() as client:
        yield client
