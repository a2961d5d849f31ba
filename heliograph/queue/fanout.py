"""From changes to runs: one for each handler that cares, and a note on those that do not."""

from collections.abc import Sequence
from hashlib import blake2b

from heliograph.changes import Change
from heliograph.queue.records import RunRecord, Told
from heliograph.routing import Handler, match


def runs_for(
    change: Change, routes: Sequence[Handler], *, at: int, order: int = 0
) -> list[RunRecord]:
    """A run of *change* for each of *routes* that cares, queued *at* (ms since 1970)."""
    return [
        RunRecord(
            run_id=run_id(change.change_id, handler.id),
            handler=handler.id,
            change=change,
            queued_at=at,
            order=order,
        )
        for handler in match(routes, change)
    ]


def run_id(change_id: str, handler: str) -> str:
    """The id of a handler's run of a change: the same, should the look be repeated."""
    return blake2b(f"{change_id}\n{handler}".encode(), digest_size=16).hexdigest()


def note_on(change: Change, routes: Sequence[Handler]) -> Told:
    """Which handlers run for *change*, and which filter kept the others of its kind out."""
    refusals = {handler.id: handler.refusal(change) for handler in routes}
    return Told(
        lane=change.lane.name,
        what=change.what,
        at=change.observed_at,
        queued=tuple(name for name, refusal in refusals.items() if refusal is None),
        # Another kind is what most handlers ask for: that goes without saying.
        skipped={name: why for name, why in refusals.items() if why not in {None, "kind"}},
    )
