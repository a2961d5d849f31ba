"""What Graph offers to be watched, and on which terms: the resource tables of its documentation.

A wish outside these terms would be refused by Graph or silently changed, so it is refused when the
settings are read. What Heliograph has no eyes for stands here too, so that it is said why.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

SUBSCRIPTION = "https://learn.microsoft.com/graph/api/resources/subscription"
OVERVIEW = "https://learn.microsoft.com/graph/change-notifications-overview"
OUTLOOK = "https://learn.microsoft.com/graph/outlook-change-notifications-overview"
RICH = "https://learn.microsoft.com/graph/change-notifications-with-resource-data"

SHORTEST_LIFE = timedelta(minutes=45)
"""Graph silently raises whatever is shorter."""

DIRECTORY_QUOTA = 100
"""Subscriptions to users and groups that one app may have in a tenant."""

MAILBOX_QUOTA = 1_000
"""Subscriptions to what lies in one mailbox, of all apps together."""

ALL = ("created", "updated", "deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Resources that Graph treats alike. *kind* is our word for them, or Graph's.

    *asked* is the life that is asked for, a little under the *longest* that Graph grants.
    """

    kind: str
    pattern: re.Pattern[str]
    longest: timedelta
    longest_rich: timedelta | None = None
    """None where Graph sends no content along."""
    asked: timedelta = timedelta(0)
    asked_rich: timedelta = timedelta(0)
    change_types: tuple[str, ...] = ALL
    needs_select: bool = False
    """Rich content comes only with a `$select`."""
    takes_filter: bool = False
    permission: str = ""
    """The least application permission."""
    is_observed: bool = False
    """Heliograph can look at what changed."""
    rule: str = ""
    """What is peculiar to it, in a few words."""
    source: str = OVERVIEW

    @property
    def in_directory(self) -> bool:
        return self.kind in {"users", "groups"}


def offer_of(resource: str) -> Offer | None:
    """The offer for *resource*, a path without a query; None where Graph has none that we know."""
    bare = resource.strip("/")
    return next((offer for offer in OFFERS if offer.pattern.fullmatch(bare)), None)


_ID = r"(?:\{id\}|[^/?#\s'{}]+)"
_KEY = r"(?:\('[^/?#']+'\)|/[^/?#\s'{}]+)"
_GUID = r"(?:\{id\}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"


def _path(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _in_directory(kind: str, pattern: str, permission: str) -> Offer:
    return Offer(
        kind=kind,
        pattern=_path(pattern),
        longest=timedelta(minutes=41_760),
        asked=timedelta(days=28),
        change_types=("updated", "deleted"),
        permission=permission,
        is_observed=True,
        rule="a new one comes as updated",
        source=SUBSCRIPTION,
    )


def _in_mailbox(kind: str, pattern: str, permission: str) -> Offer:
    return Offer(
        kind=kind,
        pattern=_path(rf"users/{_ID}/{pattern}"),
        # 10,080 minutes are documented, and the service refuses more than 10,070.
        longest=timedelta(minutes=10_070),
        asked=timedelta(minutes=10_000),
        longest_rich=timedelta(minutes=1_440),
        asked_rich=timedelta(minutes=1_400),
        needs_select=True,
        takes_filter=True,
        permission=permission,
        is_observed=True,
        source=OUTLOOK,
    )


def _unseen(
    kind: str,
    pattern: str,
    minutes: int,
    *,
    rich: int | None = None,
    change_types: tuple[str, ...] = ALL,
    rule: str = "",
) -> Offer:
    return Offer(
        kind=kind,
        pattern=_path(pattern),
        longest=timedelta(minutes=minutes),
        longest_rich=None if rich is None else timedelta(minutes=rich),
        change_types=change_types,
        rule=rule,
        source=SUBSCRIPTION,
    )


_ONE_FOR_EACH = "one subscription for each app and place"

OFFERS = (
    _in_directory("users", rf"users(?:/{_GUID})?", "User.Read.All"),
    _in_directory("groups", rf"groups(?:/{_GUID}(?:/(?:members|owners))?)?", "Group.Read.All"),
    _in_mailbox("messages", rf"(?:mailFolders{_KEY}/)?messages", "Mail.Read"),
    _in_mailbox("events", "events", "Calendars.Read"),
    _in_mailbox("contacts", rf"(?:contactFolders{_KEY}/)?contacts", "Contacts.Read"),
    _unseen(
        "todoTask",
        rf"(?:me|users/{_ID})/todo/lists/{_ID}/tasks",
        4_230,
        rule="an app may make such a subscription, and neither renew nor list it",
    ),
    _unseen(
        "conversation",
        rf"groups/{_ID}/conversations",
        4_230,
        rule="only for a signed-in user",
    ),
    _unseen(
        "driveItem",
        rf"(?:drives/{_ID}|(?:me|users/{_ID})/drive)/root",
        42_300,
        change_types=("updated",),
    ),
    _unseen("list", rf"sites/{_ID}/lists/{_ID}", 42_300, change_types=("updated",)),
    _unseen("alert", rf"security/alerts(?:/{_ID})?", 43_200),
    _unseen("serviceHealthAlert", r"reports/healthmonitoring/alerts", 42_300),
    _unseen(
        "presence",
        rf"communications/presences(?:/{_ID})?",
        60,
        rich=60,
        rule="only with content, one subscription for each app and user",
    ),
    _unseen(
        "onlineMeeting",
        r"communications/onlineMeetings\(joinWebUrl='[^']+'\)/meetingCallEvents",
        4_230,
        rich=4_230,
        rule=_ONE_FOR_EACH,
    ),
    _unseen("callRecord", r"communications/callRecords", 4_230),
    _unseen(
        "callRecording",
        rf"(?:communications|users/{_ID})/onlineMeetings/.*(?:recordings|transcripts)",
        4_320,
        rich=4_320,
        rule=_ONE_FOR_EACH,
    ),
    _unseen(
        "chatMessage",
        rf"(?:teams/{_ID}/channels/{_ID}/messages|chats/{_ID}/messages"
        rf"|(?:teams|chats|users/{_ID}/chats)/getAllMessages"
        rf"|appCatalogs/teamsApps/{_ID}/installedToChats/getAllMessages)",
        4_320,
        rich=4_320,
        rule=_ONE_FOR_EACH,
    ),
    _unseen(
        "shift", rf"teams/{_ID}/schedule/.+", 360, rule="one subscription for each app and path"
    ),
    _unseen("team", r"(?:teams|chats)(?:/.+)?", 4_320, rich=4_320, rule=_ONE_FOR_EACH),
    _unseen("approval", r"solutions/approval/approvalItems", 43_200),
    _unseen("print", rf"print/(?:printers/{_ID}/jobs|taskDefinitions/{_ID}/tasks)", 4_230),
    _unseen("aiInteraction", r"copilot/.+", 4_320, rich=4_320, rule=_ONE_FOR_EACH),
)
"""The first that fits a path is its offer."""
