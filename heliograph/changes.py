"""Changes: what really happened to a resource, told from its snapshot and what was seen now.

Pure. Graph says `updated` for a user who was created, changed, disabled, soft-deleted or restored;
the comparison says which. A look that tells very much comes in pieces, each with its own snapshot.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from heliograph.lanes import Lane

Properties = Mapping[str, Any]

MEMBERS = "members"
"""The relation that a group's snapshot holds besides its properties."""

KINDS = ("users", "groups", "messages", "events", "contacts", "heliograph")
WHATS = (
    "created",
    "received",
    "updated",
    "deleted",
    "restored",
    "purged",
    "member_added",
    "member_removed",
)

WATCHED: Mapping[str, tuple[str, ...]] = {
    "users": (
        *("displayName", "givenName", "surname", "userPrincipalName", "mail", "accountEnabled"),
        *("jobTitle", "department", "companyName", "officeLocation", "employeeId", "employeeType"),
        *("userType", "usageLocation", "mobilePhone", "businessPhones", "assignedLicenses"),
        "createdDateTime",
    ),
    "groups": (
        *("displayName", "description", "mail", "mailNickname", "visibility", "groupTypes"),
        *("securityEnabled", "membershipRule", "createdDateTime"),
    ),
    "messages": (
        *("subject", "from", "toRecipients", "isRead", "isDraft", "importance", "flag"),
        *("categories", "parentFolderId", "hasAttachments", "internetMessageId"),
        *("receivedDateTime", "lastModifiedDateTime"),
    ),
    "events": (
        *("subject", "start", "end", "location", "isAllDay", "isCancelled", "organizer"),
        *("attendees", "responseStatus", "showAs", "recurrence", "type", "iCalUId"),
        *("createdDateTime", "lastModifiedDateTime"),
    ),
    "contacts": (
        *("displayName", "givenName", "surname", "companyName", "jobTitle", "emailAddresses"),
        *("businessPhones", "mobilePhone", "createdDateTime", "lastModifiedDateTime"),
    ),
}
"""What a look asks Graph for, and what a snapshot keeps. `manager` of users comes by expansion."""

STAMP = "lastModifiedDateTime"
"""Orders the states of a mailbox item; no news in itself."""

_STAMPS = frozenset({STAMP, "changeKey", "createdDateTime"})

Presence = Literal["present", "deleted", "gone"]
"""Of a resource: there, in the directory's 30-day bin, or not to be had any more."""


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notification that led to a change. *received_at* in ms since 1970."""

    source: str
    received_at: int
    subscription_id: str = ""
    change_type: str | None = None
    notification_id: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What really happened to one resource. This is what handlers get.

    *id* is the id of the resource, *change_id* that of the change: a digest, the same should the
    look be repeated. *changed* holds (before, after) of each watched property that differs;
    *before* is None where the resource was never seen. *related* are the paths of other resources
    that take part. Times are milliseconds since 1970.
    """

    change_id: str
    tenant: str
    kind: str
    id: str
    what: str
    observed_at: int
    owner: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    changed: dict[str, tuple[Any, Any]] = {}
    related: tuple[str, ...] = ()
    actor: str | None = None
    causes: tuple[Cause, ...] = ()

    @property
    def lane(self) -> Lane:
        """The lane of the resource that changed."""
        return Lane(tenant=self.tenant, kind=self.kind, id=self.id, owner=self.owner)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of a resource that has been told. *version* counts the pieces told."""

    version: int = 0
    presence: Presence = "present"
    properties: dict[str, Any] = {}
    members: frozenset[str] | None = None


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """What a look saw: present with *properties* (and *members* of a group), deleted, or gone.

    *is_new*: the resource came into being after the watch began, as its own dates or Graph say.
    """

    presence: Presence
    properties: dict[str, Any] = {}
    members: frozenset[str] | None = None
    is_new: bool = False


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Changes that are told together, and the snapshot once they are told."""

    changes: tuple[Change, ...]
    snapshot: Snapshot


def classify(
    lane: Lane,
    before: Snapshot | None,
    seen: Sighting,
    *,
    causes: Sequence[Cause],
    observed_at: int,
    most: int = 500,
) -> Iterator[Piece]:
    """The changes that turn *before* into what was *seen*, in pieces of at most *most* changes.

    Nothing where they agree: webhook and delta cannot double each other. A resource that is seen
    for the first time, and is not new, is told as `updated` without a before.
    """
    told = _Teller(lane, before, causes, observed_at)
    main = told.of_itself(seen)
    properties = told.merged(seen)
    known = before.members if before else None
    members = _member_changes(known, seen)
    first = [main] if main else []
    if not members:
        snapshot = Snapshot(
            version=told.version + 1,
            presence=seen.presence,
            properties=properties,
            members=seen.members if seen.members is not None else known,
        )
        if first or before is None or _differs(before, snapshot):
            yield Piece(changes=tuple(first), snapshot=snapshot)
        return
    yield from told.of_members(first, members, known or frozenset(), properties, most)


def _differs(before: Snapshot, after: Snapshot) -> bool:
    return (before.presence, before.properties, before.members) != (
        after.presence,
        after.properties,
        after.members,
    )


