"""What the API takes and gives, as types: the OpenAPI description is made from them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from heliograph.planning.actions import Action
from heliograph.subscriptions import Registration, moment

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="A tenant's name.")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription of ours, as it is recorded."""

    id: str
    tenant: str
    resource: str
    change_types: tuple[str, ...]
    rich: bool
    health: Literal["alive", "pending", "expired", "replaced"]
    subscription_id: str | None
    expires_at: datetime | None
    created_at: datetime
    renewed_at: datetime | None

    @classmethod
    def of(cls, one: Registration, *, tenant: str, now: datetime) -> "SubscriptionView":
        """*one*, of the tenant of that name, as it is *now*."""
        expires = None if one.expires_at is None else moment(one.expires_at)
        return cls(
            id=one.id,
            tenant=tenant,
            resource=one.resource,
            change_types=one.change_types,
            rich=one.rich,
            health=_health(one, expires, now),
            subscription_id=one.subscription_id,
            expires_at=expires,
            created_at=moment(one.created_at),
            renewed_at=None if one.renewed_at is None else moment(one.renewed_at),
        )


def _health(
    one: Registration, expires: datetime | None, now: datetime
) -> Literal["alive", "pending", "expired", "replaced"]:
    if one.replaced_at is not None:
        return "replaced"
    if one.subscription_id is None or expires is None:
        return "pending"
    return "alive" if expires > now else "expired"


class SubscriptionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Subscriptions by id; *next* is the `after` of the following page, null on the last one."""

    value: list[SubscriptionView]
    next: str | None


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which subscriptions are listed."""

    tenant: Name | None = None
    after: Annotated[str, msgspec.Meta(max_length=128)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


class PlanQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which tenant a plan is made; for all of them where it names none."""

    tenant: Name | None = None


class NoQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the keeper would do, and why."""

    action: str
    tenant: str
    resource: str
    reason: str
    subscription: str | None

    @classmethod
    def of(cls, action: Action, *, tenant: str) -> "Step":
        """*action* in the tenant of that name."""
        registration: Registration | None = getattr(action, "registration", None)
        return cls(
            action=_word(type(action).__name__),
            tenant=tenant,
            resource=action.resource,
            reason=action.reason,
            subscription=registration.id if registration else None,
        )


def _word(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """What the keeper would do now. *plan* names it for `apply`; *unchanged* may stay as it is."""

    plan: str
    steps: list[Step]
    unchanged: int
    warnings: list[str]


class ApplyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan that is to be carried out, as it was shown: one that is overtaken is refused."""

    plan: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    tenant: Name | None = None


class AdoptBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subscription that is not ours, in the way of a wish, and may be replaced by one of ours."""

    tenant: Name
    subscription_id: Id


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The keeper has been told. *audit* is the id of the act in the audit log."""

    accepted: Literal[True] = True
    audit: str
