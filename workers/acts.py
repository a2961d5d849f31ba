"""Acts of Heliograph itself, such as those of the admin API: told as they are, as Changes.

Nobody need look at anything: the news says all. It was sealed by a process of ours, so that who can
write to Redis cannot tell of acts that nobody did.
"""

from collections.abc import Sequence

from heliograph.changes import Change, change_id
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.ends import LookEnd
from heliograph.queue.fanout import note_on, runs_for
from heliograph.queue.records import note_of_change
from heliograph.routing import Handler


def changes_of(lane: Lane, news: Sequence[News]) -> list[Change]:
    """The acts that *news* of *lane* tells of; empty where it tells of none."""
    if lane.kind != "heliograph":
        return []
    return [
        Change(
            change_id=change_id(lane, place, (act.what, act.actor, act.at, act.details)),
            tenant=lane.tenant,
            kind=lane.kind,
            id=lane.id,
            what=act.what,
            observed_at=act.at,
            after=act.details,
            related=act.related,
            actor=act.actor,
        )
        for place, act in enumerate(item.act for item in news)
        if act is not None
    ]


def end_of(changes: Sequence[Change], routes: Sequence[Handler]) -> LookEnd:
    """The end of the look that tells *changes*. It leaves no snapshot: an act is told once."""
    return LookEnd(
        runs=[
            run
            for order, change in enumerate(changes)
            for run in runs_for(change, routes, at=change.observed_at, order=order)
        ],
        notes={note_of_change(change.change_id): note_on(change, routes) for change in changes},
    )