def _member_changes(known: frozenset[str] | None, seen: Sighting) -> list[tuple[str, str]]:
    """(what, member) for each difference. The first sight of an old group is only its baseline."""
    if seen.members is None or (known is None and not seen.is_new):
        return []
    known = known or frozenset()
    added = [("member_added", member) for member in sorted(seen.members - known)]
    removed = [("member_removed", member) for member in sorted(known - seen.members)]
    return added + removed


class _Teller:
    def __init__(
        self, lane: Lane, before: Snapshot | None, causes: Sequence[Cause], observed_at: int
    ) -> None:
        self.lane = lane
        self.before = before
        self.causes = tuple(causes)
        self.observed_at = observed_at
        self.version = before.version if before else 0

    def of_itself(self, seen: Sighting) -> Change | None:
        before = self.before.properties if self.before else dict.fromkeys(seen.properties)
        changed = difference(before, seen.properties) if seen.presence == "present" else {}
        what = _what(self.lane.kind, self.before, seen, changed=bool(changed))
        if what is None:
            return None
        known = self.before is not None
        return self._change(
            what,
            before=dict(before) if known else None,
            after=self.merged(seen) if seen.presence == "present" else None,
            changed=changed if known else {},
            related=_related(changed) if known or what == "created" else (),
        )

    def merged(self, seen: Sighting) -> dict[str, Any]:
        """What was seen, over what was known: a rich notification holds only what was selected."""
        return (dict(self.before.properties) if self.before else {}) | {
            name: canonical(value) for name, value in seen.properties.items()
        }

    def of_members(
        self,
        first: list[Change],
        members: list[tuple[str, str]],
        known: frozenset[str],
        properties: dict[str, Any],
        most: int,
    ) -> Iterator[Piece]:
        current = set(known)
        for start in range(0, len(members), most):
            self.version = (self.before.version if self.before else 0) + start // most
            piece = members[start : start + most]
            changes = [self._of_member(what, member) for what, member in piece]
            current |= {member for what, member in piece if what == "member_added"}
            current -= {member for what, member in piece if what == "member_removed"}
            snapshot = Snapshot(
                version=self.version + 1, properties=properties, members=frozenset(current)
            )
            yield Piece(changes=tuple(first + changes), snapshot=snapshot)
            first = []

    def _of_member(self, what: str, member: str) -> Change:
        after = {"member": member} if what == "member_added" else None
        before = {"member": member} if what == "member_removed" else None
        return self._change(
            what, before=before, after=after, changed={}, related=(f"users/{member}",)
        )

    def _change(
        self,
        what: str,
        *,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        changed: dict[str, tuple[Any, Any]],
        related: tuple[str, ...],
    ) -> Change:
        lane = self.lane
        return Change(
            change_id=change_id(lane, self.version, (what, after, related)),
            tenant=lane.tenant,
            kind=lane.kind,
            id=lane.id,
            owner=lane.owner,
            what=what,
            observed_at=self.observed_at,
            before=before,
            after=after,
            changed=changed,
            related=related,
            causes=self.causes,
        )


def _what(kind: str, before: Snapshot | None, seen: Sighting, *, changed: bool) -> str | None:
    was = before.presence if before else None
    match (was, seen.presence):
        case (None, "present"):
            return _first_sight(kind, seen)
        case ("present", "present"):
            return "updated" if changed else None
        case (_, "present"):
            return "restored"
        case (_, "gone"):
            bin_exists = kind in {"users", "groups"}
            return None if was == "gone" else ("purged" if bin_exists else "deleted")
        case _:
            return None if was in {"deleted", "gone"} else "deleted"


def _first_sight(kind: str, seen: Sighting) -> str:
    if not seen.is_new:
        return "updated"
    is_mail = kind == "messages" and not seen.properties.get("isDraft", False)
    return "received" if is_mail else "created"


def _related(changed: Mapping[str, tuple[Any, Any]]) -> tuple[str, ...]:
    """A relation is told on the object that holds it; the others are named."""
    ids = changed.get("manager", ())
    return tuple(f"users/{user_id}" for user_id in ids if user_id)


def difference(before: Properties, after: Properties) -> dict[str, tuple[Any, Any]]:
    """(before, after) of each property in both that differs; stamps are no news.

    What *before* does not hold was never asked for: to see it now is no change of it.
    """
    return {
        name: (canonical(before[name]), canonical(value))
        for name, value in after.items()
        if name in before and name not in _STAMPS and canonical(before[name]) != canonical(value)
    }


def canonical(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """*value* in a form that compares as Graph means it: collections without order."""
    if isinstance(value, list):
        return sorted((canonical(item) for item in value), key=msgspec.json.encode)
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in sorted(value.items()) if "@odata." not in key}
    return value


_digestible = msgspec.json.Encoder(order="sorted")


def change_id(lane: Lane, version: int, told: object) -> str:
    """128 bits in hex: should Redis lose confirmed writes, the repeated look gives the same."""
    facts = _digestible.encode((lane.name, version, told))
    return blake2b(facts, digest_size=16).hexdigest()
