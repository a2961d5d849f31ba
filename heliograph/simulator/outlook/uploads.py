"""Upload sessions: large files, brought in pieces, attached when they are whole."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.clock import Clock
from heliograph.simulator.outlook.attachments import FILE, Attachment, Attachments
from heliograph.simulator.refusals import Refused, no_item
from heliograph.simulator.store import Table

SMALLEST = 3 * 1024 * 1024
LARGEST = 150 * 1024 * 1024
LARGEST_PIECE = 4 * 1024 * 1024

_LIFE = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Session:
    """One file on its way to an item. *received* holds what has come of it, from the start."""

    token: str
    table: Table
    key: str
    about: Mapping[str, Any]
    size: int
    expires: datetime
    received: bytearray = field(default_factory=bytearray)


class Uploads:
    """The upload sessions of all mailboxes, found by the tokens in their URLs."""

    def __init__(self, attachments: Attachments, clock: Clock) -> None:
        self._attachments = attachments
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def open(self, table: Table, key: str, item: Mapping[str, Any]) -> Session:
        """A session for the file that *item* announces."""
        size = item.get("size")
        if item.get("attachmentType") != "file" or not item.get("name") or not size:
            raise Refused(
                400,
                "ErrorInvalidRequest",
                "An AttachmentItem has the attachmentType 'file', a name and a size.",
            )
        if size < SMALLEST:
            raise Refused(
                400,
                "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
                f"Attachment size must be greater than the minimum size, {SMALLEST} bytes.",
            )
        if size > LARGEST:
            raise Refused(
                413,
                "ErrorAttachmentSizeLimitExceeded",
                f"Attachment size must not be greater than {LARGEST} bytes.",
            )
        names = ("name", "contentType", "isInline", "contentId")
        session = Session(
            token=secrets.token_urlsafe(24),
            table=table,
            key=key,
            about={name: item[name] for name in names if item.get(name) is not None},
            size=size,
            expires=self._clock.now() + _LIFE,
        )
        self._sessions[session.token] = session
        return session

    def get(self, token: str) -> Session:
        """The session with this token that has not run out."""
        session = self._sessions.get(token)
        if session is None or session.expires <= self._clock.now():
            raise no_item()
        return session

    def close(self, token: str) -> None:
        """Give the session up, with what has come."""
        del self._sessions[self.get(token).token]

    def receive(
        self, session: Session, piece: bytes, *, start: int, total: int
    ) -> Attachment | None:
        """Take the *piece* that begins at *start*; the attachment when the file is whole."""
        at = len(session.received)
        if total != session.size or start != at or at + len(piece) > total or not piece:
            raise Refused(
                416,
                "ErrorInvalidContentRange",
                f"The bytes from {at} of {session.size} are expected.",
            )
        session.received += piece
        if len(session.received) < session.size:
            return None
        self.close(session.token)
        content = bytes(session.received)
        given = {"@odata.type": FILE, **session.about, "contentBytes": content}
        if session.key not in session.table.rows:
            raise no_item()
        return self._attachments.add(session.table, session.key, given)
