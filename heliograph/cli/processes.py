"""Child processes: started, listened to, waited for, and ended by their process id.

A child logs one JSON object a line. Lines that are none (a traceback of the interpreter, say) are
kept as text, so that nothing that a child says is lost.
"""

import asyncio
import json
import os
import signal
import ssl
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from heliograph.errors import HeliographError

END_WITHIN = timedelta(seconds=10)
"""How long a child may take to end itself, before it is killed."""

Listen = Callable[[str, Mapping[str, Any]], None]
"""Hears each line: the name of the child, and the line as a JSON object (or `{"text": ...}`)."""


class ChildEnded(HeliographError):
    """A child ended that should have gone on; the message holds the last lines that it said."""


class Child:
    """One running child process."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, listen: Listen) -> None:
        self.name = name
        self._process = process
        self._listen = listen
        self._last: deque[str] = deque(maxlen=8)
        self.first_line: Mapping[str, Any] | None = None
        self._reader = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """The exit status, once it has ended and all it said was heard."""
        status = await self._process.wait()
        await self._reader
        return status

    async def end(self) -> int:
        """Asks the child to end, and kills it when it does not; the exit status."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(END_WITHIN.total_seconds()):
                    await self._process.wait()
            except TimeoutError:
                with suppress(ProcessLookupError):
                    self._process.kill()
        return await self.wait()

    def check(self) -> None:
        """Raises ChildEnded when the child has ended."""
        if self._process.returncode is not None:
            said = "\n".join(self._last)
            raise ChildEnded(
                f"expected {self.name} to go on, but it ended with exit status "
                f"{self._process.returncode}" + (f"; it said last:\n{said}" if said else "")
            )

    async def _read(self) -> None:
        assert self._process.stdout is not None, "children are started with a pipe"  # noqa: S101 (a mistake of ours)
        while line := await self._process.stdout.readline():
            text = line.decode(errors="replace").rstrip()
            self._last.append(text)
            event = _event(text)
            self.first_line = self.first_line or event
            self._listen(self.name, event)


class Children:
    """The child processes of one command: `async with Children(listen) as children`."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen
        self._children: list[Child] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        # In reverse: whoever uses another ends before it.
        for child in reversed(self._children):
            await child.end()

    async def start(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        """Starts `python ARGUMENTS` in *directory*, with *environment* over our own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=directory,
            env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=4 * 1024 * 1024,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end them in order
        )
        child = Child(name, process, self._listen)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Raises ChildEnded when any child has ended."""
        for child in self._children:
            child.check()


async def until_ready(
    child: Child, url: str, *, within: timedelta, ca_file: Path | None = None
) -> None:
    """Waits until *url* answers 200. Raises ChildEnded, or TimeoutError after *within*."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else True
    async with (
        asyncio.timeout(within.total_seconds()),
        httpx.AsyncClient(verify=context, trust_env=False) as client,
    ):
        while True:
            child.check()
            with suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)


def _event(line: str) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"text": line}
