"""`make contract`: schemathesis holds the admin API against its own description, over HTTP.

It makes up valid and invalid requests, also in chains, and each answer must be one that is
described: status, media type, schema, and no 5xx.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.listener.admin.office import READ, WRITE, Office, serving
from tests.listener.house import House

PROGRAM = Path(__file__).parents[2] / ".venv-contract" / "bin" / "schemathesis"


@pytest.fixture
async def office(redis_url: str) -> AsyncIterator[Office]:
    house = House.at(redis_url)
    office = Office(house)
    registered = (office.registered(f"r{n}") for n in range(3))
    await house.registrations.put(*registered)
    yield office
    await house.redis.aclose()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("headers", [READ, WRITE], ids=["reader", "writer"])
async def test_api_is_as_it_is_described(
    office: Office, headers: dict[str, str], tmp_path: Path
) -> None:
    async with serving(office.app()) as port:
        child = await asyncio.create_subprocess_exec(
            *(str(PROGRAM), "run", f"http://127.0.0.1:{port}/openapi.json"),
            *("--header", f"Authorization: {headers['authorization']}"),
            *("--max-examples", "30", "--seed", "1", "--no-color", "--generation-database", "none"),
            # A removal is carried out by the keeper, after it was accepted.
            *("--exclude-checks", "use_after_free"),
            cwd=tmp_path,  # where it keeps what it has found
            env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await child.communicate()
    assert child.returncode == 0, said.decode()
