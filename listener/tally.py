"""What the endpoints report: log lines with ids only, and the counters of operators."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import structlog

from heliograph.telemetry import (
    HANDSHAKES,
    HTTP_SECONDS,
    LIFECYCLE_EVENTS,
    RECEIVED,
    REJECTED,
)
from heliograph.validation import Decision

LOGGED_AT_MOST = 100
"""Ids in one line; the count says how many there were."""

_LIFECYCLE_WORDS = frozenset({"reauthorizationRequired", "subscriptionRemoved", "missed"})

# Finding a counter by its labels costs more than counting.
_received = cache(RECEIVED.labels)
_rejected = cache(REJECTED.labels)
_lifecycle = cache(LIFECYCLE_EVENTS.labels)
_seconds = cache(HTTP_SECONDS.labels)


class Tally:
    """Counts and logs what became of POSTs."""

    def __init__(self, tenants: Mapping[str, str]) -> None:
        """*tenants* are the short names of tenants by tenant id, in lower case."""
        self._tenants = tenants
        # Bound once: to assemble a logger costs more than to check a notification.
        self._log = structlog.get_logger().bind()
        self._turn = _Turn(self._log)

    def stored(
        self,
        decisions: Sequence[Decision],
        failed_proof: str | None,
        *,
        client: tuple[str, int] | None = None,
    ) -> None:
        """One POST is stored, less what was refused; then its *client* is told as well."""
        for decision in decisions:
            if decision.refused is None:
                self._accept(decision)
            else:
                _rejected(self._tenant(decision), decision.refused).inc()
        self._turn.add(decisions, failed_proof, client[0] if client else None)

    def _accept(self, decision: Decision) -> None:
        tenant, event = self._tenant(decision), decision.news.lifecycle_event
        if event is not None:
            _lifecycle(tenant, event if event in _LIFECYCLE_WORDS else "other").inc()
        _received(tenant, decision.lane.kind, "lifecycle" if event else "webhook").inc()

    def _tenant(self, decision: Decision) -> str:
        return self._tenants.get(decision.lane.tenant, "unknown")

    def unreadable(self, reason: str, *, alarm: bool = False) -> None:
        """A POST was not taken at all, for its form or size."""
        _rejected("unknown", reason).inc()
        (self._log.error if alarm else self._log.warning)("notification.unreadable", reason=reason)

    def unavailable(self, reason: str) -> None:
        """A POST could not be stored; Graph sends it again."""
        self._log.warning("notification.unavailable", reason=reason)

    def failed(self, error: Exception) -> None:
        """A mistake of ours. Its text could hold contents, so only its place is logged."""
        self._log.error("notification.failed", error=type(error).__name__, at=_place(error))

    def handshake(self, status: int) -> None:
        """Graph asked whether the address is ours."""
        is_answered = status == 200
        HANDSHAKES.labels("answered" if is_answered else "refused").inc()
        self._log.info("handshake.answered" if is_answered else "handshake.refused")

    def answered(self, route: str, status: int, seconds: float) -> None:
        """An answer is on its way after *seconds*."""
        _seconds(route, str(status)).observe(seconds)


class _Turn:
    """What was stored in one turn of the event loop: a line for all of it, and not one a POST.

    Idle, that is the same. Under load, lines would cost more than all else that a POST needs.
    """

    def __init__(self, log: structlog.typing.FilteringBoundLogger) -> None:
        self._log = log
        self._decisions: list[Decision] = []
        self._failed_proofs: set[str] = set()
        self._refused_clients: set[str] = set()

    def add(
        self, decisions: Sequence[Decision], failed_proof: str | None, client: str | None
    ) -> None:
        """Takes down one POST, to be told soon."""
        if self._decisions and len(self._decisions) + len(decisions) > LOGGED_AT_MOST:
            self._tell()
        if not self._decisions:
            asyncio.get_running_loop().call_soon(self._tell)
        self._decisions += decisions
        if failed_proof is not None:
            self._failed_proofs.add(failed_proof)
        if client is not None and any(decision.refused for decision in decisions):
            self._refused_clients.add(client)

    def _tell(self) -> None:
        accepted = [one for one in self._decisions if one.refused is None]
        refused = [one for one in self._decisions if one.refused is not None]
        proofs, clients = sorted(self._failed_proofs), sorted(self._refused_clients)
        self._decisions, self._failed_proofs, self._refused_clients = [], set(), set()
        if accepted:
            self._log.info("notification.accepted", count=len(accepted), **_ids(accepted))
        if refused:
            self._log.warning(
                "notification.refused",
                reasons=dict(Counter(one.refused for one in refused)),
                proof=", ".join(proofs) or None,
                clients=clients or None,
                **_ids(refused),
            )


def _ids(decisions: Sequence[Decision]) -> dict[str, Any]:
    some = decisions[:LOGGED_AT_MOST]
    return {
        "lanes": [decision.lane.name[:512] for decision in some],
        "registrations": sorted({decision.news.registration for decision in some}),
        "subscriptions": sorted({decision.news.subscription_id[:64] for decision in some}),
    }


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    return f"{code.co_name}:{trace.tb_lineno}" if trace and code else ""
