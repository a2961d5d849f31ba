"""Sight: the present state of a resource, from rich news where it is enough, else from Graph.

Nothing from a notification is used as an address: a lane's kind and ids fill our own templates.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog

from heliograph.changes import STAMP, WATCHED, Sighting, Snapshot
from heliograph.encryption_keys import LANE as KEYS_LANE
from heliograph.encryption_keys import EncryptionKey
from heliograph.errors import (
    DecryptionFailed,
    EncryptionKeyUnknown,
    NotFound,
    TokenInvalid,
    Unavailable,
)
from heliograph.graph.client import GraphClient
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.subscriptions import Registration
from workers.observe import Seen

CLOCKS_DIFFER = timedelta(minutes=5)
"""How much earlier than our watch an object may date itself and still be new."""

REFUSALS = (
    *("client_state", "unknown_subscription", "tenant", "resource", "shape", "token"),
    *("content", "seal"),
)
"""Why news is refused, by the listener or by a look."""

log = structlog.get_logger()


class Rich(Protocol):
    """Reads rich news; raises TokenInvalid, DecryptionFailed or EncryptionKeyUnknown."""

    async def read(self, lane: Lane, news: News) -> dict[str, Any]: ...


class Watches(Protocol):
    """Finds a registration; None where it is not known any more."""

    async def get(self, registration_id: str) -> Registration | None: ...


class Counters(Protocol):
    """What a partition counts."""

    async def read_counts(self) -> dict[str, int]: ...


class Keys(Protocol):
    """The keys for rich notifications, oldest first."""

    async def all(self) -> Sequence[EncryptionKey]: ...


class GraphSight:
    """Sees through rich notifications and the Graph client."""

    def __init__(
        self,
        graphs: Mapping[str, GraphClient],
        rich: Rich,
        registrations: Watches,
        *,
        counters: Sequence[Counters],
        keys: Keys,
    ) -> None:
        """*graphs* are the clients by tenant id, *counters* those of each partition."""
        self._graphs = graphs
        self._counters = counters
        self._keys = keys
        self._rich = rich
        self._registrations = registrations

    async def see(self, lane: Lane, news: Sequence[News], before: Snapshot | None) -> Seen:
        """What is to be seen of *lane* now; *refused* news had no part in it."""
        if lane.kind == "heliograph":
            return Seen(sighting=await self._own(lane, before), refused={})
        refused: Counter[str] = Counter()
        contents, trusted = await self._contents(lane, news, refused)
        if not trusted:
            return Seen(sighting=None, refused=refused)
        sighting = self._from_contents(contents, trusted, before)
        if sighting is None:
            sighting = await self._from_graph(lane, trusted, before)
        return Seen(sighting=sighting, refused=refused)

    async def _own(self, lane: Lane, before: Snapshot | None) -> Sighting:
        """What Heliograph has itself: its keys, and what it has counted.

        The comparison tells what is new of it.
        """
        if lane == KEYS_LANE:
            held = [_told(key) for key in await self._keys.all()]
            newest = held[-1]["id"] if held else None
            own = {"keys": held, "current": newest}
            return Sighting(presence="present", properties=own, is_new=before is None)
        counts = await self._counters[int(lane.id.partition(":")[2])].read_counts()
        refused = {name: counts.get(f"refused:{name}", 0) for name in REFUSALS}
        return Sighting(presence="present", properties=refused, is_new=before is None)

    # -- from rich notifications ---------------------------------------------------------------

    async def _contents(
        self, lane: Lane, news: Sequence[News], refused: Counter[str]
    ) -> tuple[list[dict[str, Any]], list[News]]:
        """The contents of rich news, and the news that proved true."""
        contents: list[dict[str, Any]] = []
        trusted: list[News] = []
        for item in news:
            if item.encrypted_content is not None:
                try:
                    contents.append(await self._rich.read(lane, item))
                except (TokenInvalid, DecryptionFailed) as error:
                    reason = "token" if isinstance(error, TokenInvalid) else "content"
                    refused[reason] += 1
                    log.warning("notification.refused", reason=reason, lane=lane.name)
                    continue
                except EncryptionKeyUnknown:
                    # The hint holds even so: what cannot be read is asked for.
                    log.error("notification.key_unknown", lane=lane.name)  # noqa: TRY400 (no trace: foreign text)
            trusted.append(item)
        return contents, trusted

    def _from_contents(
        self, contents: Sequence[dict[str, Any]], news: Sequence[News], before: Snapshot | None
    ) -> Sighting | None:
        """The newest of *contents*, where they tell all that there is to know."""
        is_whole = len(contents) == len(news) and all(STAMP in content for content in contents)
        is_alive = all(item.change_type != "deleted" for item in news)
        if not (is_whole and is_alive) or (before is not None and before.presence != "present"):
            return None
        newest = max(contents, key=_stamp)
        if before is not None and _stamp(newest) < _stamp(before.properties):
            # Overtaken by what is known already: a state never goes back.
            return Sighting(presence="present", properties={})
        return Sighting(
            presence="present",
            properties=newest,
            is_new=any(item.change_type == "created" for item in news),
        )

    # -- from Graph ----------------------------------------------------------------------------

    async def _from_graph(
        self, lane: Lane, news: Sequence[News], before: Snapshot | None
    ) -> Sighting:
        graph = self._graphs.get(lane.tenant)
        if graph is None:
            raise Unavailable(f"expected credentials of tenant {lane.tenant!r}, found none here")
        try:
            properties = await _fetch[lane.kind](graph, lane)
        except NotFound:
            return Sighting(presence=await _absence(graph, lane))
        members = None
        if lane.kind == "groups":
            members = frozenset([member.id async for member in graph.groups.members(lane.id)])
        is_new = before is None and await self._is_new(lane, news, properties)
        return Sighting(presence="present", properties=properties, members=members, is_new=is_new)

    async def _is_new(
        self, lane: Lane, news: Sequence[News], properties: Mapping[str, Any]
    ) -> bool:
        """Did the resource come into being while we watched? Directories never say `created`."""
        if lane.owner is not None:
            return any(item.change_type == "created" for item in news)
        registration = await self._registrations.get(news[0].registration)
        created = properties.get("createdDateTime")
        if registration is None or not isinstance(created, str):
            return False
        watched_since = datetime.fromtimestamp(registration.created_at / 1000, tz=UTC)
        return datetime.fromisoformat(created) >= watched_since - CLOCKS_DIFFER


async def _absence(graph: GraphClient, lane: Lane) -> Any:  # noqa: ANN401 (a Presence)
    """Of what Graph does not find: `deleted` while it lies in the directory's bin, else `gone`."""
    if lane.owner is not None:
        return "gone"
    try:
        await graph.directory.deleted_properties(lane.id, select=("id",))
    except NotFound:
        return "gone"
    return "deleted"


