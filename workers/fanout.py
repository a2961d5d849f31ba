"""From changes to runs: one for each handler that cares."""

from collections.abc import Sequence
from hashlib import blake2b

from heliograph.changes import Change
from heliograph.queue.records import RunRecord
from heliograph.routing import Handler


def runs_for(change: Change, handlers: Sequence[Handler], *, at: int) -> list[RunRecord]:
    """A run of *change* for each of *handlers*, queued *at* (ms since 1970)."""
    return [
        RunRecord(
            run_id=run_id(change.change_id, handler.id),
            handler=handler.id,
            change=change,
            queued_at=at,
        )
        for handler in handlers
    ]


def run_id(change_id: str, handler: str) -> str:
    """The id of a handler's run of a change: the same, should the look be repeated."""
    return blake2b(f"{change_id}\n{handler}".encode(), digest_size=16).hexdigest()
