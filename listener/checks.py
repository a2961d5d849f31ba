"""From the items of one POST to decisions: each item is checked, then the tokens of the rich ones.

The same work is done for every item, genuine or not; only a genuine one may ask Redis or RSA.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heliograph.client_state import ClientStates
from heliograph.errors import QueueUnavailable
from heliograph.notifications import NotificationCollection
from heliograph.subscriptions import Registration
from heliograph.validation import Decision, check, refuse, with_proof
from heliograph.validation_tokens import App, Trust, Verdict, judge
from listener.known import Known

ASK_WITHIN_SECONDS = 0.25
"""With what a store may take, a POST is answered within 1.5 s: a fast 503 costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What notifications are held against. *apps* are ours, each with whom to believe about it."""

    client_states: ClientStates
    known: Known
    apps: Mapping[App, Trust]

    async def decide(
        self, collection: NotificationCollection, *, received_at: int
    ) -> tuple[list[Decision], str | None]:
        """A decision for each item, and why the tokens failed, where they did.

        Raises QueueUnavailable where Redis had to be asked for a registration and could not be.
        """
        ids = [self.client_states.proven(item.client_state) or "" for item in collection.value]
        known = self.known.recall(ids)
        if known is None:
            known = await self._learn(ids)
        decided = [
            check(item, proven=id_ or None, registration=known[id_], received_at=received_at)
            for item, id_ in zip(collection.value, ids, strict=True)
        ]
        apps = {
            registration.id: _app(registration)
            for one, id_ in zip(decided, ids, strict=True)
            if _is_rich(one) and (registration := known[id_])
        }
        if not apps:
            return decided, None
        tokens, needed = collection.validation_tokens, set(apps.values())
        verdict = judge(tokens, needed=needed, apps=self.apps, received_at=received_at)
        return [_with_verdict(one, apps, verdict) for one in decided], verdict.failed

    async def _learn(self, ids: Sequence[str]) -> Mapping[str, Registration | None]:
        """Asks Redis for what is not known yet, within one limit for all of a POST."""
        try:
            async with asyncio.timeout(ASK_WITHIN_SECONDS):
                return {id_: await self.known.get(id_) for id_ in dict.fromkeys(ids)}
        except TimeoutError as error:
            raise QueueUnavailable("expected Redis to know in time, but it did not say") from error


def _app(registration: Registration) -> App:
    return (registration.client_id.lower(), registration.tenant_id.lower())


def _is_rich(decision: Decision) -> bool:
    return decision.refused is None and decision.news.encrypted_content is not None


def _with_verdict(decision: Decision, apps: Mapping[str, App], verdict: Verdict) -> Decision:
    if not _is_rich(decision):
        return decision
    if verdict.failed is not None:
        return refuse(decision, "token")
    app = apps[decision.news.registration]
    is_verified = app in verdict.verified
    return with_proof(
        decision, verified=is_verified, token=None if is_verified else verdict.waiting[app]
    )
