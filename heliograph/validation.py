"""Is a notification genuine, and where does it belong? Decided from arguments alone.

Every check is made for every item, whatever the others said, so that the time of an answer tells
nothing about which one failed. Tokens of rich notifications are judged in `validation_tokens`.
"""

import msgspec

from heliograph.lanes import Lane
from heliograph.notifications import News, Notification
from heliograph.resources import (
    ME,
    Resource,
    canonical_id,
    covers,
    from_notification,
    is_object_id,
    is_plain,
)
from heliograph.subscriptions import Registration

LIFECYCLE_KIND = "subscriptions"
"""The kind of lanes whose news are about a subscription itself; their id is the registration's."""

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant that Entra gives personal accounts; their notifications name "" instead."""

_NOBODY = Registration(id="", tenant_id="-", client_id="", resource="users", kind="users")
_NOWHERE = Lane(tenant="", kind="unknown", id="")
_MAX_WORD = 256


# One is made for each notification: a struct is, in a sixth of the time of a dataclass.
class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one item: *news* for its *lane*, or *refused* for one reason.

    The reasons: `client_state`, `unknown_subscription`, `shape`, `tenant`, `resource`, `token`.
    """

    lane: Lane
    news: News
    urgent: bool = False
    refused: str | None = None


def check(
    notification: Notification,
    *,
    proven: str | None,
    registration: Registration | None,
    received_at: int,
) -> Decision:
    """What becomes of *notification*, received at *received_at* (ms since 1970).

    *proven* is the registration id that its clientState proves, *registration* the record of it.
    """
    known = registration or _NOBODY
    is_lifecycle = notification.lifecycle_event is not None
    lane = lifecycle_lane(known) if is_lifecycle else _lane(notification, known)
    refused = None if lane else "resource"
    if tenant(notification.tenant_id) != tenant(known.tenant_id):
        refused = "tenant"
    if not _is_well_shaped(notification):
        refused = "shape"
    if registration is None:
        refused = "unknown_subscription" if proven else "client_state"
    return Decision(
        lane=lane or _NOWHERE,
        news=_news(notification, known, received_at),
        urgent=is_lifecycle,
        refused=refused,
    )


def tenant(tenant_id: str | None) -> str:
    """*tenant_id* as lanes name it: lower case, "" for personal accounts."""
    lowered = (tenant_id or "").lower()
    return "" if lowered == CONSUMERS else lowered


def _is_well_shaped(notification: Notification) -> bool:
    words = (notification.change_type, notification.lifecycle_event)
    is_one_of_both = (words[0] is None) != (words[1] is None)
    lengths = (len(word) for word in (*words, notification.subscription_id) if word is not None)
    return is_one_of_both and max(lengths) <= _MAX_WORD


def lifecycle_lane(registration: Registration) -> Lane:
    """The lane of news about the subscription itself."""
    return Lane(tenant=tenant(registration.tenant_id), kind=LIFECYCLE_KIND, id=registration.id)


def _lane(notification: Notification, registration: Registration) -> Lane | None:
    """The lane of the resource that changed, None where it is not the subscription's to tell."""
    try:
        resource = from_notification(notification.resource or "")
        is_covered = covers(registration, resource)
    except ValueError:
        return None
    data = notification.resource_data
    id_ = resource.id or canonical_id(data.id if data else None)
    if not is_covered or id_ is None or not is_plain(id_):
        return None
    owner = _owner(resource, registration)
    return Lane(tenant=tenant(registration.tenant_id), kind=resource.kind, id=id_, owner=owner)


def _owner(resource: Resource, registration: Registration) -> str | None:
    """The mailbox's owner, by id where either side knows it: one resource has one lane."""
    if resource.owner is None or is_object_id(resource.owner):
        return resource.owner
    ours = canonical_id(registration.owner)
    return ours if is_object_id(ours) or resource.owner == ME else resource.owner


def _news(notification: Notification, registration: Registration, received_at: int) -> News:
    data = notification.resource_data
    return News(
        registration=registration.id,
        subscription_id=notification.subscription_id,
        received_at=received_at,
        change_type=notification.change_type,
        lifecycle_event=notification.lifecycle_event,
        etag=_short(data.odata_etag) if data else None,
        event_time=_short(data.event_time) if data else None,
        notification_id=_short(notification.id),
        encrypted_content=notification.encrypted_content,
    )


def _short(text: str | None) -> str | None:
    return text if text is not None and len(text) <= _MAX_WORD else None


def refuse(decision: Decision, reason: str) -> Decision:
    """*decision*, refused for *reason*."""
    return Decision(lane=decision.lane, news=decision.news, urgent=decision.urgent, refused=reason)


def with_proof(decision: Decision, *, verified: bool, token: str | None) -> Decision:
    """*decision* with the verdict on its content's token, or the *token* still to verify."""
    news = msgspec.structs.replace(decision.news, verified=verified, token=token)
    return Decision(lane=decision.lane, news=news, urgent=decision.urgent)
