"""What goes wrong for the keeper, in the words of an operator, and how soon it is tried again.

Pure: an error of Graph becomes a Trouble, troubles become a pause. The keeper logs and waits.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from heliograph.errors import (
    Conflict,
    Forbidden,
    GraphError,
    Invalid,
    QueueUnavailable,
    Throttled,
    Unauthenticated,
    Unavailable,
)

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
_FORBIDDEN = "has an administrator granted {permission}? Else: the quotas of tenant and mailbox"
_UNAUTHENTICATED = "tenant id, client id and secret of this tenant; has the secret run out?"
_CONFLICT = (
    "another deployment with this app registration may watch the resource, so its subscription is "
    "left alone. Once it is removed, this one is made."
)

_HANDSHAKE_CODES = frozenset({"validationerror", "invalidrequest"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that did not work. *event* names it in the log, *check* says what to look at."""

    event: str
    resource: str = ""
    said: str
    check: str
    is_hasty: bool = False
    wait: timedelta | None = None

    @property
    def is_handshake(self) -> bool:
        return self.event == "keeper.handshake_failed"


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
        case Forbidden():
            event, check = "forbidden", _FORBIDDEN.format(permission=_permission(error))
        case Unauthenticated():
            event, check = "unauthenticated", _UNAUTHENTICATED
        case Conflict():
            event, check = "conflict", _CONFLICT
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
        wait=wait,
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
    """True where every handshake of several failed, so that more of them will not do better."""
    return bool(troubles) and all(trouble and trouble.is_handshake for trouble in troubles)


def _permission(error: Forbidden) -> str:
    name = error.permission or "that the resource needs"
    return f"the application permission {name}"
