"""From the items of one POST to decisions: each item is checked, then the tokens of the rich ones.

The same work is done for every item, genuine or not; only a genuine one may ask Redis or RSA.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heliograph.client_state import ClientStates
from heliograph.notifications import NotificationCollection
from heliograph.subscriptions import Registration
from heliograph.validation import Decision, check, refuse, with_proof
from heliograph.validation_tokens import App, Trust, Verdict, judge
from listener.known import Known

_Checked = tuple[Decision, App]

_NO_APP: App = ("", "")


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
        checked: list[_Checked] = []
        for notification in collection.value:
            proven = self.client_states.proven(notification.client_state)
            registration = await self.known.get(proven or "")
            decision = check(
                notification, proven=proven, registration=registration, received_at=received_at
            )
            checked.append((decision, _app(registration)))
        needed = {app for decision, app in checked if _is_rich(decision)}
        if not needed:
            return [decision for decision, _ in checked], None
        tokens = collection.validation_tokens
        verdict = judge(tokens, needed=needed, apps=self.apps, received_at=received_at)
        return _judged(checked, verdict), verdict.failed


def _app(registration: Registration | None) -> App:
    if registration is None:
        return _NO_APP
    return (registration.client_id.lower(), registration.tenant_id.lower())


def _is_rich(decision: Decision) -> bool:
    return decision.refused is None and decision.news.encrypted_content is not None


def _judged(checked: Sequence[_Checked], verdict: Verdict) -> list[Decision]:
    return [
        _with_verdict(decision, app, verdict) if _is_rich(decision) else decision
        for decision, app in checked
    ]


def _with_verdict(decision: Decision, app: App, verdict: Verdict) -> Decision:
    if verdict.failed is not None:
        return refuse(decision, "token")
    is_verified = app in verdict.verified
    return with_proof(
        decision, verified=is_verified, token=None if is_verified else verdict.waiting[app]
    )
