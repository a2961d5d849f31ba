"""`heliograph login` and `logout` as a user runs them, against a loopback Entra and a real Redis."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from heliograph.cli.stack import new_root_secret, write_private
from heliograph.queue.connection import connect
from heliograph.redis_server import RedisServer
from heliograph.sealing import Sealer
from heliograph.settings import Settings
from heliograph.sign_ins import SignIns
from tests.heliograph.graph.edge import USER_NAME, Entra, a_certificate, serving

TENANT_ID = "7a0c3f6e-52a9-4d5e-9d1b-5b8a6f1c2d3e"
SETTINGS = """
[tenants.contoso]
tenant_id = "{tenant}"
client_id = "5c1f6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10"
client_secret = {{ env = "CLIENT_SECRET" }}
authority = "{authority}"
ca_file = "certificate.pem"
delegated_permissions = ["Calendars.Read.Shared"]
"""


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Deployment:
    folder: Path
    redis_url: str

    @property
    def environ(self) -> dict[str, str]:
        return {"CLIENT_SECRET": "s", "HELIOGRAPH_REDIS__URL": self.redis_url, "NO_COLOR": "1"}

    @property
    def config(self) -> Path:
        return self.folder / "heliograph.toml"

    async def start(self, *arguments: str, **environ: str) -> asyncio.subprocess.Process:
        command = [sys.executable, "-m", "heliograph", *arguments, "--config", str(self.config)]
        return await asyncio.create_subprocess_exec(
            *command,
            env={**self.environ, **environ, "PYTHONPATH": str(Path.cwd())},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str, **environ: str) -> Ended:
        process = await self.start(*arguments, **environ)
        out, err = await process.communicate()
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def signed_in(self) -> list[str]:
        settings = Settings.load(self.config, self.environ)
        redis = connect(self.redis_url)
        found = await SignIns(redis, Sealer(settings.root_keys)).all(TENANT_ID)
        await redis.aclose()
        return [one.user_name for one in found]


@pytest.fixture
def entra() -> Entra:
    return Entra(interval=1)


@pytest.fixture
async def deployment(tmp_path: Path, redis_url: str, entra: Entra) -> AsyncIterator[Deployment]:
    async with serving(entra.app(), a_certificate(tmp_path)) as authority:
        write_private(tmp_path / "secrets" / "root", new_root_secret())
        text = SETTINGS.format(tenant=TENANT_ID, authority=authority)
        (tmp_path / "heliograph.toml").write_text(text)
        yield Deployment(tmp_path, redis_url)


async def test_a_user_signs_in_and_out(deployment: Deployment, entra: Entra) -> None:
    entra.looks = ["authorization_pending"]
    done = await deployment.run("login")
    assert done == Ended(
        0,
        f"{USER_NAME} has signed in to contoso and lends Calendars.Read.Shared\n",
        "Open https://login.example/device and type the code ABCD1234 (within 15 minutes).\n",
    )
    assert await deployment.signed_in() == [USER_NAME]
    done = await deployment.run("logout", "contoso", "--user", USER_NAME)
    assert done == Ended(0, f"signed out of contoso: {USER_NAME}\n", "")
    assert await deployment.signed_in() == []


async def test_a_script_gets_json_lines(deployment: Deployment) -> None:
    done = await deployment.run("login", "contoso", "--json")
    prompt, result = map(json.loads, done.out.splitlines())
    assert prompt == {"verification_uri": "https://login.example/device", "user_code": "ABCD1234"}
    assert result == {
        "tenant": "contoso",
        "user": USER_NAME,
        "permissions": ["Calendars.Read.Shared"],
    }
    assert json.loads((await deployment.run("logout", "--json")).out) == {
        "tenant": "contoso",
        "users": [USER_NAME],
    }
    assert (await deployment.run("logout")).out == "signed out of contoso: nobody\n"


async def test_a_user_who_declines_is_a_failure_in_one_line(
    deployment: Deployment, entra: Entra
) -> None:
    entra.looks = ["authorization_declined"]
    done = await deployment.run("login")
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines()[-1] == "no token: authorization_declined"
    assert await deployment.signed_in() == []


async def test_ctrl_c_ends_the_wait_at_once(deployment: Deployment, entra: Entra) -> None:
    entra.interval, entra.looks = 3_600, ["authorization_pending"]
    process = await deployment.start("login")
    assert process.stderr is not None
    assert b"ABCD1234" in await process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) == 130


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["login", "fabrikam"], {}, "expected the name of a tenant (contoso), got fabrikam"),
        (
            ["login"],
            {"HELIOGRAPH_TENANTS__CONTOSO__DELEGATED_PERMISSIONS": "[]"},
            "tenants.contoso.delegated_permissions: expected what users lend",
        ),
        (
            ["login"],
            {"HELIOGRAPH_TENANTS__CONTOSO__MANAGED_IDENTITY": "system"},
            "expected an app registration that users can sign in to, got a managed identity",
        ),
        (["login"], {"HELIOGRAPH_REDIS__URL": "redis://127.0.0.1:1"}, "expected an answer from Re"),
    ],
)
async def test_what_cannot_be_is_told_before_the_user_takes_the_trouble(
    deployment: Deployment,
    entra: Entra,
    arguments: list[str],
    environ: dict[str, str],
    said: str,
) -> None:
    done = await deployment.run(*arguments, **environ)
    assert (done.status, done.out) == (1, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert entra.asked == []


async def test_the_redis_of_up_is_found_while_it_runs_and_started_where_not(
    deployment: Deployment,
) -> None:
    without = {"HELIOGRAPH_REDIS__URL": ""}
    folder = deployment.folder / ".heliograph" / "redis"
    with RedisServer(folder):
        assert (await deployment.run("login", **without)).status == 0
    done = await deployment.run("logout", **without)
    assert done.out == f"signed out of contoso: {USER_NAME}\n"
