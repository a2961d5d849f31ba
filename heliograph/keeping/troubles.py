"""What goes wrong for the keeper, in the words of an operator, and how soon it is tried again.

Pure: an error of Graph becomes a Trouble, troubles become a pause. The keeper logs and waits.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from heliograph.errors import (
    Conflict,
    Forbidden,
    GraphError,
    Invalid,
    NotFound,
    QueueUnavailable,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from heliograph.offers import offer_of
from heliograph.planning.actions import Hold
from heliograph.settings import Audience

ROUND_EVERY = timedelta(minutes=5)
"""Graph is asked for its list so often, even if nothing is due (at most 25 times in 20 s)."""

SLOW = timedelta(seconds=60)
"""For what only a person can mend; also how soon it is noticed that somebody did."""

# The keeper may start together with its listener, so the first tries follow each other quickly.
_HASTE_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

_HASTY = frozenset({"handshake_failed", "throttled", "graph_away"})

_HANDSHAKE = (
    "Graph must reach {addresses.notifications} and {addresses.lifecycle} by POST: is the public "
    "URL right, its certificate one that Graph trusts, nothing in front that asks for credentials, "
    "and does the listener answer within 10 s? If Graph's text names a property instead, correct "
    "that in [[subscriptions]]."
)
_FORBIDDEN = (
    "has an administrator granted {permission}, and does no access policy keep the app from the "
    "mailbox?"
)
_QUOTA = (
    "`heliograph subscriptions list`: an app may have 100 to users and groups in a tenant, and all "
    "apps together 1,000 to a mailbox. One to `users` or `groups` watches all of them."
)
_NO_MAILBOX = "nothing, if the user needs none: it is tried again now and then"
_UNFOUND = "`for_each` in [[subscriptions]]: does the group exist, does Graph take the filter?"
_UNAUTHENTICATED = "tenant id, client id and secret of this tenant; has the secret run out?"
_CONFLICT = (
    "another deployment with this app registration may watch the resource, so its subscription is "
    "left alone. `heliograph subscriptions adopt {blocker}` removes it for one of our own, "
    "`take_over = true` in [[subscriptions]] does so by itself."
)

_SHARED = frozenset(
    f"keeper.{event}"
    for event in ("handshake_failed", "throttled", "graph_away", "unauthenticated")
)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HANDSHAKE_CODES = frozenset({"validationerror", "invalidrequest"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that did not work. *event* names it in the log, *check* says what to look at."""

    event: str
    resource: str = ""
    said: str
    check: str
    is_hasty: bool = False
    is_expected: bool = False
    """Of a user who has no mailbox: told, and no reason to say that something is amiss."""
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where Graph is told to post, below the public URL of the listener."""

    notifications: str
    lifecycle: str

    @classmethod
    def below(cls, public_url: str) -> "Addresses":
        """The two addresses that the listener answers on."""
        base = public_url.rstrip("/")
        return cls(notifications=f"{base}/graph/notifications", lifecycle=f"{base}/graph/lifecycle")


def from_error(error: GraphError, *, resource: str, addresses: Addresses) -> Trouble:
    """What *error* means for the subscription to *resource*, or for all where it is empty."""
    wait = None if error.retry_after is None else timedelta(seconds=error.retry_after)
    match error:
        case Invalid() if resource and error.code.lower() in _HANDSHAKE_CODES:
            event, check = "handshake_failed", _HANDSHAKE.format(addresses=addresses)
        case Forbidden() if "maximum number" in str(error).lower():
            event, check = "quota", _QUOTA
        case Forbidden():
            event, check = "forbidden", _FORBIDDEN.format(permission=_permission(error))
        case Unauthenticated():
            event, check = "unauthenticated", _UNAUTHENTICATED
        case Conflict():
            ids = _GUID.findall(str(error))
            event, check = "conflict", _CONFLICT.format(blocker=ids[-1] if ids else "ID")
        case NotFound() if _is_in_mailbox(resource):
            event, check = "no_mailbox", _NO_MAILBOX
        case Throttled():
            event, check = "throttled", "nothing: Graph's limits for subscriptions are waited for"
        case Unavailable():
            event, check = "graph_away", "the way to Graph, and its service health"
        case _:
            event, check = "refused", "the entry in [[subscriptions]] that asks for it"
    return Trouble(
        event=f"keeper.{event}",
        resource=resource,
        said=str(error),
        check=check,
        is_hasty=event in _HASTY,
        is_expected=event == "no_mailbox",
        wait=wait,
    )


def held_back(action: Hold) -> Trouble:
    """A quota that has no room for a wish, known before Graph is asked."""
    return Trouble(event="keeper.quota", resource=action.resource, said=action.reason, check=_QUOTA)


def unfound(audience: Audience, error: GraphError) -> Trouble:
    """The users of *audience* stay those who were known, as the directory did not name them."""
    return Trouble(
        event="keeper.users_unknown", resource=str(audience), said=str(error), check=_UNFOUND
    )


def redis_away(error: QueueUnavailable) -> Trouble:
    """Nothing can be recorded now, so Graph is not asked for anything."""
    check = "Redis: is it up, and does it take writes?"
    return Trouble(event="keeper.redis_away", said=str(error), check=check, is_hasty=True)


def broken(error: Exception) -> Trouble:
    """A mistake of ours: its stack is in the log, and the other tenants go on."""
    said = f"{type(error).__name__} in a round of the keeper"
    return Trouble(event="keeper.broken", said=said, check="the log; this is a fault of Heliograph")


def pause(troubles: Collection[Trouble], failed_rounds: int, *, chance: float) -> timedelta:
    """How long to wait after the round that brought *troubles*, the *failed_rounds*th in a row.

    *chance* (0 to 1) takes up to a fifth away, so that many keepers do not come together. What
    Graph asks to wait is waited in full.
    """
    if not troubles:
        return ROUND_EVERY * (1 - chance / 5)
    wanted = SLOW
    if any(trouble.is_hasty for trouble in troubles):
        step = min(max(failed_rounds, 1), len(_HASTE_SECONDS)) - 1
        wanted = timedelta(seconds=_HASTE_SECONDS[step])
    asked = max((trouble.wait or timedelta(0) for trouble in troubles), default=timedelta(0))
    return max(wanted * (1 - chance / 5), asked)


def is_hopeless(troubles: Sequence[Trouble | None]) -> bool:
    """True where all tries failed for what they share, so that more of them will not do better."""
    return bool(troubles) and all(trouble and trouble.event in _SHARED for trouble in troubles)


def _is_in_mailbox(resource: str) -> bool:
    offer = offer_of(resource)
    return offer is not None and not offer.in_directory


def _permission(error: Forbidden) -> str:
    name = error.permission or "that the resource needs"
    return f"the application permission {name}"
