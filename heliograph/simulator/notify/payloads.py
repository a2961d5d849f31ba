"""The JSON of one notification, in the forms that have been seen (change-notifications.md, 4.2).

Which of the documented forms an item takes is drawn from the seed.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from heliograph.simulator.notify.encryption import encrypted
from heliograph.simulator.notify.kinds import KINDS
from heliograph.simulator.notify.registry import Subscription
from heliograph.simulator.store import Event, Row

_ZONES = (None, None, timedelta(0), timedelta(hours=5, minutes=30), timedelta(hours=-8))
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_TYPES = {
    "receivedDateTime": "#DateTimeOffset",
    "sentDateTime": "#DateTimeOffset",
    "createdDateTime": "#DateTimeOffset",
    "lastModifiedDateTime": "#DateTimeOffset",
    "importance": "#microsoft.graph.importance",
    "inferenceClassification": "#microsoft.graph.inferenceClassificationType",
    "showAs": "#microsoft.graph.freeBusyStatus",
    "sensitivity": "#microsoft.graph.sensitivity",
}


class Payloads:
    """Writes notifications; equal seeds draw equal forms."""

    def __init__(self, *, seed: int) -> None:
        self._random = random.Random(f"{seed}/payloads")  # noqa: S311 (repeatable, guards nothing)

    def change(
        self, subscription: Subscription, event: Event, *, change_type: str, row: Row
    ) -> dict[str, Any]:
        """The notification of *change_type* that tells of *row*."""
        data = (
            self._directory_data(subscription, event)
            if KINDS[event.kind].in_directory
            else self._item_data(subscription, event, row)
        )
        body = {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": self._expiry(subscription.expires),
            "changeType": change_type,
            "resource": data["@odata.id"],
            "resourceData": data,
            "tenantId": subscription.tenant_id,
        }
        if subscription.client_state is not None:
            body["clientState"] = subscription.client_state
        if subscription.certificate is not None and change_type != "deleted":
            content = msgspec.json.encode(_content(subscription, data, row))
            body["encryptedContent"] = encrypted(content, subscription.certificate)
        return body

    def lifecycle(self, subscription: Subscription, event: str) -> dict[str, Any]:
        """The lifecycle notification that tells of *event*."""
        body = {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": self._expiry(subscription.expires),
            "tenantId": subscription.tenant_id,
            "lifecycleEvent": event,
        }
        if self._random.random() < 0.5:  # absent in some examples, required in the type
            body["resource"] = subscription.resource
        if subscription.client_state is not None:
            body["clientState"] = subscription.client_state
        return body

    def _directory_data(self, subscription: Subscription, event: Event) -> dict[str, Any]:
        kind = KINDS[event.kind]
        address = f"{kind.family}/{event.key}"
        data: dict[str, Any] = {
            "@odata.type": f"#Microsoft.Graph.{kind.type}",
            "@odata.id": address,
            "id": event.key,
            "organizationId": subscription.tenant_id,
        }
        # Captured group notifications of 2025 and 2026 had neither time nor number.
        if event.kind == "users" or self._random.random() < 0.5:
            ticks = _ticks(event.at) + self._random.randrange(10)
            data["eventTime"] = f"{event.at:%Y-%m-%dT%H:%M:%S}.{ticks % 10_000_000:07d}Z"
            data["sequenceNumber"] = ticks
        if "members" in event.detail:
            data["members@delta"] = event.detail["members"]
        return data

    def _item_data(self, subscription: Subscription, event: Event, row: Row) -> dict[str, Any]:
        kind = KINDS[event.kind]
        id_ = event.key if subscription.immutable_ids else row["id"]
        rich = subscription.is_rich
        return {
            "@odata.type": f"#microsoft.graph.{kind.type.lower()}"
            if rich
            else f"#Microsoft.Graph.{kind.type}",
            "@odata.id": self._item_address(subscription, kind.family, id_)
            if event.kind != "tasks"
            else f"Users/{event.owner}/Todo/Lists/{row['parentFolderId']}/Tasks/{id_}",
            "@odata.etag": f'W/"{row["changeKey"]}"',
            "id": id_,
        }

    def _item_address(self, subscription: Subscription, family: str, id_: str) -> str:
        owner = subscription.owner
        if subscription.is_rich:
            return f"Users('{owner}')/{family.lower()}('{id_}')"
        if self._random.random() < 0.25:
            return f"users/{owner}@{subscription.tenant_id}/{family.lower()}/{id_}"
        return f"Users/{owner}/{family}/{id_}"

    def _expiry(self, time: datetime) -> str:
        zone = self._random.choice(_ZONES)
        digits = self._random.choice((0, 3, 6, 7))
        local = time.astimezone(UTC if zone is None else timezone(zone))
        fraction = f".{local.microsecond:06d}{self._random.randrange(10)}"[: digits + 1]
        ending = "Z" if zone is None else f"{local:%z}"
        offset = ending if ending == "Z" else f"{ending[:3]}:{ending[3:]}"
        return f"{local:%Y-%m-%dT%H:%M:%S}{fraction if digits else ''}{offset}"


def _content(subscription: Subscription, data: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """What is encrypted: the selected properties, with the types that Outlook adds."""
    content = {name: data[name] for name in ("@odata.type", "@odata.id", "@odata.etag", "id")}
    by_name = {name.lower(): name for name in row}
    for wanted in subscription.watched.select:
        name = by_name.get(wanted.lower(), wanted)
        if name == "id":
            continue
        if name in _TYPES:
            content[f"{name}@odata.type"] = _TYPES[name]
        content[name] = row.get(name)
    return content


def _ticks(time: datetime) -> int:
    """The .NET tick count of *time*: 100 ns since the year 1."""
    since = time - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 10
