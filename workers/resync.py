"""Resync: what notifications missed is found by delta queries, and enters by the common way.

What changed becomes news of the source `delta` in the lane of its resource; if the snapshot agrees
already, nothing is told. Where a watch begins, only the link is taken from which to go on.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from heliograph.changes import WATCHED
from heliograph.delta_links import DeltaLink, DeltaLinks
from heliograph.graph.client import GraphClient
from heliograph.graph.rounds import DeltaPage, Followed, Removed
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.intake import Arrival
from heliograph.resources import Resource, canonical_id, from_subscription, is_object_id
from heliograph.subscriptions import Registration, milliseconds, moment
from heliograph.validation import tenant
from workers.baseline import Baseline

AT_ONCE = 200
"""News that one call stores."""

PAST, FUTURE = timedelta(days=30), timedelta(days=365)
"""The window of the calendar that is followed."""

WINDOW_LASTS = timedelta(days=30)
"""After this a new window is begun: a link keeps the old one."""

CLOCKS_DIFFER = timedelta(minutes=5)

log = structlog.get_logger()

Entry = dict[str, object] | Removed


class Store(Protocol):
    """Where news goes in; the queue's intake is one."""

    async def store(self, arrivals: Sequence[Arrival]) -> None: ...


class Registrations(Protocol):
    """Finds a registration; None where it is not known any more."""

    async def get(self, id_: str) -> Registration | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One collection that is followed for a registration."""

    name: str
    registration: Registration
    owner: str | None
    followed: Followed[dict[str, object]]


class Resync:
    """Follows what registrations watch. *graphs* are the clients by tenant id."""

    def __init__(
        self,
        graphs: Mapping[str, GraphClient],
        registrations: Registrations,
        links: DeltaLinks,
        intake: Store,
        *,
        baseline: Baseline,
    ) -> None:
        self._graphs = graphs
        self._registrations = registrations
        self._links = links
        self._intake = intake
        self._baseline = baseline

    async def __call__(self, registration_id: str) -> None:
        """Finds what the subscription of a registration may have missed, or begins to follow it.

        Raises GraphError and QueueUnavailable; what was found till then has entered.
        """
        registration = await self._registrations.get(registration_id)
        if registration is None:
            return
        watched = from_subscription(registration.resource)
        if watched.owner is None and watched.id is not None:
            lane = Lane(tenant=tenant(registration.tenant_id), kind=watched.kind, id=watched.id)
            await self._intake.store([_arrival(lane, registration, "updated")])
            return
        if registration.filter:
            # Delta knows no such filter: what does not match would be told as well.
            log.info("resync.skipped", resource=registration.resource, reason="filter")
            return
        places = [place async for place in self._places(registration, watched)]
        links = {place.name: await self._links.get(place.name) for place in places}
        since = min((link.since for link in links.values() if link), default=None)
        for place in places:
            known = links[place.name]
            if known is None and since is not None:  # a folder, or a window, that is new here
                known = DeltaLink(link="", since=since)
            await (self._begin(place) if known is None else self._follow(place, known))

    async def _begin(self, place: _Place) -> None:
        """The link first, then what there is: so there is no gap."""
        since = _now()
        link = await place.followed.latest()
        await self._baseline.take(place.registration.id)
        await self._links.put(place.name, DeltaLink(link=link, since=milliseconds(since)))
        log.info("resync.begun", resource=place.registration.resource)

    async def _follow(self, place: _Place, known: DeltaLink) -> None:
        began, found, since = _now(), 0, moment(known.since) - CLOCKS_DIFFER
        async for page in place.followed.pages(known.link):
            arrivals = list(_arrivals(place, page, since))
            for start in range(0, len(arrivals), AT_ONCE):
                await self._intake.store(arrivals[start : start + AT_ONCE])
            found += len(arrivals)
            at = milliseconds(began) if page.is_last else known.since
            await self._links.put(place.name, DeltaLink(link=page.link, since=at))
        log.info("resync.finished", resource=place.registration.resource, found=found)

    async def _places(self, registration: Registration, watched: Resource) -> AsyncIterator[_Place]:
        graph = self._graphs[registration.tenant_id]
        kind, delta = registration.kind, graph.delta
        owner = await _owner(graph, watched.owner)
        head = f"{registration.tenant_id}/{kind}"
        select = WATCHED[kind]

        def place(name: str, followed: Followed[dict[str, object]]) -> _Place:
            return _Place(name=name, registration=registration, owner=owner, followed=followed)

        if kind == "users":
            yield place(head, delta.users(select=(*select, "manager")).as_properties())
        elif kind == "groups":
            yield place(head, delta.groups(select=(*select, "members")).as_properties())
        elif owner is not None and kind == "messages":
            async for folder in _folders(graph, owner, watched.folder):
                messages = delta.messages(owner, folder, select=(*select, "createdDateTime"))
                yield place(f"{head}/{owner}/{folder}", messages.as_properties())
        elif owner is not None and kind == "contacts":
            folder = watched.folder or "contacts"
            contacts = delta.contacts(owner, folder, select=select)
            yield place(f"{head}/{owner}/{folder}", contacts.as_properties())
        elif owner is not None and kind == "events":
            # The window stands in the name: with a new month a new one is followed beside the old.
            start = _month(_now())
            for begin in (start - WINDOW_LASTS, start):
                view = delta.calendar_view(owner, start=begin - PAST, end=begin + FUTURE)
                yield place(f"{head}/{owner}/{begin:%Y-%m-%d}", view.as_properties())


def _arrivals(
    place: _Place, page: DeltaPage[dict[str, object]], since: datetime
) -> Iterable[Arrival]:
    """News of what *page* tells; of a mailbox read anew only what changed after *since*."""
    registration = place.registration
    for entry in page.entries:
        id_ = entry.id if isinstance(entry, Removed) else str(entry["id"])
        if place.owner and page.starts_anew and not _changed_after(entry, since):
            continue
        lane = Lane(
            tenant=tenant(registration.tenant_id),
            kind=registration.kind,
            id=id_ if place.owner else canonical_id(id_) or id_,
            owner=place.owner,
        )
        yield _arrival(lane, registration, _change_type(entry, since))


def _arrival(lane: Lane, registration: Registration, change_type: str) -> Arrival:
    news = News(
        registration=registration.id,
        subscription_id=registration.subscription_id or "",
        received_at=milliseconds(_now()),
        source="delta",
        change_type=change_type,
    )
    return Arrival(lane=lane, news=news)


def _change_type(entry: Entry, since: datetime) -> str:
    if isinstance(entry, Removed):
        return "deleted"
    return "created" if _is_after(entry.get("createdDateTime"), since) else "updated"


def _changed_after(entry: Entry, since: datetime) -> bool:
    return isinstance(entry, Removed) or _is_after(entry.get("lastModifiedDateTime"), since)


def _is_after(stamp: object, since: datetime) -> bool:
    return isinstance(stamp, str) and datetime.fromisoformat(stamp) >= since


async def _owner(graph: GraphClient, owner: str | None) -> str | None:
    """The id of the mailbox's owner, by which notifications name him."""
    if owner is None or is_object_id(owner):
        return owner
    return (await graph.users.get(owner, select=("id",))).id


async def _folders(graph: GraphClient, owner: str, folder: str | None) -> AsyncIterator[str]:
    if folder is not None:
        yield folder
        return
    async for found in graph.mail_folders.tree(owner):
        yield found.id


def _month(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _now() -> datetime:
    return datetime.now(UTC)
