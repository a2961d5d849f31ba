"""Child processes: heard, waited for, and ended by their id."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from heliograph.cli.processes import ChildEnded, Children

SLEEPER = "import signal, sys; print('up', flush=True); signal.pause()"


async def test_lines_are_heard_as_json_or_as_text(tmp_path: Path) -> None:
    heard: list[Mapping[str, Any]] = []
    async with Children(lambda _, line: heard.append(line)) as children:
        code = "print('{\"event_name\": \"x\"}'); print('plain')"
        child = await children.start("c", ["-c", code], directory=tmp_path)
        assert await child.wait() == 0
    assert heard == [{"event_name": "x"}, {"text": "plain"}]


async def test_children_are_ended_with_the_command(tmp_path: Path) -> None:
    up = asyncio.Event()
    async with Children(lambda *_: up.set()) as children:
        child = await children.start("c", ["-c", SLEEPER], directory=tmp_path)
        await up.wait()
    assert child.exit_status == -15
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


async def test_child_that_ended_is_told_with_its_last_words(tmp_path: Path) -> None:
    async with Children(lambda *_: None) as children:
        child = await children.start(
            "bad", ["-c", "raise SystemExit('no port')"], directory=tmp_path
        )
        await child.wait()
        with pytest.raises(ChildEnded, match=r"(?s)bad.*exit status 1.*no port"):
            children.check()
