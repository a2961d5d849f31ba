"""`heliograph keys`, as a user types it."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from heliograph.cli.main import main
from heliograph.orders import Orders
from heliograph.queue.connection import connect

CONFIG = """
[tenants.contoso]
tenant_id = "7a0c3f6e-52a9-4d5e-9d1b-5b8a6f1c2d3e"
client_id = "5c1f6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10"
client_secret = { file = "root" }
[secrets]
root = { file = "root" }
[redis]
url = { file = "redis" }
"""


class Site:
    def __init__(self, folder: Path, redis_url: str) -> None:
        (folder / "root").write_text(base64.b64encode(b"r" * 32).decode(), "ascii")
        (folder / "redis").write_text(redis_url, "ascii")
        self.config = folder / "heliograph.toml"
        self.config.write_text(CONFIG, "utf-8")
        self.redis_url = redis_url

    def run(self, *words: str) -> int:
        return main(["keys", *words, "--config", str(self.config)])

    def orders(self) -> list[str]:
        async def given() -> list[str]:
            redis = connect(self.redis_url)
            try:
                return [one.order.what for one in await Orders(redis).given()]
            finally:
                await redis.aclose()

        return asyncio.run(given())


@pytest.fixture
def site(tmp_path: Path, redis_url: str) -> Site:
    return Site(tmp_path, redis_url)


def test_a_key_is_made_and_rotated_and_both_are_listed(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.run("list", "--json") == 0
    assert capsys.readouterr().out == ""
    assert site.run("create") == 0
    assert site.run("rotate", "--bits", "3072") == 0
    first, second = capsys.readouterr().out.split()
    assert site.run("list", "--json") == 0
    old, new = map(json.loads, capsys.readouterr().out.splitlines())
    assert (old["id"], old["state"], old["bits"], old["subscriptions"]) == (first, "old", 2048, 0)
    assert (new["id"], new["state"], new["bits"]) == (second, "current", 3072)
    assert old["unused_since"]
    assert not new["unused_since"]
    assert "@" in new["made_by"]
    assert site.run("list") == 0
    shown = capsys.readouterr().out
    assert first in shown
    assert second in shown
    assert "nothing" in shown


def test_the_keeper_is_told_at_once(site: Site) -> None:
    assert site.run("rotate") == 0
    assert site.orders() == ["rekey"]


def test_a_second_first_key_is_refused(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("create") == 0
    assert site.run("create") == 1
    assert "`heliograph keys rotate` makes the next one" in capsys.readouterr().err


def test_no_key_goes_by_command_before_its_time(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.run("create")
    site.run("rotate")
    old, _ = capsys.readouterr().out.split()
    assert site.run("retire") == 0
    assert site.run("retire", old) == 1
    assert "expected old keys that nothing has named for 5 hours" in capsys.readouterr().err


def test_other_lengths_are_refused(site: Site) -> None:
    assert site.run("create", "--bits", "1024") == 2
