"""Subscriptions (change-notifications.md, 1)."""

from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.graph.answers import NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.odata import clear, opaque
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.notify.registry import Subscription
from heliograph.simulator.refusals import invalid

PAGE = 100

routes = Routes()


@routes.on("POST", "/subscriptions")
async def create(call: Call) -> Answer:
    """A new subscription, after its handshakes."""
    new = await call.world.subscriptions.create(
        call.json(), claims=call.claims, immutable_ids=call.immutable_ids
    )
    return entity(call, "subscriptions", shown(new), status=201)


@routes.on("GET", "/subscriptions")
def list_subscriptions(call: Call) -> Answer:
    """The subscriptions that the caller may know of, without their clientState; no options help."""
    if set(call.query) - {"$skiptoken"}:
        raise invalid("OData query options are not supported for subscriptions.")
    place = int(clear(call.query["$skiptoken"])) if "$skiptoken" in call.query else 0
    found, end = call.world.subscriptions.page(place, claims=call.claims, size=PAGE)
    body: dict[str, Any] = {"@odata.context": call.context("subscriptions")}
    if end:
        body["@odata.nextLink"] = call.link("/subscriptions", {"$skiptoken": opaque(str(end))})
    return Answer(body={**body, "value": [{**shown(item), "clientState": None} for item in found]})


@routes.on("GET", "/subscriptions/{id}")
def get(call: Call) -> Answer:
    """One subscription."""
    found = call.world.subscriptions.get(call.params["id"], claims=call.claims)
    return entity(call, "subscriptions", shown(found))


@routes.on("PATCH", "/subscriptions/{id}")
async def update(call: Call) -> Answer:
    """A subscription renewed."""
    changed = await call.world.subscriptions.update(
        call.params["id"], call.json(), claims=call.claims
    )
    return entity(call, "subscriptions", shown(changed))


@routes.on("POST", "/subscriptions/{id}/reauthorize")
def reauthorize(call: Call) -> Answer:
    """A challenge answered."""
    call.world.subscriptions.reauthorize(call.params["id"], claims=call.claims)
    return NOTHING


@routes.on("DELETE", "/subscriptions/{id}")
def delete(call: Call) -> Answer:
    """A subscription given up."""
    call.world.subscriptions.delete(call.params["id"], claims=call.claims)
    return NOTHING


def shown(subscription: Subscription) -> dict[str, Any]:
    """A subscription as Graph answers it; the certificate is left out."""
    key = subscription.certificate
    return {
        "id": subscription.id,
        "resource": subscription.resource,
        "applicationId": subscription.application_id,
        "changeType": ",".join(subscription.change_types),
        "clientState": subscription.client_state,
        "notificationUrl": subscription.notification_url,
        "notificationQueryOptions": None,
        "notificationContentType": None,
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": stamp(subscription.expires),
        "creatorId": subscription.creator_id,
        "includeResourceData": subscription.is_rich or None,
        "latestSupportedTlsVersion": subscription.tls_version,
        "encryptionCertificate": None,
        "encryptionCertificateId": key.id if key else None,
        "notificationUrlAppId": subscription.audience,
    }
