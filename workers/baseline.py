"""The baseline: what was there before the watch began, so that the first change of it has a before.

Directory notifications never say what changed. Without a snapshot the first one about a user of
old could only be told as `updated`, without the fields; so a new watch reads all there is once.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from heliograph.changes import WATCHED, Snapshot, canonical
from heliograph.graph.client import GraphClient
from heliograph.lanes import Lane
from heliograph.queue.keys import partition_of
from heliograph.queue.partition import Partition
from heliograph.registrations import Registrations
from heliograph.subscriptions import Registration

AT_ONCE = 200
"""Snapshots that one script stores."""

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode


class Baseline:
    """Reads directories once, and stores what it finds as snapshots that nothing is told from."""

    def __init__(
        self,
        graphs: Mapping[str, GraphClient],
        partitions: Sequence[Partition],
        registrations: Registrations,
    ) -> None:
        """*graphs* are the clients by tenant id."""
        self._graphs = graphs
        self._partitions = partitions
        self._registrations = registrations

    async def take(self, registration_id: str) -> None:
        """Stores the baseline of what a registration watches, if that is a whole directory."""
        registration = await self._registrations.get(registration_id)
        if registration is None or registration.resource.strip("/") not in {"users", "groups"}:
            return
        stored = 0
        batch: dict[Lane, bytes] = {}
        async for lane, snapshot in self._read(registration):
            batch[lane] = _encode(snapshot)
            if len(batch) == AT_ONCE:
                stored += await self._store(batch)
                batch = {}
        stored += await self._store(batch)
        log.info("baseline.stored", kind=registration.kind, snapshots=stored)

    async def _read(self, registration: Registration) -> AsyncIterator[tuple[Lane, Snapshot]]:
        graph = self._graphs[registration.tenant_id]
        kind = registration.kind
        listed = graph.users if kind == "users" else graph.groups
        async for found in listed.list_properties(WATCHED[kind]):
            lane = Lane(tenant=registration.tenant_id, kind=kind, id=str(found["id"]))
            members = None
            if kind == "groups":
                members = frozenset([member.id async for member in graph.groups.members(lane.id)])
            yield lane, Snapshot(version=1, properties=_properties(found, kind), members=members)

    async def _store(self, batch: Mapping[Lane, bytes]) -> int:
        by_partition: dict[int, dict[Lane, bytes]] = defaultdict(dict)
        for lane, snapshot in batch.items():
            by_partition[partition_of(lane, len(self._partitions))][lane] = snapshot
        return sum(
            [
                await self._partitions[index].store_baseline(part)
                for index, part in by_partition.items()
            ]
        )


def _properties(found: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {name: canonical(found[name]) for name in WATCHED[kind] if name in found}
