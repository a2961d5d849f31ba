"""Handling: one handler at work on one change, and what becomes of it."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from typing import assert_never

import msgspec
import structlog

from heliograph.audit import AuditStore
from heliograph.changes import Change, change_id
from heliograph.context import Context
from heliograph.effects import JournaledTransport
from heliograph.errors import Invalid, RecordUnknown, SealBroken
from heliograph.graph.client import GraphClient
from heliograph.graph.transport import Request, Response
from heliograph.lanes import Lane
from heliograph.loading import LoadedHandler
from heliograph.outcomes import Again, Dead, Done, Dropped, Outcome
from heliograph.queue.claims import Claim
from heliograph.queue.ends import End
from heliograph.queue.fanout import runs_for
from heliograph.queue.records import Attempt, Ended, Note, RunRecord, note_of_run
from heliograph.routing import Handler
from heliograph.settings import ClientSecret, Secret, Tenant
from heliograph.telemetry import RUN_SECONDS, RUN_WAIT_SECONDS, RUNS
from heliograph.workflow import Journal, Steps
from workers.ending import letter, persist, try_again
from workers.policy import CRASHES, HANDLE_WITHIN, judge, park
from workers.timing import now, since_received

FRESH_SECONDS = 1.0
"""So young the proof of our lease must be when an effect begins."""

log = structlog.get_logger()


class _Nowhere:
    """The transport of changes that belong to no tenant: what Heliograph tells of itself."""

    async def send(self, request: Request) -> Response:
        raise Invalid(f"expected a change of a tenant, to {request.method} in it, got our own")


NO_TENANT = GraphClient(
    _Nowhere(),
    tenant=Tenant(name="", tenant_id="", client_id="", credential=ClientSecret(secret=Secret(""))),
)


class Handling:
    """The work of the queue `runs`."""

    def __init__(
        self,
        handlers: Sequence[LoadedHandler],
        graphs: Mapping[str, GraphClient],
        *,
        audit: AuditStore,
        worker: str,
    ) -> None:
        """*graphs* are the clients by tenant id."""
        self._handlers = {loaded.handler.id: loaded for loaded in handlers}
        self._routes = [loaded.handler for loaded in handlers]
        self._graphs = graphs
        self._audit = audit
        self._worker = worker

    async def __call__(self, claim: Claim) -> None:
        """Runs what is claimed, and ends it."""
        try:
            run = claim.partition.open_run(claim)
            journal = _journal(claim, run)
        except RecordUnknown as error:
            await self._park_unread(claim, error)
            return
        except (SealBroken, msgspec.MsgspecError) as error:
            await self._bury_foreign(claim, error)
            return
        with structlog.contextvars.bound_contextvars(run_id=run.run_id, handler=run.handler):
            started, latency = time.perf_counter(), since_received(run.change)
            RUN_WAIT_SECONDS.labels(run.handler).observe(max(0, now() - run.queued_at) / 1000)
            outcome = await self._attempt(claim, run, journal)
            RUN_SECONDS.labels(run.handler).observe(time.perf_counter() - started)
            await self._end(claim, run, outcome, journal)
            _tell(run, outcome, claim, latency)

    async def _attempt(self, claim: Claim, run: RunRecord, journal: Journal) -> Outcome:
        loaded = self._handlers.get(run.handler)
        graph = self._graphs.get(run.change.tenant) if run.change.tenant else NO_TENANT
        if claim.crashes >= CRASHES:
            return Dead(error=f"quarantined: it ended its process {claim.crashes} times")
        if loaded is None:
            return _park(claim, f"no handler {run.handler!r} here")
        if graph is None:
            return _park(claim, f"no tenant {run.change.tenant!r} here")
        context = self._context(claim, run, loaded, journal, graph)
        return await _call(loaded.handler, run.change, context, claim.attempts)

    def _context(
        self,
        claim: Claim,
        run: RunRecord,
        loaded: LoadedHandler,
        journal: Journal,
        graph: GraphClient,
    ) -> Context:
        return Context(
            graph=graph.with_transport(lambda below: JournaledTransport(below, journal)),
            audit=self._audit,
            settings=loaded.settings,
            attempt=_failed(claim, run) + 1,
            idempotency_key=journal.idempotency_key(""),
            log=structlog.get_logger(f"handlers.{run.handler}"),
            steps=Steps(journal),
            fence=claim.fence,
        )

    async def _end(self, claim: Claim, run: RunRecord, outcome: Outcome, journal: Journal) -> None:
        match outcome:
            case Again():
                failed = _failed(claim, run)
                await try_again(claim, outcome, worker=self._worker, failed=failed)
                return
            case Done():
                counts, dead = {}, None
            case Dropped():
                counts, dead = {f"dropped:{run.handler}": 1}, None
            case Dead(error=error):
                lane, entries = run.change.lane.name, journal.dump()
                counts, dead = {}, letter(claim, error, lane=lane, run=run, journal=entries)
            case _:
                assert_never(outcome)
        end = End(
            runs=self._told(run, outcome, claim, journal),
            counts=counts,
            notes=_notes(run, outcome, claim),
            dead=dead,
        )
        await persist(lambda: claim.partition.end_run(claim, end))

    def _told(
        self, run: RunRecord, outcome: Outcome, claim: Claim, journal: Journal
    ) -> list[RunRecord]:
        """The runs that tell of this one's end, where there is anything to tell."""
        effects = journal.effects
        is_silent = isinstance(outcome, Done) and not effects
        if is_silent or run.change.kind == "heliograph":
            return []
        lane = Lane(tenant=run.change.tenant, kind="heliograph", id=run.run_id)
        after = {
            "handler": run.handler,
            "outcome": type(outcome).__name__.lower(),
            "change_id": run.change.change_id,
            "attempts": _failed(claim, run) + 1,
            "effects": [{"what": effect.what, "at": effect.at} for effect in effects],
            "reason": _reason(outcome),
        }
        change = Change(
            change_id=change_id(lane, 0, after),
            tenant=lane.tenant,
            kind=lane.kind,
            id=lane.id,
            what="run_ended",
            observed_at=now(),
            after=after,
            related=(run.change.lane.resource,),
            actor="heliograph",
        )
        return runs_for(change, self._routes, at=change.observed_at)

    async def _park_unread(self, claim: Claim, error: RecordUnknown) -> None:
        """A run of a newer worker, or of another root secret, waits for one who can read it."""
        outcome = _park(claim, str(error))
        log.warning("run.parked", job_id=claim.job_id, reason=str(error))
        if isinstance(outcome, Again):
            await try_again(claim, outcome, worker=self._worker, failed=claim.failed)
        else:
            end = End(dead=letter(claim, str(error)))
            await persist(lambda: claim.partition.end_run(claim, end))

    async def _bury_foreign(self, claim: Claim, error: Exception) -> None:
        """What we did not write is never run, and never lost either."""
        log.error("run.bad_seal", job_id=claim.job_id, error=type(error).__name__)
        end = End(dead=letter(claim, "bad signature"))
        await persist(lambda: claim.partition.end_run(claim, end))


