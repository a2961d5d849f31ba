"""What makes Graph's subscriptions agree with the wishes: actions, each with its reason.

Which of them are needed is decided in `planner`; they are carried out in `heliograph.keeping`.
"""

from dataclasses import dataclass
from datetime import datetime

from heliograph.planning.wishes import Desired
from heliograph.subscriptions import Registration


@dataclass(frozen=True, slots=True, kw_only=True)
class _ForWish:
    """Something done for what is *desired*, for the *reason*."""

    desired: Desired
    reason: str

    @property
    def resource(self) -> str:
        return self.desired.resource


@dataclass(frozen=True, slots=True, kw_only=True)
class _ForRecord:
    """Something done about a *registration*, for the *reason*."""

    registration: Registration
    reason: str

    @property
    def resource(self) -> str:
        return self.registration.resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_ForWish):
    """Make a subscription: under *pending*, which was recorded and never made, where there is one.

    *lost* is the registration of one that Graph had before; what it missed must be found.
    *in_the_way* is the id of another deployment's, for which Graph may refuse this one.
    """

    pending: Registration | None = None
    lost: Registration | None = None
    in_the_way: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver(_ForWish):
    """Remove *subscription_id*, which is not ours and in the way, and make one of our own."""

    subscription_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew(_ForWish):
    """Extend the subscription of *registration* to *until*; where it is gone, make it again."""

    registration: Registration
    expires: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(_ForWish):
    """Make a subscription, then remove the one of *registration*.

    With *delete_first* the quota has no room for both. Where Graph takes the new one for a
    duplicate, the old one goes first as well. Either way what was missed must be found.
    """

    registration: Registration
    delete_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekey(Replace):
    """Have the subscription of *registration* encrypt for the newest key, and live to *until*.

    It is replaced only where Graph keeps the old certificate.
    """

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(_ForWish):
    """Nothing can be done: Graph would refuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(_ForRecord):
    """Record a registration that is served by a subscription which proved to be ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_ForRecord):
    """Remove a subscription; its record stays until Graph repeats nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(_ForRecord):
    """Remove the record of a subscription that was replaced long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(_ForRecord):
    """Nothing to do before *until*."""

    until: datetime


Action = Create | TakeOver | Renew | Replace | Hold | Adopt | Delete | Forget | Leave