def _stamp(properties: Mapping[str, Any]) -> datetime:
    stamp = properties.get(STAMP)
    return datetime.fromisoformat(stamp) if stamp else datetime.min.replace(tzinfo=UTC)


async def _user(graph: GraphClient, lane: Lane) -> dict[str, Any]:
    found = await graph.users.get_properties(lane.id, WATCHED["users"], expand_manager=True)
    manager = found.get("manager")
    # The relation is kept as an id, so that a manager's new title is no change of the report's.
    return {**found, "manager": manager.get("id") if isinstance(manager, dict) else None}


async def _group(graph: GraphClient, lane: Lane) -> dict[str, Any]:
    return await graph.groups.get_properties(lane.id, WATCHED["groups"])


async def _message(graph: GraphClient, lane: Lane) -> dict[str, Any]:
    return await graph.mail.get_properties(_owner(lane), lane.id, WATCHED["messages"])


async def _event(graph: GraphClient, lane: Lane) -> dict[str, Any]:
    return await graph.events.get_properties(_owner(lane), lane.id, WATCHED["events"])


async def _contact(graph: GraphClient, lane: Lane) -> dict[str, Any]:
    return await graph.contacts.get_properties(_owner(lane), lane.id, WATCHED["contacts"])


_fetch: Mapping[str, Callable[[GraphClient, Lane], Awaitable[dict[str, Any]]]] = {
    "users": _user,
    "groups": _group,
    "messages": _message,
    "events": _event,
    "contacts": _contact,
}


def _owner(lane: Lane) -> str:
    assert lane.owner is not None, "a mailbox item's lane names its owner"  # noqa: S101 (a mistake of ours)
    return lane.owner


def _told(key: EncryptionKey) -> dict[str, Any]:
    """What the audit log may know of a key."""
    return {
        "id": key.id,
        "bits": key.private.key_size,
        "made_at": key.created_at,
        "made_by": key.made_by,
    }
