"""What a meeting brings to the others: copies in their calendars, and mail about it.

Copies share the iCalUId of the organizer's event, and follow it until they are declined.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from heliograph.simulator.outlook.events import Events
from heliograph.simulator.outlook.mail import Mail
from heliograph.simulator.outlook.mailbox import Mailbox, content_of
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.people import Person, address_of
from heliograph.simulator.outlook.series import occurrence_id, parted
from heliograph.simulator.outlook.times import NO_TIME
from heliograph.simulator.store import Row

SHARED = (
    *("subject", "body", "bodyPreview", "start", "end", "location", "locations", "isAllDay"),
    *("recurrence", "type", "originalStartTimeZone", "originalEndTimeZone", "attendees"),
    *("isOnlineMeeting", "onlineMeeting", "onlineMeetingProvider", "attachments"),
    *("hasAttachments", "importance", "sensitivity", "responseRequested"),
    *("allowNewTimeProposals", "hideAttendees"),
)
"""What the copies take over from the organizer's event."""

_TIMES = frozenset({"start", "end", "recurrence", "isAllDay"})
_NOT_ANSWERED = {"response": "notResponded", "time": NO_TIME}


class Invitations:
    """Tells the people who are invited, and the organizer what they answer."""

    def __init__(self, boxes: Mailboxes, events: Events, mail: Mail) -> None:
        self._boxes = boxes
        self._events = events
        self._mail = mail

    def invite(self, box: Mailbox, key: str, people: Iterable[Person] | None = None) -> None:
        """Put the event under *key* into the calendars of *people*, of all without them."""
        row = self._events.row(box, key)
        for other in self._boxes_of(box, row["attendees"] if people is None else people):
            self._put_copy(other, row)

    def tell(
        self, box: Mailbox, key: str, changes: Mapping[str, Any], gone: Iterable[Person]
    ) -> None:
        """Make *changes* of the organizer's event in the copies too; who is *gone* loses his."""
        row = self._events.row(box, key)
        shared = {name: row[name] for name in SHARED if name in changes}
        if _TIMES & set(changes):
            shared |= {"responseStatus": _NOT_ANSWERED, "showAs": "tentative"}
        for other in self._boxes_of(box, row["attendees"]) if shared else ():
            copy = self._copy(box, key, other)
            if copy is None:
                self._put_copy(other, row)
            else:
                self._update_copy(other, copy, shared)
                self._send(other, row, "meetingRequest", event=copy)
        self.call_off(box, key, people=gone)

    def call_off(
        self, box: Mailbox, key: str, *, people: Iterable[Person] | None = None, comment: str = ""
    ) -> None:
        """Tell *people*, all without them, that the meeting does not take place."""
        row = self._events.row(box, key)
        subject = f"Canceled: {row['subject']}"
        for other in self._boxes_of(box, row["attendees"] if people is None else people):
            copy = self._copy(box, key, other)
            if copy is not None:
                changes = {"isCancelled": True, "subject": subject, "showAs": "free"}
                self._events.amend(other, copy, changes)
                told = {**row, "subject": subject, **_said(comment)}
                self._send(other, told, "meetingCancelled", event=copy)

    def answer(
        self, box: Mailbox, row: Row, status: Row, *, comment: str, proposed: Row | None
    ) -> None:
        """Bring the answer of *box* to the organizer of the event *row*, and a mail with it."""
        organizer = self._boxes.reached_by(address_of(row["organizer"]))
        key = None if organizer is None else self._copy(box, "", organizer, row=row)
        if organizer is None or key is None:
            return
        own = address_of(self._boxes.person(box))
        more = {} if proposed is None else {"proposedNewTime": proposed}
        attendees = [
            {**entry, "status": status, **more} if address_of(entry) == own else entry
            for entry in self._events.row(organizer, key)["attendees"]
        ]
        self._events.amend(organizer, key, {"attendees": attendees})
        self._mail.receive(
            organizer, self._response(box, row, status, event=key, comment=comment, more=more)
        )

    def _put_copy(self, other: Mailbox, row: Row) -> None:
        copy = {
            **{name: value for name, value in content_of(row).items() if name != "transactionId"},
            "calendarId": other.calendar,
            "isOrganizer": False,
            "showAs": "tentative",
            "responseStatus": _NOT_ANSWERED,
            "cancelledDates": (),
        }
        if row["type"] in {"occurrence", "exception"}:
            single = {"type": "singleInstance", "seriesMasterId": None, "seriesMasterKey": None}
            copy |= single
        key = self._events.add(other, copy)
        self._send(other, row, "meetingRequest", event=key)

    def _update_copy(self, other: Mailbox, key: str, shared: dict[str, Any]) -> None:
        if _TIMES & set(shared) and self._events.row(other, key)["recurrence"]:
            self._events.forget_exceptions(other, key)
            shared = {**shared, "cancelledDates": (), "cancelledOccurrences": []}
        self._events.amend(other, key, shared)

    def _copy(
        self, box: Mailbox, key: str, other: Mailbox, *, row: Row | None = None
    ) -> str | None:
        """The key of the event in *other* that stands for the one under *key* in *box*."""
        found = self._events.row(box, key) if row is None else row
        direct = self._events.copy_of(other, found["iCalUId"])
        master = found.get("seriesMasterKey")
        if direct is not None or not master:
            return direct
        theirs = self._events.copy_of(other, box.events.rows[master]["iCalUId"])
        part = parted(found["id"])
        if theirs is None or part is None:
            return None
        return self._events.existing(other, occurrence_id(theirs, part[1]))

    def _boxes_of(self, box: Mailbox, people: Iterable[Person]) -> Iterator[Mailbox]:
        for person in people:
            other = self._boxes.reached_by(address_of(person))
            if other is not None and other is not box:
                yield other

    def _send(self, other: Mailbox, row: Row, what: str, *, event: str) -> None:
        is_request = what == "meetingRequest"
        type_ = "eventMessageRequest" if is_request else "eventMessage"
        more = {
            "responseRequested": row["responseRequested"],
            "allowNewTimeProposals": row["allowNewTimeProposals"],
            "meetingRequestType": "newMeetingRequest",
            "previousLocation": None,
            "previousStartDateTime": None,
            "previousEndDateTime": None,
        }
        content = {
            **_about(row, type_, what, event=event),
            **(more if is_request else {}),
            "subject": row["subject"],
            "body": row["body"],
            "from": row["organizer"],
            "sender": row["organizer"],
            "toRecipients": [{"emailAddress": each["emailAddress"]} for each in row["attendees"]],
        }
        self._mail.receive(other, content)

    def _response(
        self, box: Mailbox, row: Row, status: Row, *, event: str, comment: str, more: Row
    ) -> dict[str, Any]:
        word, what = _ANSWERS[status["response"]]
        who = self._boxes.person(box)
        return {
            **_about(row, "eventMessageResponse", what, event=event),
            **more,
            "responseType": status["response"],
            "subject": f"{word}: {row['subject']}",
            **_said(comment),
            "from": who,
            "sender": who,
            "toRecipients": [row["organizer"]],
        }


_ANSWERS = {
    "accepted": ("Accepted", "meetingAccepted"),
    # Microsoft spells it so.
    "tentativelyAccepted": ("Tentative", "meetingTenativelyAccepted"),
    "declined": ("Declined", "meetingDeclined"),
}


def _said(comment: str) -> dict[str, Any]:
    return {"body": {"contentType": "text", "content": comment}} if comment else {}


def _about(row: Row, type_: str, what: str, *, event: str) -> dict[str, Any]:
    """What a message about a meeting says of it."""
    return {
        "@odata.type": f"#microsoft.graph.{type_}",
        "meetingMessageType": what,
        "type": row["type"],
        "startDateTime": row["start"],
        "endDateTime": row["end"],
        "location": row["location"],
        "recurrence": row["recurrence"],
        "isAllDay": row["isAllDay"],
        "isOutOfDate": False,
        "isDelegated": False,
        "eventKey": event,
    }
