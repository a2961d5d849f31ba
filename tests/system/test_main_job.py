"""The main job, with every process real: simulator, Redis, listener, keeper, workers, handlers."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from heliograph.audit import AuditStore
from heliograph.cli.demo_site import Site, open_site
from heliograph.cli.tally import Tally

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(120)


async def run(*command: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def site(**options: Any) -> AsyncIterator[tuple[Site, Tally]]:
    tally = Tally()
    async with open_site(lambda _, event: tally.feed(event), **options) as opened:
        yield opened, tally


async def until_told(tally: Tally, count: int) -> None:
    """Returns when *count* changes were told and handled; the test's own limit ends the wait."""
    while not (  # noqa: ASYNC110 (what is waited for happens in other processes)
        tally.changes >= count
        and not tally.unseen
        and all(one.handlers for one in tally.journeys.values())
    ):
        await asyncio.sleep(0.02)


async def contacts(site: Site, count: int) -> None:
    for number in range(count):
        given = {"givenName": f"Guest {number}", "surname": "X"}
        await site.act({"event": "contacts.created", "user": site.cast.boss, "set": given})


async def audited(site: Site, kind: str) -> list[str]:
    async with AuditStore.open(site.audit_url) as audit:
        await audit.verify()
        return [entry.subject async for entry in audit.entries() if entry.kind == kind]


async def test_demo_ends_well_and_says_so() -> None:
    status, out, err = await run("-m", "heliograph", "demo", NO_COLOR="1")
    assert (status, err) == (0, "")
    last = out.strip().splitlines()[-1]
    told = re.fullmatch(r"demo: ok, (\d+) notifications, (\d+) changes, (\d+) runs, 0 lost", last)
    assert told is not None, last
    assert all(int(number) >= 15 for number in told.groups())
    assert "\x1b" not in out


async def test_demo_without_applications_fails_in_one_line(tmp_path: Path) -> None:
    """A demo that cannot be judged must never end well."""
    (tmp_path / "heliograph").symlink_to(ROOT / "heliograph")
    code = (
        f"import heliograph; heliograph.__file__ = '{tmp_path}/heliograph/__init__.py';"
        "from heliograph.cli import main; raise SystemExit(main(['demo']))"
    )
    status, _, err = await run("-c", code)
    assert status == 1
    assert err.startswith("demo: failed: expected the applications beside heliograph.toml")
    assert len(err.strip().splitlines()) == 1


async def test_killed_workers_work_is_taken_over() -> None:
    environment = {"HELIOGRAPH_WORKERS__LEASE": "2s"}
    async with site(workers=2, environment=environment) as (here, _):
        await contacts(here, 10)
        os.kill(here.processes.workers[0].pid, signal.SIGKILL)
        await contacts(here, 20)
        # The killed one may have taken its last log lines along: the audit log is the judge.
        while len(found := await audited(here, "contacts")) < 30:  # noqa: ASYNC110 (other processes write)
            await asyncio.sleep(0.1)
        assert len(found) == len(set(found)) == 30


async def test_redis_crash_loses_nothing_and_ends_no_process() -> None:
    async with site(simulator=("--speed", "20")) as (here, tally):
        await contacts(here, 5)
        here.processes.redis.kill()
        await contacts(here, 5)  # the simulator repeats what is answered 503
        await asyncio.to_thread(here.processes.redis.start)
        await until_told(tally, 10)
        assert here.processes.listener.exit_status is None
        assert here.processes.workers[0].exit_status is None
        assert len(await audited(here, "contacts")) == 10


async def test_stopped_worker_ends_with_status_0_and_leaves_no_claim() -> None:
    async with site() as (here, tally):
        await contacts(here, 3)
        await until_told(tally, 3)
        (worker,) = here.processes.workers
        assert await worker.end() == 0


async def test_no_secret_and_no_content_is_logged() -> None:
    """Threats S2 and S16: canaries in subject, body and secret appear in no line."""
    lines: list[str] = []
    tally = Tally()

    def listen(_: str, event: Any) -> None:
        lines.append(repr(event))
        tally.feed(event)

    async with open_site(listen) as here:
        mail = {"event": "messages.received", "user": here.cast.boss}
        content = {"subject": "canary-subject", "body": "canary-body"}
        await here.act({**mail, "set": content})
        await until_told(tally, 1)
        secret = here.simulated.client_secret
        stored = (here.folder / "redis").rglob("*.aof")
        at_rest = b"".join(path.read_bytes() for path in stored)
    logged = "\n".join(line for line in lines if "'graph':" not in line)
    assert "canary" not in logged
    assert secret not in logged
    assert at_rest
    assert b"canary" not in at_rest
