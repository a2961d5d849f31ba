"""The commands of `heliograph`, and how each of them ends.

Exit status: 0 done, 1 the act failed, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM.
"""

import asyncio
import os
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from heliograph.errors import HeliographError
from heliograph.settings import FILE_NAME

USAGE = 2

EPILOGUE = "Exit status: 0 done, 1 failed, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM."


def _version() -> str:
    try:
        return version("heliograph")
    except PackageNotFoundError:  # run from a checkout
        return "unreleased"


app = App(
    name="heliograph",
    help="Turns what changes in a Microsoft 365 tenant into reliable reactions.",
    help_epilogue=EPILOGUE,
    version=_version,
)
# By name: what a command needs is imported when it runs, so that `--help` answers at once.
app.command(
    "heliograph.cli.audit:app",
    name="audit",
    help="Look at the audit log, and prove its chain. Example: heliograph audit verify",
)
app.command(
    "heliograph.cli.simulate:simulate",
    name="simulate",
    help="Run a simulated Microsoft 365 tenant with its Graph. Example: heliograph simulate",
)
app.command(
    "heliograph.cli.trigger:trigger",
    name="trigger",
    help="Make one thing happen in a running simulator. Example: heliograph trigger users.created",
)
app.command(
    "heliograph.cli.login:login",
    name="login",
    help="Sign a user in, who lends what Graph gives to no app. Example: heliograph login contoso",
)
app.command(
    "heliograph.cli.login:logout",
    name="logout",
    help="Forget who has signed in. Example: heliograph logout contoso --user lene@contoso.com",
)
app.command(
    "heliograph.cli.keep:plan",
    name="plan",
    help="Show what would make Graph agree with the settings. Example: heliograph plan",
)
app.command(
    "heliograph.cli.keep:apply",
    name="apply",
    help="Make Graph agree with the settings, after a question. Example: heliograph apply",
)
app.command(
    "heliograph.cli.subscriptions:app",
    name="subscriptions",
    help="Look at subscriptions, and act on one. Example: heliograph subscriptions list",
)
app.command(
    "heliograph.cli.dead_letters:app",
    name="dead-letters",
    help="Look at work that was given up, and settle it. Example: heliograph dead-letters list",
)
app.command(
    "heliograph.cli.keys:app",
    name="keys",
    help="Look at the keys for rich notifications, and change them. Example: heliograph keys list",
)
app.command(
    "heliograph.cli.admin:app",
    name="admin",
    help="Keys of the admin API. Example: heliograph admin key ci --role write",
)
app.command(
    "heliograph.cli.runs:app",
    name="runs",
    help="Runs of handlers. Example: heliograph runs retry CHANGE HANDLER",
)
app.command(
    "heliograph.cli.runs:why",
    name="why",
    help="Tell why a handler ran for a change, or why not. Example: heliograph why CHANGE HANDLER",
)

Config = Annotated[
    Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG", show_default=True)
]


@app.command
def init(directory: Path = Path()) -> None:
    """Write a commented heliograph.toml and a root secret. Example: heliograph init

    Parameters
    ----------
    directory
        Where to write them; nothing that is there already is touched.
    """
    from heliograph.cli.init import write_files  # noqa: PLC0415 (as above)

    for path in write_files(directory):
        print(path)


@app.command
def check(*, config: Config = Path(FILE_NAME), json: bool = False) -> int:
    """Report every fault of the settings at once, or every setting and where it comes from.

    Example: heliograph check --json

    Parameters
    ----------
    json
        One JSON object instead of a table.
    """
    from heliograph.cli.check import check as check_settings  # noqa: PLC0415 (as above)

    return check_settings(config, os.environ, as_json=json, console=Console())


@app.command
def up(*, config: Config = Path(FILE_NAME), simulator: bool = False, workers: int = 1) -> int:
    """Run the listener, the keeper and workers together. Example: heliograph up --simulator

    Parameters
    ----------
    simulator
        Against a simulated tenant on this machine, instead of the one in the settings.
    workers
        How many worker processes.
    """
    from heliograph.cli.up import run_until_stopped  # noqa: PLC0415 (as above)

    return asyncio.run(run_until_stopped(config.absolute(), simulated=simulator, workers=workers))


@app.command
def demo() -> int:
    """Show the main job end to end on this machine, in under a minute. Example: heliograph demo"""
    from heliograph.cli.demo import demo as run  # noqa: PLC0415 (as above)

    return asyncio.run(run(Console(), Console(stderr=True)))


def main(arguments: list[str] | None = None) -> int:
    """Runs the command that *arguments* name; the exit status."""
    signal.signal(signal.SIGTERM, _terminate)
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        result = app(
            sys.argv[1:] if arguments is None else arguments,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        errors.print(f"heliograph: {error} (--help tells the usage)", markup=False)
        return USAGE
    except (HeliographError, OSError) as error:
        errors.print(str(error), markup=False)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return result if isinstance(result, int) else 0


def _terminate(_signum: int, _frame: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)
