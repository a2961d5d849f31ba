"""Meetings: who may change, cancel and answer them, and what follows from it for the others."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from heliograph.simulator.clock import precise
from heliograph.simulator.outlook.event_content import EventContent
from heliograph.simulator.outlook.events import Events
from heliograph.simulator.outlook.invitations import Invitations
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.people import Person, address_of, entry_of
from heliograph.simulator.outlook.times import in_utc, moment
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

_NEAR = timedelta(days=400)


class Calendars:
    """The meetings of all mailboxes."""

    def __init__(
        self, boxes: Mailboxes, *, events: Events, content: EventContent, invitations: Invitations
    ) -> None:
        self._boxes = boxes
        self._events = events
        self._content = content
        self._invitations = invitations

    def create(self, box: Mailbox, content: Mapping[str, Any], *, calendar: str = "") -> str:
        """The key of a new event; the attendees have their copies and invitations."""
        mark = content.get("transactionId")
        if mark and any(row.get("transactionId") == mark for row in box.events.rows.values()):
            raise Refused(
                409,
                "ErrorDuplicateTransactionId",
                "Your request can't be completed. The TransactionId specified in the request has"
                " already been used to create a different event.",
            )
        row = {
            "iCalUId": self._boxes.ids.calendar_id(),
            "organizer": self._boxes.person(box),
            "calendarId": calendar or box.calendar,
            **self._content.new(content),
        }
        key = self._events.add(box, row)
        self._invitations.invite(box, key)
        return key

    def update(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The event with *changes* made; the organizer's reach the attendees."""
        before = self._events.row(box, key)
        made = self._content.changed(before, changes)
        if before.get("seriesMasterKey"):
            self._check_neighbours(box, key, {**before, **made})
        if before["recurrence"] and {"start", "end", "recurrence"} & set(changes):
            self._events.forget_exceptions(box, key)
            made |= {"cancelledDates": (), "cancelledOccurrences": []}
        after = self._events.amend(box, key, made)
        if before["isOrganizer"]:
            staying = {address_of(entry) for entry in after["attendees"]}
            gone = [each for each in before["attendees"] if address_of(each) not in staying]
            self._invitations.tell(box, key, made, gone)
        return after

    def remove(self, box: Mailbox, key: str, *, cancelled: bool = False, comment: str = "") -> None:
        """Take the event out of the calendar; the organizer's attendees are told."""
        row = self._events.row(box, key)
        if cancelled and not row["isOrganizer"]:
            raise _refused("You need to be an organizer to cancel a meeting.")
        if row["isOrganizer"]:
            self._invitations.call_off(box, key, comment=comment)
        self._events.drop(box, key)

    def respond(
        self,
        box: Mailbox,
        key: str,
        response: str,
        *,
        comment: str = "",
        is_told: bool = True,
        proposed: Row | None = None,
    ) -> None:
        """Enter the answer of the mailbox's owner, here and in the organizer's event."""
        row = self._events.row(box, key)
        if row["isOrganizer"]:
            raise _refused(
                "You can't respond to this meeting because you're the meeting organizer."
            )
        if proposed is not None and not (is_told and row["allowNewTimeProposals"]):
            raise Refused(
                400,
                "ErrorInvalidRequest",
                "A new time can be proposed only with a response that is sent, and where the"
                " organizer takes proposals.",
            )
        status = {"response": response, "time": precise(self._boxes.clock.now())}
        if is_told:
            self._invitations.answer(box, row, status, comment=comment, proposed=proposed)
        if response == "declined":
            self._events.drop(box, key)
            return
        shown = "tentative" if response == "tentativelyAccepted" else "busy"
        self._events.amend(box, key, {"responseStatus": status, "showAs": shown})

    def forward(self, box: Mailbox, key: str, people: list[Person]) -> None:
        """Invite *people*, too: the organizer finds them among the attendees."""
        row = self._events.row(box, key)
        organizer = self._boxes.reached_by(address_of(row["organizer"]))
        theirs = None if organizer is None else self._events.copy_of(organizer, row["iCalUId"])
        if organizer is None or theirs is None:
            return
        known = organizer.events.rows[theirs]["attendees"]
        wanted = [*known, *({"emailAddress": entry_of(each)} for each in people)]
        once = {address_of(each): each for each in reversed(wanted)}
        self.update(organizer, theirs, {"attendees": [*reversed(once.values())]})

    def dismiss_reminder(self, box: Mailbox, key: str) -> None:
        """Do not remind of the event any more."""
        self._events.amend(box, key, {"reminderDismissed": True, "remindAt": None})

    def snooze_reminder(self, box: Mailbox, key: str, until: Mapping[str, Any]) -> None:
        """Remind of the event again at another time."""
        at = in_utc(moment(until))
        self._events.amend(box, key, {"reminderDismissed": False, "remindAt": at})

    def _check_neighbours(self, box: Mailbox, key: str, row: Row) -> None:
        """Refuse an occurrence that would overlap the one before or after it, or pass it."""
        original = moment(
            {"dateTime": str(row["originalStart"]).removesuffix("Z"), "timeZone": "UTC"}
        )
        near = self._events.instances(
            box, row["seriesMasterKey"], original - _NEAR, original + _NEAR
        )
        start, end = moment(row["start"]), moment(row["end"])
        for each, other in near:
            if each == key:
                continue
            is_before = str(other["originalStart"]) < str(row["originalStart"])
            crosses = moment(other["end"]) > start if is_before else moment(other["start"]) < end
            if crosses:
                raise Refused(
                    400,
                    "ErrorOccurrenceCrossingBoundary",
                    "Modified occurrence is crossing or overlapping adjacent occurrence.",
                )


def _refused(text: str) -> Refused:
    return Refused(400, "ErrorInvalidRequest", f"Your request can't be completed. {text}")
