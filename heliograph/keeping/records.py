"""The registrations, in memory for as long as the keeper's lease is held.

Its holder is the only one who writes them, so that they are read once; each change is stored first.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable

from heliograph.planning.wishes import App
from heliograph.registrations import Registrations
from heliograph.subscriptions import Registration

AT_ONCE = 500
"""Registrations that Redis takes in one script."""


class Records:
    """All registrations. What writes raises QueueUnavailable, and LeaseLost under an old fence."""

    def __init__(self, store: Registrations) -> None:
        self._store = store
        self._fence: int | None = None
        self._by_app: dict[tuple[str, str], dict[str, Registration]] = {}
        self._app_of: dict[str, tuple[str, str]] = {}
        self._editing = asyncio.Lock()

    async def open(self, fence: int | None) -> None:
        """Reads all there are; from now on writes under *fence*."""
        self._fence = fence
        self._by_app, self._app_of = defaultdict(dict), {}
        for registration in await self._store.all():
            self._remember(registration)

    def of(self, app: App) -> list[Registration]:
        """The registrations of *app*, in no order."""
        return list(self._by_app.get((app.tenant_id, app.client_id), {}).values())

    def get(self, id_: str) -> Registration | None:
        """The registration *id_*, None where there is none."""
        app = self._app_of.get(id_)
        return None if app is None else self._by_app[app][id_]

    async def put(self, *registrations: Registration) -> None:
        """Stores the *registrations*."""
        for start in range(0, len(registrations), AT_ONCE):
            some = registrations[start : start + AT_ONCE]
            await self._store.put(*some, fence=self._fence)
            for registration in some:
                self._remember(registration)

    async def update(
        self, registrations: Iterable[Registration], edit: Callable[[Registration], Registration]
    ) -> None:
        """Stores what *edit* makes of the *registrations* as they are recorded by now.

        Edits follow each other, so that none is lost to another that began before it was stored.
        """
        async with self._editing:
            current = [self.get(one.id) or one for one in registrations]
            changed = [new for was in current if (new := edit(was)) != was]
            if changed:
                await self.put(*changed)

    async def remove(self, ids: Iterable[str]) -> None:
        """Forgets the registrations *ids*."""
        for id_ in ids:
            await self._store.remove(id_, fence=self._fence)
            if (app := self._app_of.pop(id_, None)) is not None:
                del self._by_app[app][id_]

    def _remember(self, registration: Registration) -> None:
        app = registration.tenant_id, registration.client_id
        self._by_app[app][registration.id] = registration
        self._app_of[registration.id] = app
