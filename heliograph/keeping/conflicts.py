"""What to do where Graph says 409: a subscription like the wanted one is there already.

Ours is what proves itself by its clientState, as GET shows it. What does not may belong to another
deployment with the same app registration, and is removed only where the wish says so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog

from heliograph.client_state import ClientStates
from heliograph.errors import Conflict, NotFound
from heliograph.graph.subscriptions import Subscription
from heliograph.keeping.mirror import Mirror
from heliograph.keeping.records import Records
from heliograph.planning.inventory import held, recovered
from heliograph.planning.wishes import App, Desired
from heliograph.subscriptions import Registration, milliseconds

log = structlog.get_logger()

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """Finds out what is in the way. Raises GraphError, LeaseLost and QueueUnavailable."""

    app: App
    graph: Mirror
    records: Records
    client_states: ClientStates
    clock: Callable[[], datetime]

    async def make_way(
        self, wanted: Registration, desired: Desired, old: Registration | None, error: Conflict
    ) -> Registration | None:
        """One of ours, adopted in the place of *wanted*; None where the way is free now.

        Removed is only the *old* one that is to be replaced, and where the wish takes over what
        is not ours. Raises Conflict, with the ids, where something else stays in the way.
        """
        blockers = await self._blockers(desired, error)
        for blocker in blockers:
            id_ = self.client_states.proven(blocker.client_state)
            is_old = old is not None and (blocker.id == old.subscription_id or id_ == old.id)
            if is_old or (id_ is None and desired.take_over):
                log.info("keeper.made_way", subscription_id=blocker.id, is_ours=id_ is not None)
                await self.graph.delete(blocker.id)
                return None
            if id_ is not None and (adopted := await self._adopt(blocker, id_, wanted)) is not None:
                return adopted
        ids = ", ".join(blocker.id for blocker in blockers) or "unknown"
        raise Conflict(
            f"{error} (in the way: {ids})",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
        ) from error

    async def _blockers(self, desired: Desired, error: Conflict) -> list[Subscription]:
        """What Graph may mean, with clientState: named in its text, else listed."""
        ids = _GUID.findall(str(error))
        if not ids:
            asked = desired.asked_resource.strip("/").lower()
            ids = [
                item.id
                async for item in self.graph.list()
                if item.resource.strip("/").lower() == asked
            ]
        found = []
        for id_ in ids:
            try:
                found.append(await self.graph.get(id_))
            except NotFound:
                continue
        return found

    async def _adopt(
        self, subscription: Subscription, id_: str, wanted: Registration
    ) -> Registration | None:
        now = self.clock()
        record = self.records.get(id_)
        record = record or recovered(subscription, id_, now=now, app=self.app)
        if record is None:
            return None
        adopted = msgspec.structs.replace(held(record, subscription), replaced_at=None)
        await self.records.put(adopted)
        if wanted.id != adopted.id:
            await self.records.put(msgspec.structs.replace(wanted, replaced_at=milliseconds(now)))
        return adopted