def _journal(claim: Claim, run: RunRecord) -> Journal:
    partition = claim.partition

    async def write(key: str, entry: bytes) -> None:
        # As long as it takes: an effect whose record is lost would happen again. And once more
        # where the answer was long in coming: a process that was frozen meanwhile must not act.
        asked = float("-inf")
        while time.monotonic() - asked > FRESH_SECONDS:
            asked = time.monotonic()
            await persist(lambda: partition.write_journal(claim, run, key, entry))

    return Journal(run.root, partition.open_journal(claim, run), write=write, clock=now)


async def _call(
    handler: Handler, change: Change, context: Context, attempts: Sequence[Attempt]
) -> Outcome:
    try:
        async with asyncio.timeout(HANDLE_WITHIN.total_seconds()):
            await handler.function(change, context)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the boundary: whatever an author's code raises)
        return judge(error, attempts, now=now(), chance=random.random())  # noqa: S311 (jitter)
    return Done()


def _park(claim: Claim, reason: str) -> Again | Dead:
    return park(claim.attempts, reason, now=now(), chance=random.random())  # noqa: S311 (jitter)


def _failed(claim: Claim, run: RunRecord) -> int:
    """How many attempts of *run* failed before, those before it was a dead letter included."""
    return claim.failed or (run.history[-1].number if run.history else 0)


def _notes(run: RunRecord, outcome: Outcome, claim: Claim) -> dict[str, Note]:
    """A note on any end but the plain one: that a run was queued, and nothing said against it."""
    had_trouble = bool(claim.attempts or claim.crashes or run.history or run.replayed_from)
    if isinstance(outcome, Done) and not had_trouble:
        return {}
    ended = Ended(
        outcome=type(outcome).__name__.lower(),
        at=now(),
        reason=_reason(outcome) or "",
        attempts=_failed(claim, run) + 1,
        run_id=run.run_id,
    )
    return {note_of_run(run.root): ended}


def _reason(outcome: Outcome) -> str | None:
    match outcome:
        case Dropped(reason=reason) | Dead(error=reason) | Again(error=reason):
            return reason
        case Done():
            return None
        case _:
            assert_never(outcome)


def _tell(run: RunRecord, outcome: Outcome, claim: Claim, latency: int | None) -> None:
    word = {"again": "retried"}.get(name := type(outcome).__name__.lower(), name)
    RUNS.labels(run.handler, word).inc()
    log.info(
        "run.finished",
        outcome=word,
        change_id=run.change.change_id,
        lane=run.change.lane.name,
        attempt=_failed(claim, run) + 1,
        latency_ms=latency,
        reason=_reason(outcome),
    )
