"""`python -m workers [--config FILE]`: one worker process."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import uvloop

from heliograph.errors import HeliographError
from heliograph.settings import FILE_NAME, Settings
from heliograph.telemetry import configure
from workers.app import run


def main() -> int:
    """Runs the worker; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    default = os.environ.get("HELIOGRAPH_CONFIG", FILE_NAME)
    parser.add_argument("--config", type=Path, default=Path(default), help="the settings")
    arguments = parser.parse_args()
    try:
        settings = Settings.load(arguments.config, os.environ)
        configure("heliograph-worker", level=settings.log_level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    except HeliographError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
