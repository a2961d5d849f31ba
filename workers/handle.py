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
from heliograph.errors import Invalid, SealBroken
from heliograph.graph.client import GraphClient
from heliograph.graph.transport import Request, Response
from heliograph.lanes import Lane
from heliograph.loading import LoadedHandler
from heliograph.outcomes import Again, Dead, Done, Dropped, Outcome
from heliograph.queue.partition import Claim
from heliograph.queue.records import Attempt, DeadLetter, RunRecord
from heliograph.routing import Handler, match
from heliograph.settings import ClientSecret, Secret, Tenant
from heliograph.telemetry import RUN_SECONDS, RUN_WAIT_SECONDS, RUNS
from heliograph.workflow import Journal, Steps
from workers.ending import persist
from workers.fanout import runs_for
from workers.policy import CRASHES, HANDLE_WITHIN, judge, park
from workers.timing import now, since_received

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
        except (SealBroken, msgspec.MsgspecError) as error:
            await self._bury_foreign(claim, error)
            return
        with structlog.contextvars.bound_contextvars(run_id=run.run_id, handler=run.handler):
            started, latency = time.perf_counter(), since_received(run.change)
            RUN_WAIT_SECONDS.labels(run.handler).observe(max(0, now() - run.queued_at) / 1000)
            outcome, journal = await self._attempt(claim, run)
            RUN_SECONDS.labels(run.handler).observe(time.perf_counter() - started)
            await persist(lambda: self._end(claim, run, outcome, journal))
            _tell(run, outcome, claim, latency)

    async def _attempt(self, claim: Claim, run: RunRecord) -> tuple[Outcome, Journal | None]:
        loaded = self._handlers.get(run.handler)
        graph = self._graphs.get(run.change.tenant) if run.change.tenant else NO_TENANT
        if claim.crashes >= CRASHES:
            return Dead(error=f"quarantined: it ended its process {claim.crashes} times"), None
        if loaded is None:
            return park(claim.attempts, f"no handler {run.handler!r} here", now=now()), None
        if graph is None:
            reason = f"no tenant {run.change.tenant!r} here"
            return park(claim.attempts, reason, now=now()), None
        journal = await self._journal(claim, run)
        context = self._context(claim, run, loaded, journal, graph)
        return await _call(loaded.handler, run.change, context, claim.attempts), journal

    async def _journal(self, claim: Claim, run: RunRecord) -> Journal:
        partition = claim.partition
        # A first start has no journal yet: that spares it a round trip.
        entries = await partition.read_journal(run.run_id) if claim.starts > 1 else {}

        async def write(key: str, entry: bytes) -> None:
            await partition.write_journal(claim, run.run_id, key, entry)

        return Journal(run.run_id, entries, write=write, clock=now)

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
            attempt=len(claim.attempts) + 1,
            idempotency_key=journal.idempotency_key(""),
            log=structlog.get_logger(f"handlers.{run.handler}"),
            steps=Steps(journal),
        )

    async def _end(
        self, claim: Claim, run: RunRecord, outcome: Outcome, journal: Journal | None
    ) -> None:
        partition = claim.partition
        told = self._told(run, outcome, claim, journal)
        match outcome:
            case Done():
                await partition.end_run(claim, run.run_id, tell=told)
            case Dropped():
                counts = {f"dropped:{run.handler}": 1}
                await partition.end_run(claim, run.run_id, tell=told, counts=counts)
            case Dead(error=error):
                letter = DeadLetter(
                    lane=run.change.lane.name,
                    reason=error,
                    died_at=now(),
                    attempts=claim.attempts,
                    run=run,
                )
                await partition.end_run(claim, run.run_id, tell=told, dead=letter)
            case Again(after=after, error=error):
                attempt = Attempt(at=now(), error=error, worker=self._worker)
                await partition.try_again(claim, after=after, attempt=attempt)
            case _:
                assert_never(outcome)

    def _told(
        self, run: RunRecord, outcome: Outcome, claim: Claim, journal: Journal | None
    ) -> list[RunRecord]:
        """The runs that tell of this one's end, where there is anything to tell."""
        effects = journal.effects if journal else []
        is_silent = isinstance(outcome, Again) or (isinstance(outcome, Done) and not effects)
        if is_silent or run.change.kind == "heliograph":
            return []
        lane = Lane(tenant=run.change.tenant, kind="heliograph", id=run.run_id)
        after = {
            "handler": run.handler,
            "outcome": type(outcome).__name__.lower(),
            "change_id": run.change.change_id,
            "attempts": len(claim.attempts) + 1,
            "effects": [{"what": effect.what, "at": effect.at} for effect in effects],
            "reason": getattr(outcome, "reason", None) or getattr(outcome, "error", None),
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
        return runs_for(change, match(self._routes, change), at=change.observed_at)

    async def _bury_foreign(self, claim: Claim, error: Exception) -> None:
        """What we did not write is never run, and never lost either."""
        log.error("run.bad_seal", job_id=claim.job_id, error=type(error).__name__)
        letter = DeadLetter(lane="", reason="bad signature", died_at=now())
        foreign_id = f"{claim.job_id}:{now()}"
        await claim.partition.end_run(claim, foreign_id, dead=letter)


async def _call(
    handler: Handler, change: Change, context: Context, attempts: Sequence[Attempt]
) -> Outcome:
    try:
        async with asyncio.timeout(HANDLE_WITHIN.total_seconds()):
            await handler.function(change, context)
    except Exception as error:  # noqa: BLE001 (the boundary: whatever an author's code raises)
        return judge(error, attempts, now=now(), chance=random.random())  # noqa: S311 (jitter)
    return Done()


def _tell(run: RunRecord, outcome: Outcome, claim: Claim, latency: int | None) -> None:
    word = {"again": "retried"}.get(name := type(outcome).__name__.lower(), name)
    RUNS.labels(run.handler, word).inc()
    log.info(
        "run.finished",
        outcome=word,
        change_id=run.change.change_id,
        lane=run.change.lane.name,
        attempt=len(claim.attempts) + 1,
        latency_ms=latency,
        reason=getattr(outcome, "reason", None) or getattr(outcome, "error", None),
    )
