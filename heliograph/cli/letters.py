"""What the commands about dead letters do: show them, and act on them one after the other."""

import asyncio
import getpass
import json
import socket
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import track
from rich.table import Table

from heliograph.cli.stack import deployed_queue, load_settings
from heliograph.cli.times import shown
from heliograph.errors import HeliographError, SealBroken
from heliograph.loading import load
from heliograph.queue.dead_letters import Found, Wanted, find
from heliograph.queue.records import read_news
from heliograph.queue.settling import Answer, Settling

Settle = Callable[[Found], Awaitable[Answer]]


class LettersUnsettled(HeliographError):
    """An act on letters was not begun; the message says why."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an act on letters is carried out.

    Parameters
    ----------
    dry_run
        Only say which letters it would be.
    rate
        Letters a second, at most.
    yes
        Do not ask, however many letters it is.
    """

    dry_run: bool = False
    rate: Annotated[float, Parameter(validator=Number(gt=0))] = 50.0
    yes: bool = False


def who() -> str:
    """Who acts, as the audit log names people at a machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


async def list_found(config: Path, wanted: Wanted, *, as_json: bool) -> None:
    """Prints what is wanted, a line each."""
    async with deployed_queue(load_settings(config)) as queue:
        found = await find(queue.partitions, wanted)
    if as_json:
        for one in found:
            print(json.dumps(_facts(one), sort_keys=True))
        return
    table = Table("given up", "id", "handler", "lane", "attempts", "reason")
    for one in found:
        facts = _facts(one)
        cells = (facts[name] for name in ("died_at", "id", "handler", "lane", "attempts"))
        table.add_row(*(str(cell) for cell in cells), facts["reason"])
    Console().print(table)


async def show_found(config: Path, name: str) -> None:
    """Prints one letter whole, as JSON; what was sealed is opened."""
    async with deployed_queue(load_settings(config)) as queue:
        (found,) = _expect(await find(queue.partitions, Wanted(names=frozenset([name]))), [name])
        whole = {**_facts(found), **_contents(found)}
    print(json.dumps(whole, indent=2, sort_keys=True, default=_readable))


async def act(
    config: Path,
    verb: str,
    wanted: Wanted,
    manner: Manner,
    settle: Callable[[Settling], Settle],
) -> None:
    """Does *verb* to every letter that is *wanted*; what each answers is printed.

    Raises LettersUnsettled where a letter is not there, or nobody said that so many are meant.
    """
    settings = load_settings(config)
    handlers = load(settings.handlers.values(), directory=settings.directory)
    settling = Settling([loaded.handler for loaded in handlers], who=who())
    async with deployed_queue(settings) as queue:
        found = _expect(await find(queue.partitions, wanted), sorted(wanted.names))
        if manner.dry_run:
            for one in found:
                print(f"{one.name}: would {verb}")
            return
        _ask(verb, len(found), manner)
        answers = await _settle_all(found, settle(settling), verb, manner)
    done = sum(answer.done for answer in answers)
    print(f"{verb}: {done} of {len(found)} letters", file=sys.stderr)


async def _settle_all(
    found: Sequence[Found], settle: Settle, verb: str, manner: Manner
) -> list[Answer]:
    answers: list[Answer] = []
    pause = 1 / manner.rate
    for one in _tracked(found, verb):
        answer = await settle(one)
        print(f"{answer.name}: {answer.says}")
        answers.append(answer)
        if len(answers) < len(found):
            await asyncio.sleep(pause)
    return answers


def _tracked(found: Sequence[Found], verb: str) -> Iterable[Found]:
    """*found*, with a progress bar where somebody looks on."""
    if len(found) < 2 or not sys.stderr.isatty():
        return found
    return track(found, description=verb, console=Console(stderr=True))


def _ask(verb: str, count: int, manner: Manner) -> None:
    """Many at once want the count typed. Raises LettersUnsettled where nobody does."""
    if count < 2 or manner.yes:
        return
    if not sys.stdin.isatty():
        raise LettersUnsettled(f"expected --yes to {verb} {count} letters, or somebody to ask")
    if input(f"{verb} {count} letters: type the number to go on: ").strip() != str(count):
        raise LettersUnsettled("nothing was done")


def _expect(found: list[Found], names: Sequence[str]) -> list[Found]:
    missing = set(names) - {one.name for one in found}
    if missing:
        raise LettersUnsettled(f"expected dead letters, found no {', '.join(sorted(missing))}")
    return found


def _facts(found: Found) -> dict[str, Any]:
    letter = found.letter
    run = letter.run
    return {
        "id": found.name,
        "died_at": shown(letter.died_at),
        "queue": letter.queue,
        "handler": run.handler if run else "",
        "lane": letter.lane,
        "change_id": run.change.change_id if run else "",
        "attempts": len(letter.attempts) + (len(run.history) if run else 0),
        "crashes": letter.crashes,
        "reason": letter.reason,
    }


def _contents(found: Found) -> dict[str, Any]:
    letter = found.letter
    history = (*(letter.run.history if letter.run else ()), *letter.attempts)
    return {
        "attempts": [msgspec.to_builtins(attempt) for attempt in history],
        "change": msgspec.to_builtins(letter.run.change) if letter.run else None,
        "idempotency_root": letter.run.root if letter.run else None,
        "replayed_from": (letter.run.replayed_from or None) if letter.run else None,
        "journal": {key: _decoded(entry) for key, entry in letter.journal.items()},
        "notifications": [_news(found, sealed) for sealed in letter.news.values()],
        "raw": letter.raw or None,
    }


def _news(found: Found, sealed: bytes) -> Any:  # noqa: ANN401 (JSON)
    place = found.partition.keys.news(found.letter.job_id)
    try:
        return msgspec.to_builtins(read_news(found.partition.sealer.open(sealed, place)))
    except (SealBroken, msgspec.MsgspecError) as error:
        return f"unreadable: {type(error).__name__}"


def _decoded(entry: bytes) -> Any:  # noqa: ANN401 (JSON)
    return msgspec.msgpack.decode(entry)


def _readable(value: object) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)
