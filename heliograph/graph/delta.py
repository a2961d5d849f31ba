"""The collections whose changes can be followed: users, groups, and what lies in a mailbox.

How a round goes, and what its pages tell, stands in `rounds`.
https://learn.microsoft.com/graph/delta-query-overview
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import msgspec

from heliograph.errors import Invalid
from heliograph.graph.calls import IMMUTABLE_IDS, Calls
from heliograph.graph.mailbox import reading
from heliograph.graph.outlook.contacts import CONTACT_FIELDS, Contact
from heliograph.graph.outlook.mail import MESSAGE_FIELDS
from heliograph.graph.paths import literal
from heliograph.graph.query import options
from heliograph.graph.rounds import MARK, Followed, Mark, Marked, Related, Told, decode_page
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Event, Message
from heliograph.graph.values.objects import GROUP_FIELDS, USER_FIELDS, Group, User
from heliograph.graph.values.times import iso

M = TypeVar("M", bound=Marked)

MOST_USERS = 50
"""So many users can be followed by their ids."""

_USER_PAGES = {"prefer": "odata.maxpagesize=999"}
_MAILBOX_PAGES = {"prefer": f"{IMMUTABLE_IDS['prefer']}, odata.maxpagesize=200"}


class ChangedUser(User, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A user that is new, or that changed; with the manager who came, where that is followed."""

    manager_delta: list[Related] | None = msgspec.field(default=None, name="manager@delta")
    mark: Mark | str | None = MARK


class ChangedGroup(Group, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A group that is new, or that changed; with the members who came and left.

    A large one comes several times, with a part of its members each time. Soft-deleted users stay
    members until they are purged.
    """

    members_delta: list[Related] | None = msgspec.field(default=None, name="members@delta")
    mark: Mark | str | None = MARK


class ChangedMessage(Message, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A message that came into the folder, or that changed in there."""

    mark: Mark | str | None = MARK


class ChangedEvent(Event, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An event or occurrence that came into the window, or that changed in there."""

    mark: Mark | str | None = MARK


class ChangedContact(Contact, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A contact that came into the folder, or that changed in there."""

    mark: Mark | str | None = MARK


class Delta:
    """What to follow: `delta.users()` is a question, its `pages()` ask it.

    Graph remembers the selection in its links: one that was kept goes on with the selection that
    it began with, and a new selection needs a new round.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def users(
        self, *, select: Sequence[str] = USER_FIELDS, only: Sequence[str] = ()
    ) -> Followed[ChangedUser]:
        """All users, or *only* those with these ids. `manager` may be selected too.

        Soft-deleted ones are removed and restorable. A link is good for 7 days.
        """
        if len(only) > MOST_USERS:
            raise Invalid(f"at most {MOST_USERS} users to follow are expected, not {len(only)}")
        where = " or ".join(f"id eq {literal(id_)}" for id_ in only)
        request = Request(
            method="GET",
            path="/users/delta",
            params=options(select=select, where=where),
            headers=_USER_PAGES,
            permission="User.Read.All",
        )
        return Followed(self._calls, request, _typed(ChangedUser), has_latest=True)

    def groups(
        self, *, select: Sequence[str] = (*GROUP_FIELDS, "members")
    ) -> Followed[ChangedGroup]:
        """All groups, with their members where these are selected. A link is good for 7 days."""
        request = Request(
            method="GET",
            path="/groups/delta",
            params=options(select=select),
            permission="GroupMember.Read.All",
        )
        return Followed(self._calls, request, _typed(ChangedGroup), has_latest=True)

    def messages(
        self, user: str, folder: str, *, select: Sequence[str] = MESSAGE_FIELDS
    ) -> Followed[ChangedMessage]:
        """The messages of one folder, not of those below it. What is moved away is removed."""
        place = ("mailFolders", folder, "messages", "delta")
        params = options(select=select)
        request = reading(user, *place, params=params, permission="Mail.Read")
        return Followed(self._calls, _paged(request), _typed(ChangedMessage))

    def calendar_view(self, user: str, *, start: datetime, end: datetime) -> Followed[ChangedEvent]:
        """What takes place in the main calendar between two aware times, with all properties.

        The link keeps the window; another one needs a new round. Removals may be told of events
        that were never in it.
        """
        params = {"startDateTime": iso(start), "endDateTime": iso(end)}
        request = reading(user, "calendarView", "delta", params=params, permission="Calendars.Read")
        return Followed(self._calls, _paged(request), _typed(ChangedEvent))

    def contacts(
        self, user: str, folder: str, *, select: Sequence[str] = CONTACT_FIELDS
    ) -> Followed[ChangedContact]:
        """The contacts of one folder."""
        place = ("contactFolders", folder, "contacts", "delta")
        params = options(select=select)
        request = reading(user, *place, params=params, permission="Contacts.Read")
        return Followed(self._calls, _paged(request), _typed(ChangedContact))


def _typed(type_: type[M]) -> Callable[[bytes], Told[M]]:
    return partial(decode_page, type_=type_)


def _paged(request: Request) -> Request:
    return replace(request, headers=_MAILBOX_PAGES)
