"""Finds the users for whom wishes are: the members of a group, who matches a filter, all mailboxes.

What cannot be found now is taken from the records, so that a directory that is away never ends the
subscriptions of its users.
"""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from heliograph.errors import GraphError
from heliograph.graph.values.objects import DirectoryObject, User
from heliograph.keeping.records import Records
from heliograph.planning.wishes import App, Desired, expand, with_sources
from heliograph.settings import (
    Audience,
    EveryMailbox,
    GroupMembers,
    SubscriptionWish,
    UsersMatching,
)


class Members(Protocol):
    """The calls of groups that are needed."""

    def members(
        self, group: str, *, select: Sequence[str] = ...
    ) -> AsyncIterator[DirectoryObject]: ...


class People(Protocol):
    """The calls of users that are needed."""

    def list(self, *, select: Sequence[str] = ..., where: str = ...) -> AsyncIterator[User]: ...


class Directory(Protocol):
    """Where users are found; the Graph client is one."""

    @property
    def groups(self) -> Members: ...
    @property
    def users(self) -> People: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """An audience whose users could not be found now, and why."""

    audience: Audience
    error: GraphError


@dataclass(frozen=True, slots=True, kw_only=True)
class Expander:
    """Knows the *wishes* of one tenant, whose *name* they bear."""

    name: str
    app: App
    wishes: Sequence[SubscriptionWish]
    directory: Directory
    records: Records
    # What was found last, by audience.
    known: dict[Audience, tuple[str, ...]] = field(default_factory=dict)

    async def find(self, audiences: Iterable[Audience]) -> list[Unfound]:
        """Asks the directory for the users of *audiences*; which of them stay as they were."""
        unfound = []
        for audience in audiences:
            try:
                self.known[audience] = await self._users(audience)
            except GraphError as error:
                unfound.append(Unfound(audience=audience, error=error))
        return unfound

    def desired(self) -> list[Desired]:
        """The wishes, for the users who were found, and what must be watched to find them."""
        found = {
            (self.name, audience): self.known[audience]
            if audience in self.known
            else self._recorded(audience)
            for audience in self.audiences()
        }
        return expand(with_sources(self.wishes), {self.name: self.app}, found)

    def audiences(self) -> list[Audience]:
        """Every audience that is to be found, once."""
        asked = (wish.for_each for wish in self.wishes)
        return list(dict.fromkeys(one for one in asked if not isinstance(one, tuple)))

    async def _users(self, audience: Audience) -> tuple[str, ...]:
        match audience:
            case tuple():
                return audience
            case GroupMembers(group=group):
                members = self.directory.groups.members(group, select=("id",))
                return tuple([one.id async for one in members if one.kind in {"user", ""}])
            case UsersMatching(filter=condition):
                users = self.directory.users.list(select=("id",), where=condition)
                return tuple([one.id async for one in users])
            case EveryMailbox():
                users = self.directory.users.list(select=("id", "mail", "userType"))
                return tuple(
                    [one.id async for one in users if one.mail and one.user_type != "Guest"]
                )
            case _:
                assert_never(audience)

    def _recorded(self, audience: Audience) -> tuple[str, ...]:
        """The users of *audience*, as far as their subscriptions tell."""
        forms = [
            re.compile(re.escape(wish.resource).replace(r"\{id\}", "([^/]+)"))
            for wish in self.wishes
            if wish.for_each == audience
        ]
        resources = [
            record.resource for record in self.records.of(self.app) if not record.replaced_at
        ]
        found = (form.fullmatch(resource) for form in forms for resource in resources)
        return tuple(dict.fromkeys(match[1] for match in found if match))
