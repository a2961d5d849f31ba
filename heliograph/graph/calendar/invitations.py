"""What becomes of a meeting between its people: accepted, declined, called off, passed on.

https://learn.microsoft.com/graph/api/event-accept
"""

from collections.abc import Iterable
from datetime import datetime

from heliograph.graph.calls import Calls
from heliograph.graph.mailbox import recipients, writing
from heliograph.graph.values.times import moment

_READ = "Calendars.Read"
_WRITE = "Calendars.ReadWrite"


class Invitations:
    """Calls about the meetings in a mailbox. *user* is its owner's id or UPN.

    *comment* goes to the organizer, or to the attendees where the organizer speaks.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def accept(self, user: str, event: str, comment: str = "", *, tell: bool = True) -> None:
        """*user* comes. The organizer learns of it if we *tell*."""
        await self._answer(user, event, "accept", _reply(comment, tell=tell))

    async def accept_tentatively(
        self,
        user: str,
        event: str,
        comment: str = "",
        *,
        tell: bool = True,
        instead: tuple[datetime, datetime] | None = None,
    ) -> None:
        """*user* may come, or would *instead* at another time, which the organizer must be told."""
        await self._answer(user, event, "tentativelyAccept", _reply(comment, tell, instead))

    async def decline(
        self,
        user: str,
        event: str,
        comment: str = "",
        *,
        tell: bool = True,
        instead: tuple[datetime, datetime] | None = None,
    ) -> None:
        """*user* does not come, or would *instead* at another time. The event leaves the calendar.

        Raises Invalid where the organizer wants no new times.
        """
        await self._answer(user, event, "decline", _reply(comment, tell, instead))

    async def cancel(self, user: str, event: str, comment: str = "") -> None:
        """Calls off a meeting that *user* organizes. Raises Invalid where somebody else does."""
        await self._answer(user, event, "cancel", {"comment": comment})

    async def forward(self, user: str, event: str, to: Iterable[str], comment: str = "") -> None:
        """Passes the invitation on to other addresses."""
        json = {"toRecipients": recipients(to), "comment": comment}
        request = writing("POST", user, "events", event, "forward", json=json, permission=_READ)
        await self._calls.send(request)

    async def _answer(self, user: str, event: str, action: str, json: object) -> None:
        request = writing("POST", user, "events", event, action, json=json, permission=_WRITE)
        await self._calls.send(request)


def _reply(
    comment: str, tell: bool, instead: tuple[datetime, datetime] | None = None
) -> dict[str, object]:
    reply: dict[str, object] = {"comment": comment, "sendResponse": tell}
    if instead is not None:
        start, end = instead
        reply["proposedNewTime"] = {"start": moment(start), "end": moment(end)}
    return reply
