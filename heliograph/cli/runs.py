"""`heliograph runs`, and `heliograph why`: what became of a change at a handler."""

import asyncio
import json as json_
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from heliograph.cli.letters import who
from heliograph.cli.stack import deployed_queue, load_settings
from heliograph.queue.why import Why, hurry
from heliograph.queue.why import why as find_out
from heliograph.settings import FILE_NAME

app = App(name="runs", help="Runs of handlers.")

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]


@app.command
def retry(change: str, handler: str, *, config: Config = Path(FILE_NAME)) -> None:
    """Make a run that waits for its next attempt due now; its schedule stays as it was.

    Example: heliograph runs retry CHANGE onboarding.welcome

    Parameters
    ----------
    change
        The id of a change, as logs and the audit log show it.
    handler
        The id of a handler, as `heliograph check` shows it.
    """
    print(asyncio.run(_hurry(config, change, handler)))


def why(change: str, handler: str, *, config: Config = Path(FILE_NAME), json: bool = False) -> None:
    """Tell why a handler ran for a change, or why not.

    Example: heliograph why CHANGE onboarding.welcome

    Parameters
    ----------
    change
        The id of a change, as logs and the audit log show it.
    handler
        The id of a handler, as `heliograph check` shows it.
    json
        One JSON object instead of a sentence.
    """
    found = asyncio.run(_why(config, change, handler))
    if json:
        attempts = [{"at": one.at, "error": one.error} for one in found.attempts]
        print(json_.dumps({**asdict(found), "attempts": attempts}, sort_keys=True))
    else:
        print(f"{found.state.replace('_', ' ')}: {found.says}")


async def _why(config: Path, change: str, handler: str) -> Why:
    async with deployed_queue(load_settings(config)) as queue:
        return await find_out(queue.partitions, change, handler)


async def _hurry(config: Path, change: str, handler: str) -> str:
    async with deployed_queue(load_settings(config)) as queue:
        return await hurry(queue.partitions, change, handler, who=who())
