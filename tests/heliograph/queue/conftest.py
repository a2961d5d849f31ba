"""A partition on a real Redis, and builders of what goes through it."""

from collections.abc import Callable
from typing import Any

import pytest

from heliograph.changes import Change
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.intake import Arrival
from heliograph.queue.records import RunRecord
from tests.partitions import partition, take

__all__ = ["a_run", "an_arrival", "partition", "take"]


@pytest.fixture
def an_arrival() -> Callable[..., Arrival]:
    return _an_arrival


@pytest.fixture
def a_run() -> Callable[..., RunRecord]:
    return _a_run


def _an_arrival(resource: str = "u1", **news: Any) -> Arrival:
    facts = {"registration": "r", "subscription_id": "s", "received_at": 1_000}
    return Arrival(lane=Lane(tenant="t", kind="users", id=resource), news=News(**{**facts, **news}))


def _a_run(run_id: str = "run1", handler: str = "h", resource: str = "u1") -> RunRecord:
    change = Change(
        change_id="c", tenant="t", kind="users", id=resource, what="updated", observed_at=1
    )
    return RunRecord(run_id=run_id, handler=handler, change=change, queued_at=1)
