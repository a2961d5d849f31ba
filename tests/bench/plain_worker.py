"""Plain arq beside ours: `python -m tests.bench.plain_worker REDIS default|tuned` runs an empty function."""

import sys
from typing import Any

from arq.connections import RedisSettings
from arq.worker import run_worker

TUNED = {"max_jobs": 100, "poll_delay": 0.01}


async def empty(_: dict[Any, Any], name: str) -> None:
    """What the bench enqueues."""


def main() -> None:
    settings: dict[str, Any] = {"redis_settings": RedisSettings.from_dsn(sys.argv[1])}
    run_worker({"functions": [empty], **settings}, **(TUNED if sys.argv[2] == "tuned" else {}))


if __name__ == "__main__":
    main()
