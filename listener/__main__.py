"""`python -m listener`: the HTTP service, and the keeper as a child process of it."""

import argparse
import os
import sys
from pathlib import Path

from heliograph import telemetry
from heliograph.errors import RedisUnsafe, SettingsInvalid
from heliograph.queue.deployment import check_once
from heliograph.settings import FILE_NAME, Settings
from listener import keeper_app, keeper_process
from listener.app import build
from listener.endpoints import Readiness
from listener.server import serve


def main() -> int:
    """Serves until SIGTERM or SIGINT; 1 when the configuration or Redis cannot be used."""
    arguments = _parser().parse_args()
    try:
        settings = Settings.load(arguments.config, os.environ)
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.keeper_only:
        telemetry.configure("heliograph-keeper", level=settings.log_level)
        keeper_process.end_with_parent(arguments.parent)
        keeper_app.main(settings)
        return 0
    telemetry.configure("heliograph-listener", level=settings.log_level)
    try:
        check_once(settings)
    except RedisUnsafe as error:
        print(error, file=sys.stderr)
        return 1
    readiness = Readiness()
    with keeper_process.kept(arguments.config, is_wanted=not arguments.no_keeper):
        serve(build(settings, readiness), settings.listener, readiness)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m listener", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(FILE_NAME), help="default: %(default)s")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--keeper-only", action="store_true", help="keep subscriptions, serve none")
    which.add_argument("--no-keeper", action="store_true", help="serve only")
    parser.add_argument("--parent", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
