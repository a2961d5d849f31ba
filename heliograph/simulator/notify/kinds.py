"""What differs between the kinds of resources that are watched (change-notifications.md, 2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

CHALLENGE = "reauthorizationRequired"
REMOVED = "subscriptionRemoved"
MISSED = "missed"

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource: *family* and *type* as notifications name it, the *longest* life of
    a subscription in minutes (*longest_rich* 0: none with content), the longest *delay* of a
    notification in seconds, the lifecycle events that are *told*, and the permissions of which
    one is needed. Write permissions do not count where reading is needed.
    """

    family: str
    type: str
    longest: int
    longest_rich: int = 0
    delay: int
    told: frozenset[str]
    needs: frozenset[str]
    in_directory: bool = False


_ALL = frozenset({CHALLENGE, REMOVED, MISSED})

KINDS: Mapping[str, Kind] = {
    "users": Kind(
        family="Users",
        type="User",
        longest=41_760,
        delay=15 * _MINUTE,
        told=frozenset({CHALLENGE}),
        needs=frozenset({"User.Read.All", "Directory.Read.All"}),
        in_directory=True,
    ),
    "groups": Kind(
        family="Groups",
        type="Group",
        longest=41_760,
        delay=15 * _MINUTE,
        told=frozenset({CHALLENGE}),
        needs=frozenset({"Group.Read.All", "Directory.Read.All"}),
        in_directory=True,
    ),
    "messages": Kind(
        family="Messages",
        type="Message",
        longest=10_070,
        longest_rich=1_440,
        delay=3 * _MINUTE,
        told=_ALL,
        needs=frozenset({"Mail.Read", "Mail.ReadBasic.All"}),
    ),
    "events": Kind(
        family="Events",
        type="Event",
        longest=10_070,
        longest_rich=1_440,
        delay=3 * _MINUTE,
        told=_ALL,
        needs=frozenset({"Calendars.Read"}),
    ),
    "contacts": Kind(
        family="Contacts",
        type="Contact",
        longest=10_070,
        longest_rich=1_440,
        delay=3 * _MINUTE,
        told=_ALL,
        needs=frozenset({"Contacts.Read"}),
    ),
    "tasks": Kind(
        family="Tasks",
        type="TodoTask",
        longest=4_230,
        delay=15 * _MINUTE,
        told=frozenset({CHALLENGE}),
        needs=frozenset({"Tasks.ReadWrite.All"}),
    ),
}
