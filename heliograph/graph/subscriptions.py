"""Subscriptions to change notifications, as Graph keeps them.

Which there should be is decided in `heliograph.subscriptions`.
https://learn.microsoft.com/graph/api/resources/subscription
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from heliograph.errors import GraphError, NotFound
from heliograph.graph.answers import decode
from heliograph.graph.batch import Batches, Outcome
from heliograph.graph.calls import IMMUTABLE_IDS, Calls
from heliograph.graph.paths import path
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import Entity


class NewSubscription(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """What Graph is asked for. Without secrets in its `repr`."""

    resource: str
    change_type: str
    notification_url: str
    expiration_date_time: datetime
    client_state: str
    lifecycle_notification_url: str | None = None
    include_resource_data: bool = False
    encryption_certificate: str | None = None  # base64 of the DER, without PEM markers
    encryption_certificate_id: str | None = None

    def __repr__(self) -> str:
        return f"NewSubscription(resource={self.resource!r})"


class Subscription(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What Graph has. What is not set may come as null, empty, false, or not at all.

    `client_state` is withheld by `list`.
    """

    resource: str = ""
    change_type: str = ""
    notification_url: str | None = None
    lifecycle_notification_url: str | None = None
    expiration_date_time: datetime | None = None
    client_state: str | None = None
    application_id: str | None = None
    creator_id: str | None = None
    include_resource_data: bool | None = None
    encryption_certificate_id: str | None = None
    latest_supported_tls_version: str | None = None


class PublicKey(Protocol):
    """What Graph encrypts for: *certificate* is base64 of the DER, *id* what items name it by."""

    @property
    def id(self) -> str: ...
    @property
    def certificate(self) -> str: ...


class Subscriptions:
    """Calls below `/subscriptions`. *subscription* is an id."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._batches = Batches(calls)

    async def create(self, wish: NewSubscription, *, permission: str | None = None) -> Subscription:
        """A new subscription; Graph shakes hands with both URLs before it answers.

        Raises Conflict where it has one like this already, Forbidden for a missing *permission*
        (which depends on the resource) and for a quota that is used up, Invalid for a failed
        handshake. Immutable ids in its notifications are asked for here, and only here.
        """
        request = Request(
            method="POST",
            path="/subscriptions",
            json=wish,
            headers=IMMUTABLE_IDS,
            permission=permission,
        )
        return await self._calls.fetch(request, Subscription)

    async def get(self, subscription: str) -> Subscription:
        """One subscription, with its `client_state`. Raises NotFound."""
        request = Request(method="GET", path=path("subscriptions", subscription))
        return await self._calls.fetch(request, Subscription)

    def list(self) -> AsyncIterator[Subscription]:
        """All subscriptions of this app in the tenant. Graph takes no options here."""
        return self._calls.pages(Request(method="GET", path="/subscriptions"), Subscription)

    async def renew(self, subscription: str, *, until: datetime) -> Subscription:
        """The subscription with a new end; reauthorizes it as well. Raises NotFound once expired.

        It must not follow a `reauthorize` within 10 minutes.
        """
        return await self._calls.fetch(_renewal(subscription, until), Subscription)

    async def renew_many(
        self, ends: Mapping[str, datetime]
    ) -> dict[str, Subscription | GraphError]:
        """For each id in *ends* the subscription with that new end, or why it has none.

        20 go in one call. Raises nothing: NotFound among the values is one that has expired.
        """
        requests = [_renewal(subscription, until) for subscription, until in ends.items()]
        outcomes = await self._batches.send(requests)
        return {
            subscription: _renewed(outcome)
            for subscription, outcome in zip(ends, outcomes, strict=True)
        }

    async def rekey(self, subscription: str, key: PublicKey, *, until: datetime) -> Subscription:
        """The subscription, renewed, and asked to encrypt for *key* from now on.

        Graph may keep the old certificate without a word: only `get` tells. Raises NotFound.
        """
        return await self._calls.fetch(_renewal(subscription, until, key), Subscription)

    async def reauthorize(self, subscription: str) -> None:
        """Answers a `reauthorizationRequired` without a new end."""
        request = Request(method="POST", path=path("subscriptions", subscription, "reauthorize"))
        await self._calls.send(replace(request, repeatable=True))

    async def delete(self, subscription: str) -> None:
        """Ends the subscription. Done as well if there is none."""
        try:
            await self._calls.send(
                Request(method="DELETE", path=path("subscriptions", subscription))
            )
        except NotFound:
            return


def _renewed(outcome: Outcome) -> Subscription | GraphError:
    if isinstance(outcome, GraphError):
        return outcome
    try:
        return decode(outcome.content, Subscription)
    except GraphError as error:
        return error


def _renewal(subscription: str, until: datetime, key: PublicKey | None = None) -> Request:
    changes: dict[str, object] = {"expirationDateTime": until.astimezone(UTC)}
    if key is not None:
        changes |= {"encryptionCertificate": key.certificate, "encryptionCertificateId": key.id}
    return Request(method="PATCH", path=path("subscriptions", subscription), json=changes)
