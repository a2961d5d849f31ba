"""The example of plain arq functions: enqueued as the page shows, run by our worker."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from heliograph.loading import load_functions
from heliograph.queue.connection import Connector
from heliograph.queue.deployment import Deployment
from heliograph.queue.partition import Partition
from heliograph.queue.worker import LeaseWorker
from heliograph.settings import Secret, Settings
from tests.docs.test_examples import ROOT, blocks
from tests.partitions import partition
from workers.functions import Functions

__all__ = ["partition"]

PAGE = ROOT / "docs" / "queue.md"


async def test_plain_function_of_the_page_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    partition: Partition,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, program, _ = blocks(PAGE, "python")
    (section,) = blocks(PAGE, "toml")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "my_functions.py").write_text(module)
    (tmp_path / "heliograph.toml").write_text(section)
    (tmp_path / "root").write_text("cm9vdHJvb3Ryb290cm9vdHJvb3Ryb290cm9vdHJvb3Q=")
    environ = {"HELIOGRAPH_SECRETS__ROOT_FILE": "root"}
    settings = Settings.load(tmp_path / "heliograph.toml", environ)
    functions = load_functions(settings.workers.functions, directory=tmp_path)
    connector = Connector(url=Secret(redis_url))
    pool = connector.arq_client(queue=partition.keys.queue("functions"))
    queue = Deployment(
        connector=connector,
        redis=partition.calls.redis,
        sealer=partition.sealer,
        partitions=(partition,),
    )
    work = {"functions": Functions(functions, {"redis": pool}, worker="w")}
    worker = LeaseWorker(queue, work, pool=pool, name="w")
    namespace: dict[str, Any] = {}
    exec(compile(program, str(PAGE), "exec"), namespace)  # noqa: S102 (our own page)
    asked = asyncio.create_task(namespace["main"](redis_url))
    while "remind" not in capsys.readouterr().out:  # noqa: ASYNC110 (what is printed sets no event)
        await asyncio.sleep(0.01)
    running = asyncio.create_task(worker.async_run())
    assert await asked == "lene@contoso.com: 3 days"
    worker.handle_sig(signal.SIGTERM)
    await running
    await pool.aclose(close_connection_pool=True)
