"""Subscriptions as an app asks for them: created, renewed, given up, in Graph's order of checks."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from heliograph.simulator.notify.checks import Wish, certificate, expiry, url, wish
from heliograph.simulator.notify.handshake import Handshake
from heliograph.simulator.notify.registry import Registry, Share, Subscription
from heliograph.simulator.options import Options
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.permissions import held, is_delegated
from heliograph.simulator.refusals import Refused, invalid, no_subscription, workload
from heliograph.simulator.switches import Switches
from heliograph.simulator.tenant import Tenant


class Subscriptions:
    """The subscription service of one tenant."""

    def __init__(
        self,
        registry: Registry,
        handshake: Handshake,
        *,
        boxes: Mailboxes,
        tenant: Tenant,
        options: Options,
        switches: Switches,
    ) -> None:
        self._registry = registry
        self._handshake = handshake
        self._boxes = boxes
        self._tenant = tenant
        self._options = options
        self._switches = switches
        self._clock = registry.clock

    async def create(
        self, body: Mapping[str, Any], *, claims: Mapping[str, Any], immutable_ids: bool
    ) -> Subscription:
        """A new subscription: payload, handshakes, then what the resource's service says."""
        wanted = wish(
            body,
            now=self._clock.now(),
            allow_http=self._options.allow_http,
            refuse_created=self._switches.refuse_created,
            signed_in=str(claims["oid"]) if is_delegated(claims) else "",
        )
        await self._handshake.check(wanted.notification_url, wanted.lifecycle_url)
        new = self._subscription(wanted, claims, immutable_ids=immutable_ids)
        _check_permission(new, claims, "Create")
        self._check_lifetime(new, new.expires)
        self._check_quota(new)
        twin = self._registry.twin(new)
        if twin is not None and self._switches.refuse_duplicates:
            raise Refused(
                409,
                "Conflict",
                f"Subscription Id {twin.id} already exists for the requested combination",
            )
        self._registry.add(new)
        return new

    async def update(
        self, id_: str, body: Mapping[str, Any], *, claims: Mapping[str, Any]
    ) -> Subscription:
        """The subscription with another expiry, URL or certificate; reauthorized by the way."""
        found = self.get(id_, claims=claims)
        if not body.get("expirationDateTime") and not body.get("notificationUrl"):
            raise invalid(
                "Subscription must contain either the 'expirationDateTime' or 'notificationUrl'"
                " property and its value."
            )
        address = found.notification_url
        if body.get("notificationUrl"):
            address = url(
                body["notificationUrl"],
                "NotificationUrl",
                allow_http=self._options.allow_http,
            )
        expires = found.expires
        if body.get("expirationDateTime"):
            expires = expiry(body["expirationDateTime"], now=self._clock.now())
        key = found.certificate
        if body.get("encryptionCertificate") and self._switches.renew_certificate:
            key = certificate(body)
        _check_permission(found, claims, "Update")
        self._check_lifetime(found, expires)
        if address != found.notification_url or self._switches.handshake_on_renewal:
            await self._handshake.check(address)
            found = self.get(id_, claims=claims)
        found.notification_url, found.expires = address, expires
        found.certificate = key if found.is_rich else None
        self._authorize(found)
        return found

    def reauthorize(self, id_: str, *, claims: Mapping[str, Any]) -> None:
        """Answer a challenge; the expiry stays."""
        found = self.get(id_, claims=claims)
        _check_permission(found, claims, "Reauthorize")
        self._authorize(found)

    def get(self, id_: str, *, claims: Mapping[str, Any]) -> Subscription:
        """The subscription with this id, where the caller may know of it."""
        found = self._registry.get(id_)
        if found is None or not found.is_seen_by(claims):
            raise no_subscription()
        return found

    def page(
        self, place: int, *, claims: Mapping[str, Any], size: int
    ) -> tuple[list[Subscription], int]:
        """Those from *place* on that the caller may know of, oldest first; and where the next page
        begins, 0 where there is none.
        """
        shown: list[Subscription] = []
        end = place
        for following, found in self._registry.since(place):
            if not found.is_seen_by(claims):
                continue
            if len(shown) == size:
                return shown, end
            shown.append(found)
            end = following
        return shown, 0

    def delete(self, id_: str, *, claims: Mapping[str, Any]) -> None:
        """End a subscription."""
        self._registry.remove(self.get(id_, claims=claims).id)

    def _authorize(self, subscription: Subscription) -> None:
        subscription.authorized_until = self._authority()
        subscription.challenged_at = None

    def _authority(self) -> datetime | None:
        """Until when a creator who asks now may see what he is told of."""
        seconds = self._options.authorized_for
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)

    def _subscription(
        self, wanted: Wish, claims: Mapping[str, Any], *, immutable_ids: bool
    ) -> Subscription:
        owner, folder = self._place(wanted)
        return Subscription(
            id=str(uuid.uuid4()),
            application_id=claims["appid"],
            creator_id=claims["oid"],
            is_delegated=is_delegated(claims),
            tenant_id=self._tenant.tenant_id,
            resource=wanted.resource,
            watched=wanted.watched,
            owner=owner,
            folder=folder,
            change_types=wanted.change_types,
            notification_url=wanted.notification_url,
            lifecycle_url=wanted.lifecycle_url,
            client_state=wanted.client_state,
            expires=wanted.expires,
            authorized_until=self._authority(),
            is_rich=wanted.is_rich,
            certificate=wanted.certificate,
            tls_version=wanted.tls_version,
            audience=wanted.audience,
            immutable_ids=immutable_ids,
        )

    def _place(self, wanted: Wish) -> tuple[str, str]:
        """The mailbox and the folder in it that are watched, found as of now."""
        watched = wanted.watched
        if watched.facts.in_directory:
            return "", ""
        try:
            box = self._boxes.of(watched.user)
            if not watched.folder:
                return box.owner, ""
            if watched.kind == "messages":
                return box.owner, box.folder_id(watched.folder)
            if watched.kind == "contacts":
                return box.owner, box.contact_folder_id(watched.folder)
            return box.owner, box.task_list_id(watched.folder)
        except Refused as error:
            raise workload(404, f"The requested user '{watched.user}' is invalid.") from error

    def _check_lifetime(self, subscription: Subscription, expires: datetime) -> None:
        facts = subscription.watched.facts
        longest = facts.longest_rich if subscription.is_rich else facts.longest
        # A client computes the limit by its own clock, a moment before.
        if expires > self._clock.now() + timedelta(minutes=longest, seconds=30):
            text = f"Subscription expiration can only be {longest} minutes in the future."
            raise Refused(400, "ExtensionError", text)

    def _check_quota(self, new: Subscription) -> None:
        options = self._options
        quotas = {
            Share(owner=new.owner): options.mailbox_quota,
            Share(app=new.application_id, tenant=new.tenant_id): options.directory_quota,
            Share(tenant=new.tenant_id): options.tenant_quota,
            Share(app=new.application_id): options.app_quota,
        }
        if any(self._registry.count(share) >= quotas[share] for share in new.shares):
            raise workload(403, "Maximum number of subscriptions has been reached")


def _check_permission(found: Subscription, claims: Mapping[str, Any], operation: str) -> None:
    """Refuse what the caller may not read. A signed-in user reads one mailbox, his own."""
    facts = found.watched.facts
    needed = facts.needs
    if is_delegated(claims) and not facts.in_directory:
        is_own = found.owner == claims["oid"]
        needed = frozenset(name.removesuffix(".All") for name in needed) if is_own else frozenset()
    if needed.isdisjoint(held(claims)):
        raise workload(403, "Forbidden", operation=operation)
