"""The examples of the admin API: each is run by bash and curl, against the API over a real Redis."""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from heliograph.settings import Settings
from tests.docs.test_examples import ROOT, blocks
from tests.heliograph.test_settings import TENANT, Place
from tests.listener.admin.office import Office, serving
from tests.listener.house import House

PAGE = ROOT / "docs" / "admin-api.md"
EXAMPLES = blocks(PAGE, "bash")


@pytest.fixture
async def office(redis_url: str) -> AsyncIterator[Office]:
    house = House.at(redis_url)
    office = Office(house)
    await house.registrations.put(office.registered("r1", expires=house.now + timedelta(hours=1)))
    yield office
    await house.redis.aclose()


async def answer(office: Office, script: str) -> tuple[int, str]:
    """Status and body of what *script* asks for."""
    async with office.client() as client:
        plan = (await client.get("/v1/plan", headers={"authorization": "Bearer reader's"})).json()
    async with serving(office.app()) as port:
        environ = {
            "PATH": os.environ["PATH"],
            "ADMIN": f"http://127.0.0.1:{port}",
            "KEY": "writer's",
            "ID": "r1",
            "PLAN": plan["plan"],
        }
        command = script.replace("curl ", "curl --noproxy '*' -w '\\n%{http_code}' ", 1)
        done = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-c", command],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_example_of_the_page_is_answered(office: Office, number: int) -> None:
    script = EXAMPLES[number].replace('"main"', '"contoso"')
    status, body = await answer(office, script)
    is_read = "-X" not in script and "-d " not in script
    assert status == (200 if is_read else 202), body
    assert body


async def test_page_shows_every_operation(office: Office) -> None:
    async with office.client() as client:
        headers = {"authorization": "Bearer reader's"}
        described = (await client.get("/openapi.json", headers=headers)).json()
    shown = {
        re.sub(r"\$ID", "{id}", path)
        for path in re.findall(r"\$ADMIN(/v1[^\"?]*)", PAGE.read_text())
    }
    assert shown == set(described["paths"]), "the page and the API"


@pytest.mark.parametrize("text", blocks(PAGE, "toml"))
def test_settings_of_the_page_are_sound(tmp_path: Path, text: str) -> None:
    place = Place(tmp_path)
    path = place.write("heliograph.toml", TENANT.replace("contoso", "main") + text)
    assert Settings.load(path, {"CLIENT_SECRET": "x"}).admin.is_open_to_anybody
