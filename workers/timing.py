"""Clocks of the worker, in milliseconds since 1970."""

import time

from heliograph.changes import Change


def now() -> int:
    """The present."""
    return time.time_ns() // 1_000_000


def since_received(change: Change) -> int | None:
    """How long ago the first notification that led to *change* was received."""
    received = min((cause.received_at for cause in change.causes), default=None)
    return None if received is None else max(0, now() - received)
