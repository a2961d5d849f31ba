"""Directory audits: who changed what in the directory, as Graph's own log has it.

An entry shows minutes after the change, and some of them out of order: good for naming the actor
of a change, not for being told of it. https://learn.microsoft.com/graph/api/resources/directoryaudit
"""

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from heliograph.graph.calls import Calls
from heliograph.graph.paths import literal
from heliograph.graph.query import options
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import Entity
from heliograph.graph.values.times import iso


class ModifiedProperty(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one property. Its `repr` shows the name alone."""

    display_name: str | None = None
    old_value: str | None = None
    new_value: str | None = None

    @property
    def old(self) -> object:
        """What it was, out of the JSON that Graph puts into text; the text where it is none."""
        return _unpacked(self.old_value)

    @property
    def new(self) -> object:
        """What it became."""
        return _unpacked(self.new_value)

    def __repr__(self) -> str:
        return f"ModifiedProperty(display_name={self.display_name!r})"


class AuditTarget(Entity, frozen=True, kw_only=True, rename="camel"):
    """What was changed."""

    type: str | None = None
    display_name: str | None = None
    user_principal_name: str | None = None
    modified_properties: list[ModifiedProperty] | None = None


class AuditUser(Entity, frozen=True, kw_only=True, rename="camel"):
    """The user who did it."""

    display_name: str | None = None
    user_principal_name: str | None = None
    ip_address: str | None = None


class AuditApp(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The app that did it; ours, where *app_id* is our own."""

    app_id: str | None = None
    display_name: str | None = None
    service_principal_id: str | None = None


class Initiator(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who did it: one of the two, or neither where it was Entra itself."""

    user: AuditUser | None = None
    app: AuditApp | None = None


class KeyValue(msgspec.Struct, frozen=True, kw_only=True):
    """Something more about an entry."""

    key: str | None = None
    value: str | None = None


class DirectoryAudit(Entity, frozen=True, kw_only=True, rename="camel"):
    """One entry. Words of Graph (`category`, `result`, ...) are open strings."""

    activity_date_time: datetime | None = None
    activity_display_name: str | None = None
    category: str | None = None
    correlation_id: str | None = None
    initiated_by: Initiator | None = None
    logged_by_service: str | None = None
    operation_type: str | None = None
    result: str | None = None
    result_reason: str | None = None
    target_resources: list[AuditTarget] | None = None
    additional_details: list[KeyValue] | None = None


class Audits:
    """Calls below `/auditLogs/directoryAudits`. Entries are kept for 7 or 30 days."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        target: str = "",
        by_user: str = "",
        by_app: str = "",
    ) -> AsyncIterator[DirectoryAudit]:
        """The entries that match all that is given, the newest first.

        *since* and *until* are aware, *target* and *by_user* ids of objects, *by_app* is the id of
        an app registration: our own tells what Heliograph did itself.
        """
        claims = [
            since and f"activityDateTime ge {iso(since)}",
            until and f"activityDateTime le {iso(until)}",
            target and f"targetResources/any(r:r/id eq {literal(target)})",
            by_user and f"initiatedBy/user/id eq {literal(by_user)}",
            by_app and f"initiatedBy/app/appId eq {literal(by_app)}",
        ]
        where = " and ".join(claim for claim in claims if claim)
        request = Request(
            method="GET",
            path="/auditLogs/directoryAudits",
            params=options(where=where, order_by="activityDateTime desc", top=999),
            permission="AuditLog.Read.All",
        )
        return self._calls.pages(request, DirectoryAudit)


def _unpacked(text: str | None) -> object:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
