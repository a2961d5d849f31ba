"""Meetings: the organizer's event, the copies in the attendees' calendars, and their answers.

Copies share the iCalUId. Invitations and cancellations arrive as mail, too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.outlook.mail import Mail, recipient
from heliograph.simulator.outlook.mailboxes import Mailbox, Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

NO_TIME = "0001-01-01T00:00:00Z"

_SHARED = ("subject", "body", "bodyPreview", "start", "end", "location", "locations", "isAllDay")
_EMPTY: Mapping[str, Any] = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "bodyPreview": "",
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "type": "singleInstance",
    "isAllDay": False,
    "isCancelled": False,
    "isDraft": False,
    "isOrganizer": True,
    "isReminderOn": True,
    "isOnlineMeeting": False,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "hasAttachments": False,
    "recurrence": None,
    "seriesMasterId": None,
    "onlineMeeting": None,
    "onlineMeetingUrl": None,
    "onlineMeetingProvider": "unknown",
    "location": {"displayName": ""},
    "locations": [],
    "attendees": [],
    "responseStatus": {"response": "organizer", "time": NO_TIME},
}


class Calendars:
    """The default calendars of all mailboxes."""

    def __init__(self, boxes: Mailboxes, mail: Mail) -> None:
        self._boxes = boxes
        self._mail = mail

    def create(self, box: Mailbox, content: Mapping[str, Any]) -> str:
        """The key of a new event; the attendees have their copies and invitations."""
        for name in ("start", "end"):
            _check_time(content.get(name))
        row = {
            **_EMPTY,
            "iCalUId": self._boxes.ids.calendar_id(),
            "organizer": self._person(box),
            **_given(content),
        }
        row["attendees"] = [_attendee(entry) for entry in row["attendees"]]
        key = self._boxes.add(box, box.events, row)
        for other in self._attending(box, row):
            self._invite(other, row)
        return key

    def update(self, box: Mailbox, key: str, changes: Mapping[str, Any]) -> Row:
        """The event with *changes* made; the organizer's reach the attendees."""
        before = box.events.rows[key]
        given = _given(changes)
        if "attendees" in given:
            given["attendees"] = [_attendee(entry) for entry in given["attendees"]]
        after = self._boxes.change(box.events, key, given)
        if before["isOrganizer"]:
            self._tell(box, after)
        return after

    def remove(self, box: Mailbox, key: str, *, cancelled: bool = False) -> None:
        """Take the event out of the calendar; the organizer's attendees are told."""
        row = box.events.rows[key]
        if cancelled and not row["isOrganizer"]:
            raise Refused(
                400,
                "ErrorInvalidRequest",
                "Your request can't be completed. You need to be an organizer to cancel a meeting.",
            )
        self._boxes.remove(box, box.events, key)
        if row["isOrganizer"]:
            self._call_off(box, row)

    def respond(self, box: Mailbox, key: str, response: str) -> None:
        """Enter the answer of the mailbox's owner, here and in the organizer's event."""
        row = box.events.rows[key]
        if row["isOrganizer"]:
            raise Refused(
                400,
                "ErrorInvalidRequest",
                "Your request can't be completed. You can't respond to this meeting because"
                " you're the meeting organizer.",
            )
        status = {"response": response, "time": stamp(self._boxes.clock.now())}
        self._answer_organizer(box, row, status)
        if response == "declined":
            self._boxes.remove(box, box.events, key)
            return
        shown = "tentative" if response == "tentativelyAccepted" else "busy"
        self._boxes.change(box.events, key, {"responseStatus": status, "showAs": shown})

    def _answer_organizer(self, box: Mailbox, row: Row, status: Mapping[str, str]) -> None:
        organizer = self._boxes.directory.by_address(row["organizer"]["emailAddress"]["address"])
        if organizer is None:
            return
        theirs = self._boxes.of(organizer)
        key = _copy_key(theirs, row["iCalUId"])
        if key is None:
            return
        address = str(self._person(box)["emailAddress"]["address"]).lower()
        attendees = [
            {**entry, "status": status} if _address(entry) == address else entry
            for entry in theirs.events.rows[key]["attendees"]
        ]
        self._boxes.change(theirs.events, key, {"attendees": attendees})

    def _tell(self, box: Mailbox, row: Row) -> None:
        shared = {name: row[name] for name in _SHARED}
        for other in self._attending(box, row):
            key = _copy_key(other, row["iCalUId"])
            if key is None:
                self._invite(other, row)
            else:
                self._boxes.change(other.events, key, {**shared, "attendees": row["attendees"]})

    def _invite(self, box: Mailbox, row: Row) -> None:
        own = {"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "transactionId"}
        copy = {
            **{name: value for name, value in row.items() if name not in own},
            "isOrganizer": False,
            "showAs": "tentative",
            "responseStatus": {"response": "notResponded", "time": NO_TIME},
        }
        self._boxes.add(box, box.events, copy)
        self._mail.receive(box, _message(row, "meetingRequest", row["subject"]))

    def _call_off(self, box: Mailbox, row: Row) -> None:
        subject = f"Canceled: {row['subject']}"
        for other in self._attending(box, row):
            key = _copy_key(other, row["iCalUId"])
            if key is not None:
                changes = {"isCancelled": True, "subject": subject, "showAs": "free"}
                self._boxes.change(other.events, key, changes)
                self._mail.receive(other, _message(row, "meetingCancelled", subject))

    def _attending(self, box: Mailbox, row: Row) -> Iterator[Mailbox]:
        for entry in row["attendees"]:
            user = self._boxes.directory.by_address(_address(entry))
            if user is not None and user != box.owner:
                yield self._boxes.of(user)

    def _person(self, box: Mailbox) -> dict[str, Any]:
        user = self._boxes.directory.users.rows[box.owner]
        return recipient(user["mail"], user["displayName"])


def _copy_key(box: Mailbox, calendar_id: str) -> str | None:
    found = (key for key, row in box.events.rows.items() if row["iCalUId"] == calendar_id)
    return next(found, None)


def _message(row: Row, what: str, subject: str) -> dict[str, Any]:
    type_ = "eventMessageRequest" if what == "meetingRequest" else "eventMessage"
    return {
        "@odata.type": f"#microsoft.graph.{type_}",
        "meetingMessageType": what,
        "subject": subject,
        "body": row["body"],
        "from": row["organizer"],
        "sender": row["organizer"],
        "toRecipients": [{"emailAddress": entry["emailAddress"]} for entry in row["attendees"]],
    }


def _address(entry: Mapping[str, Any]) -> str:
    return str(entry.get("emailAddress", {}).get("address", "")).lower()


def _attendee(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "required", "status": {"response": "none", "time": NO_TIME}, **entry}


def _given(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller wrote, in the form in which Graph answers it."""
    given = {name: value for name, value in content.items() if "@odata" not in name}
    for name in ("start", "end"):
        if name in given:
            _check_time(given[name])
            given[name] = {**given[name], "dateTime": _seven_digits(given[name]["dateTime"])}
    if isinstance(given.get("body"), dict):
        given["bodyPreview"] = str(given["body"].get("content") or "")[:255]
    return given


def _check_time(value: object) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("dateTime"), str):
        raise Refused(
            400, "ErrorPropertyValidationFailure", "At least one property failed validation."
        )


def _seven_digits(text: str) -> str:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:7].ljust(7, '0')}"
