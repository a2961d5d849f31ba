"""Settling dead letters: each act is one script, and is told to who asks for what we do ourselves.

*Retry* is the same run, with its history and the journal of what it did already: no recorded
effect is repeated. *Replay* is a new run of the same change; it has the idempotency key of the
first one, so that targets which take it can tell. A look is looked at again either way, and the
resource is asked for afresh, as it is after a drop.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import msgspec

from heliograph.changes import Change, change_id
from heliograph.errors import SealBroken
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.calls import Arg
from heliograph.queue.dead_letters import Found
from heliograph.queue.ends import End, additions, run_job_record, seal_run
from heliograph.queue.fanout import runs_for
from heliograph.queue.recent import read_note, waiting_runs
from heliograph.queue.records import Ended, RunRecord, note_of_run, read_news
from heliograph.routing import Handler

Mode = Literal["force", "if-no-runs"]
Act = Literal["retried", "replayed", "dropped", "expired"]

RUN_WELL = frozenset({"done", "dropped"})

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of an act on one letter: *done*, or why not. Neither is an error."""

    name: str
    done: bool
    says: str


@dataclass(frozen=True, slots=True)
class _PutBack:
    """The lane that work goes back to, and how the script is told."""

    keys: Sequence[str] = ()
    args: Sequence[Arg] = ("",)


class Settling:
    """Acts on dead letters. All methods raise QueueUnavailable."""

    def __init__(self, routes: Sequence[Handler], *, who: str) -> None:
        """Acts are told as changes of kind `heliograph` to *routes*, as done by *who*."""
        self._routes = routes
        self._who = who

    async def retry(self, found: Found) -> Answer:
        """The same work again: its next attempt, on a schedule of its own."""
        letter = found.letter
        if letter.run is None:
            return await self._again(found, "retried")
        history = (*letter.run.history, *letter.attempts)
        run = msgspec.structs.replace(letter.run, history=history, journal=letter.journal)
        return await self._settle(found, "retried", _run_back(found, run), run)

    async def replay(self, found: Found, *, mode: Mode = "force") -> Answer:
        """A new run of the same change. `if-no-runs` leaves out what has run well meanwhile."""
        run = found.letter.run
        if run is None:
            return await self._again(found, "replayed")
        if mode == "if-no-runs" and (other := await _other_run(found, run)):
            return Answer(name=found.name, done=False, says=f"left out: {other}")
        digest = blake2b(f"{run.run_id}\n{found.letter.died_at}".encode(), digest_size=16)
        anew = msgspec.structs.replace(
            run,
            run_id=digest.hexdigest(),
            queued_at=_now(),
            idempotency=run.root,
            replayed_from=run.run_id,
            history=(),
            journal={},
        )
        return await self._settle(found, "replayed", _run_back(found, anew), anew)

    async def drop(self, found: Found) -> Answer:
        """Ends it for good; the resource of a look is looked at again."""
        is_look = found.kind == "look" and found.letter.lane
        back = _look_back(found, dict([_hint(found)])) if is_look else _PutBack()
        return await self._settle(found, "dropped", back, found.letter.run)

    async def expire(self, found: Found) -> Answer:
        """Erases what is older than letters are kept; all that remains is that it was."""
        return await self._settle(found, "expired", _PutBack(), found.letter.run)

    async def _again(self, found: Found, act: Act) -> Answer:
        """Puts back what is no run, or a run that could not be opened."""
        keys, letter = found.partition.keys, found.letter
        if found.kind == "look":
            if not letter.lane:
                return Answer(name=found.name, done=False, says="its job cannot be read: drop it")
            news = dict([*letter.news.items(), _hint(found)])
            return await self._settle(found, act, _look_back(found, news), None)
        queue, job_id = keys.queue(letter.queue), letter.job_id
        payload = [1, letter.raw] if found.kind == "run" else [0]
        back = _PutBack(
            [queue, keys.job(job_id), keys.runs(job_id)],
            [found.kind, job_id, letter.record, *payload],
        )
        return await self._settle(found, act, back, None)

    async def _settle(
        self, found: Found, act: Act, back: _PutBack, run: RunRecord | None
    ) -> Answer:
        partition = found.partition
        notes = {}
        if run is not None:
            by = f"by {self._who}"
            notes[note_of_run(run.root)] = Ended(
                outcome=act, at=_now(), reason=by, attempts=len(run.history), run_id=run.run_id
            )
        end = End(runs=self._told(found, act), counts={f"{act}:letters": 1}, notes=notes)
        keys, args = additions(end, partition.keys, partition.sealer)
        done = await partition.calls(
            "settle_letter",
            [*partition.keys.common, *back.keys, *keys],
            [found.name, *back.args, *args],
        )
        says = act if done else "it is not there any more: somebody else was quicker"
        return Answer(name=found.name, done=bool(done), says=says)

    def _told(self, found: Found, act: Act) -> list[RunRecord]:
        """The runs that tell of the act: it is a change of our own."""
        letter = found.letter
        lane = Lane(tenant="", kind="heliograph", id=found.name)
        after = {
            "letter": found.name,
            "lane": letter.lane,
            "handler": letter.run.handler if letter.run else None,
            "change_id": letter.run.change.change_id if letter.run else None,
            "reason": letter.reason,
            "died_at": letter.died_at,
        }
        change = Change(
            change_id=change_id(lane, letter.died_at, (act, after)),
            tenant="",
            kind="heliograph",
            id=lane.id,
            what=f"letter_{act}",
            observed_at=_now(),
            after=after,
            related=(Lane.from_name(letter.lane).resource,) if letter.lane else (),
            actor=self._who,
        )
        return runs_for(change, self._routes, at=change.observed_at)


def _run_back(found: Found, run: RunRecord) -> _PutBack:
    keys, job_id = found.partition.keys, found.letter.job_id
    sealed = seal_run(run, keys, found.partition.sealer)
    return _PutBack(
        [keys.queue("runs"), keys.job(job_id), keys.runs(job_id)],
        ["run", job_id, run_job_record(run), 1, sealed],
    )


def _look_back(found: Found, news: dict[bytes, bytes]) -> _PutBack:
    keys, letter = found.partition.keys, found.letter
    items = [part for item in news.items() for part in item]
    return _PutBack(
        [keys.queue(letter.queue), keys.job(letter.job_id), keys.news(letter.job_id)],
        ["look", letter.job_id, letter.record, len(news), *items],
    )


def _hint(found: Found) -> tuple[bytes, bytes]:
    """News that says nothing but: look again."""
    partition, letter = found.partition, found.letter
    place = partition.keys.news(letter.job_id)
    registration = ""
    for sealed in letter.news.values():
        try:
            registration = read_news(partition.sealer.open(sealed, place)).registration
        except (SealBroken, msgspec.MsgspecError):
            continue
    hint = _encode(
        News(registration=registration, subscription_id="", received_at=_now(), source="delta")
    )
    return blake2b(hint, digest_size=16).digest(), partition.sealer.seal(hint, place)


async def _other_run(found: Found, run: RunRecord) -> str | None:
    """What another run of the same change and handler has come to, or that it waits."""
    ended = await read_note(found.partition, note_of_run(run.root))
    if isinstance(ended, Ended) and ended.outcome in RUN_WELL:
        return f"run {ended.run_id} ended {ended.outcome}"
    for waiting in await waiting_runs(found.partition, found.letter.job_id):
        if waiting.root == run.root:
            return f"run {waiting.run_id} waits"
    return None


def _now() -> int:
    return time.time_ns() // 1_000_000
