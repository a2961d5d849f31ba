"""A fleet of real worker processes on a queue that the test fills, and what its handlers did.

A handler appends a line to a file for each thing it does: such a file survives `kill -9`.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from heliograph.changes import Change
from heliograph.lanes import Lane
from heliograph.queue.calls import Calls
from heliograph.queue.claims import Claim
from heliograph.queue.connection import connect
from heliograph.queue.ends import LookEnd
from heliograph.queue.partition import Partition
from heliograph.queue.records import RunRecord
from heliograph.sealing import Sealer
from tests.heliograph.entra import TENANT
from tests.listener.process import ROOT
from tests.listener.wired import SECRET, configured

HANDLER = """
import os
import time

from heliograph import Change, Context, Router

router = Router()


def note(*words: object) -> None:
    with open({journal!r}, "ab", buffering=0) as file:
        file.write((" ".join(map(str, words)) + "\\n").encode())


@router.on("users", "updated", id="work")
async def work(change: Change, ctx: Context) -> None:
    note("start", change.id, ctx.attempt, time.time())
    if change.id == "poison":
        os._exit(9)
    time.sleep({takes})
    await ctx.step("effect", effect, change.id)


async def effect(name: str) -> None:
    note("effect", name)
"""
MORE = """
[workers]
lease = "2s"
concurrency = 10
health_port = 0
[handlers.fleet]
module = "fleet_handler"
"""


class Fleet:
    """Workers that are started again when they die, as an orchestrator does."""

    def __init__(
        self, folder: Path, url: str, *, takes: float, environment: Mapping[str, str]
    ) -> None:
        self.journal = folder / "journal"
        self.journal.touch()
        text = HANDLER.format(journal=str(self.journal), takes=takes)
        (folder / "fleet_handler.py").write_text(text, "utf-8")
        self._config = configured(folder, url, more=MORE)
        self._environment = {**os.environ, **environment}
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers", "--config", str(self._config)],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def supervise(self) -> int:
        """Starts one for each that has died; how many that were."""
        dead = [process for process in self.processes if process.poll() is not None]
        for process in dead:
            self.processes.remove(process)
            self.start()
        return len(dead)

    def lines(self, word: str) -> list[list[str]]:
        text = self.journal.read_text("utf-8")
        return [line.split()[1:] for line in text.splitlines() if line.startswith(word)]

    def end(self) -> list[int]:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(30) for process in self.processes]


@contextmanager
def fleet(
    folder: Path,
    url: str,
    *,
    workers: int,
    takes: float = 0.0,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Fleet]:
    made = Fleet(folder, url, takes=takes, environment=environment or {})
    try:
        for _ in range(workers):
            made.start()
        yield made
    finally:
        for process in made.processes:
            process.kill()
            process.wait()


def fill(url: str, users: Sequence[str]) -> None:
    """Queues a run for each of *users*, as looks at them would."""
    asyncio.run(_fill(url, users))


async def _fill(url: str, users: Sequence[str]) -> None:
    client = connect(url)
    partition = Partition(Calls(client), Sealer([SECRET]))
    # A claim made by hand: of a lane that lay in the queue, a worker would be quicker to take it.
    keys = partition.keys
    job_id = keys.look_job(Lane(tenant=TENANT, kind="users", id="filled"))
    await client.set(keys.claim(job_id), "filler")
    look = Claim(
        partition=partition,
        job_id=job_id,
        queue="looks",
        token="filler",
        fence=0,
        record=b"",
        crashes=0,
        attempts=(),
    )
    await partition.end_look(look, LookEnd(runs=[_run(user) for user in users]))
    await client.aclose()


def _run(user: str) -> RunRecord:
    change = Change(
        change_id=f"c-{user}", tenant=TENANT, kind="users", id=user, what="updated", observed_at=1
    )
    return RunRecord(run_id=f"run-{user}", handler="fleet.work", change=change, queued_at=1)
