"""What may be asked of the simulator itself. A name or value that is not expected is an error."""

from typing import Annotated, Literal

import msgspec

from heliograph.simulator.activity import Wish

Seconds = Annotated[float, msgspec.Meta(ge=0)]
LifecycleEvent = Literal["reauthorizationRequired", "subscriptionRemoved", "missed"]
Number = Annotated[int, msgspec.Meta(ge=0)]


class _Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class Nothing(_Asked, frozen=True):
    """A call that takes nothing."""


class Part(_Asked, frozen=True):
    """A part of a list: at most *limit* entries from number *since* on."""

    since: Number = 0
    limit: Number = 1_000


class DeliveriesPart(Part, frozen=True):
    """Those of one *subscription*, if one is named; *wait* so many seconds of real time at most
    until nothing is on its way any more.
    """

    subscription: str = ""
    wait: Annotated[float, msgspec.Meta(ge=0, le=300)] = 0.0


class ClockWish(_Asked, frozen=True):
    """Set the time forward by *advance* seconds; divide waits by *speed*."""

    advance: Seconds = 0.0
    speed: Annotated[float, msgspec.Meta(gt=0)] | None = None


class LifecycleWish(_Asked, frozen=True):
    """Tell *event* of one *subscription*, of all that can be told of it where none is named; with
    *unauthorized* delivery pauses until it is reauthorized.
    """

    event: LifecycleEvent = "reauthorizationRequired"
    subscription: str = ""
    unauthorized: bool = False


class Credential(_Asked, frozen=True):
    """What the app may prove itself by: a *certificate* (PEM), or tokens that an *issuer* signs for
    a *subject* with the private half of *key* (PEM).
    """

    certificate: str = ""
    issuer: str = ""
    subject: str = ""
    key: str = ""


class DeviceWish(_Asked, frozen=True):
    """Let the device that shows *user_code* in as *user*; without one it is declined."""

    user_code: str
    user: str = ""


class PermissionsWish(_Asked, frozen=True):
    """Grant and revoke permissions of the app, or *delegated* ones; tokens that are out are refused
    at once, unless they may be kept until they run out.
    """

    grant: tuple[str, ...] = ()
    revoke: tuple[str, ...] = ()
    delegated: bool = False
    keep_tokens: bool = False


class Scene(Wish, frozen=True, kw_only=True):
    """A step of a script; it happens *after* so many seconds of the clock."""

    after: Seconds = 0.0


Script = Scene | list[Scene]
