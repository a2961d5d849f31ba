"""Ends: what one script writes when work ends, all or nothing, as keys and arguments.

What the scripts make of it stands in `scripts/common.lua`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from heliograph.queue.calls import Arg
from heliograph.queue.keys import Keys
from heliograph.queue.records import DeadLetter, Note, RunRecord, job
from heliograph.sealing import Sealer

NOTES = 20_000
"""Notes that a partition keeps: about 10 MB. The oldest are forgotten."""

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What the end of any work may add: runs to queue, counters, notes, and a dead letter."""

    runs: Sequence[RunRecord] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    dead: DeadLetter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookEnd(End):
    """The end of a look, or a piece of it. *snapshot* None keeps the stored one.

    *piece* is the version that a piece takes the snapshot to; None for the last one, which alone
    gives the lane back.
    """

    snapshot: bytes | None = None
    piece: int | None = None


def additions(end: End, keys: Keys, sealer: Sealer) -> tuple[list[str], list[Arg]]:
    """Keys and arguments of *end* for a script that ends with `add`; the common keys go before."""
    args: list[Arg] = [*_dead(end.dead, keys, sealer), len(end.counts)]
    for counter, by in end.counts.items():
        args += [counter, by]
    args += [NOTES, len(end.notes)]
    for name, note in end.notes.items():
        args += [name, sealer.seal(_encode(note), note_place(keys, name))]
    names: list[str] = []
    for run in end.runs:
        job_id = keys.run_job(run.change.lane, run.handler)
        names += [keys.job(job_id), keys.runs(job_id)]
        args += [job_id, run_job_record(run), seal_run(run, keys, sealer)]
    return names, args


def run_job_record(run: RunRecord) -> bytes:
    """arq's record of the lane that *run* waits in."""
    return job("handle", run.handler, run.change.lane.name, at=run.queued_at)


def seal_run(run: RunRecord, keys: Keys, sealer: Sealer) -> bytes:
    """*run* as it waits in its lane."""
    return sealer.seal(_encode(run), keys.runs(keys.run_job(run.change.lane, run.handler)))


def letter_id(letter: DeadLetter) -> str:
    """The name of a dead letter: that of its run, or of its job and the moment it was given up."""
    return letter.run.run_id if letter.run else f"{letter.job_id}:{letter.died_at}"


def letter_place(keys: Keys, name: str) -> str:
    """What a dead letter is sealed for."""
    return f"{keys.dead}:{name}"


def note_place(keys: Keys, name: str) -> str:
    """What a note is sealed for."""
    return f"{keys.recent}:{name}"


def _dead(letter: DeadLetter | None, keys: Keys, sealer: Sealer) -> tuple[Arg, Arg]:
    if letter is None:
        return "", ""
    name = letter_id(letter)
    return name, sealer.seal(_encode(letter), letter_place(keys, name))
