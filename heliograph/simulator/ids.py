"""Identifiers in the forms that Graph gives them, made from a seed.

Outlook items have two: the default id, which changes when the item moves, and the immutable one.
"""

import base64
import random
import uuid


class Ids:
    """A source of identifiers; equal seeds give equal ones in equal order."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"{seed}/ids")  # noqa: S311 (repeatable, guards nothing)

    def guid(self) -> str:
        """The id of a directory object."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def default(self) -> str:
        """The default id of an Outlook item."""
        return "AAMkA" + self._text(87)

    def immutable(self) -> str:
        """The immutable id of an Outlook item."""
        return "AAkALg" + self._text(60)

    def folder(self) -> str:
        """The id of a folder or a calendar, which is constant."""
        return "AQMkA" + self._text(57)

    def change_key(self) -> str:
        """The mark of one state of an Outlook item."""
        return "CQAAABYAAAC" + self._text(21)

    def planner(self) -> str:
        """The id of a plan, a bucket or a task in Planner."""
        return self._text(21)

    def mark(self) -> str:
        """What tells the attachments of one item apart, and the rules of one mailbox."""
        return self._text(12)

    def message_id(self, domain: str) -> str:
        """The id that a mail has in all mailboxes."""
        return f"<{self._random.randbytes(9).hex().upper()}@{domain}>"

    def calendar_id(self) -> str:
        """The iCalUId that all copies of a meeting share."""
        return "040000008200E00074C5B7101A82E008" + self._random.randbytes(24).hex().upper()

    def conversation(self) -> str:
        """The id of a thread of mails."""
        return "AAQkA" + self._text(42)

    def thread(self, before: str = "") -> str:
        """The place in a thread of mails: its first, or the answer to the one *before*."""
        known = base64.b64decode(before) if before else b"\x01" + self._random.randbytes(16)
        return base64.b64encode(known + self._random.randbytes(5)).decode()

    def _text(self, size: int) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(size)).decode()
