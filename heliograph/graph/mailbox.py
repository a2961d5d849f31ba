"""How calls into a mailbox look: immutable ids, the mailbox that they count for, recipients.

The families of mail, calendars, contacts and To Do build on it.
"""

from collections.abc import Iterable, Mapping

from heliograph.graph.calls import IMMUTABLE_IDS
from heliograph.graph.paths import user_path
from heliograph.graph.transport import Request


def reading(
    user: str, *segments: str, params: Mapping[str, str] | None = None, permission: str
) -> Request:
    """A GET of something in the mailbox of *user*."""
    return Request(
        method="GET",
        path=user_path(user, *segments),
        params=params or {},
        headers=IMMUTABLE_IDS,
        mailbox=user,
        permission=permission,
    )


def writing(
    method: str, user: str, *segments: str, json: object = None, permission: str
) -> Request:
    """A call that changes something in the mailbox of *user*."""
    return Request(
        method=method,
        path=user_path(user, *segments),
        json=json,
        headers=IMMUTABLE_IDS,
        mailbox=user,
        permission=permission,
    )


def recipients(addresses: Iterable[str]) -> list[dict[str, object]]:
    """Plain *addresses* as `toRecipients` and its like take them."""
    return [{"emailAddress": {"address": address}} for address in addresses]
