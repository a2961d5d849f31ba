"""Directory objects as the caller sees them: selected, typed, with their relations inside."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from heliograph.simulator.directory.service import kind_of
from heliograph.simulator.graph.calls import Call
from heliograph.simulator.graph.directory.kinds import (
    GROUP_DELEGATED,
    OBJECTS,
    Family,
)
from heliograph.simulator.graph.directory.query import Show, is_cast, selected
from heliograph.simulator.permissions import held, worth
from heliograph.simulator.refusals import bad_request, no_access
from heliograph.simulator.store import Row

_BASIC = frozenset(
    (
        *("displayName", "givenName", "id", "mail", "photo", "securityIdentifier", "surname"),
        "userPrincipalName",
    )
)
"""What User.ReadBasic.All shows of a user (graph-users-api.md, U1)."""

_LIFE_CYCLE = ("employeeLeaveDateTime",)
_READERS = {
    "user": ("User.Read.All",),
    "group": ("GroupMember.Read.All",),
    "directoryRole": ("RoleManagement.Read.Directory", "Directory.Read.All"),
    "servicePrincipal": ("Application.Read.All", "Directory.Read.All"),
}


def shower(call: Call, family: Family) -> Show:
    """What turns rows of a *family* into what the caller gets to see of them."""
    names = selected(call, (family,)) or family.kind.unasked
    return picking(call, family, names)


def picking(call: Call, family: Family, names: tuple[str, ...]) -> Show:
    """What picks the properties called *names*, as far as the caller may see them."""
    many = {each.name for each in family.kind.properties.values() if each.many}
    hidden = _hidden(call, family, names)
    empty: list[tuple[str, object]] = [(name, [] if name in many else None) for name in names]
    plain = [(name, none) for name, none in empty if name not in hidden and name not in _DERIVED]
    if len(plain) == len(names):
        return lambda row: {name: row.get(name, none) for name, none in plain}

    def show(row: Row) -> Row:
        found = {name: row.get(name, none) for name, none in empty}
        for name in hidden:
            found[name] = None
        for name in names:
            if name in _DERIVED and name not in hidden and not found[name]:
                found[name] = _DERIVED[name](call, row)
        return found

    return show


def mixed(call: Call, *, one: bool = False) -> Show:
    """What turns directory objects of any type into what the caller sees: with their type, unless
    the path names one. Of what he may not read there is the id alone.
    """
    families = tuple(OBJECTS.values())
    names = selected(call, families)
    typed = one or not is_cast(call)
    known: dict[str, Show] = {}

    def show(row: Row) -> Row:
        kind = kind_of(row)
        if kind not in known:
            known[kind] = _typed(call, OBJECTS[kind], names, with_type=typed)
        return known[kind](row)

    return show


def check_alone(call: Call, family: Family) -> None:
    """Refuse to show in a list what only a single object shows."""
    for name in selected(call, (family,)):
        if name in family.lone:
            raise bad_request(
                f"The property '{name}' is not supported in a collection: get a single object."
            )


def _typed(call: Call, family: Family, names: tuple[str, ...], *, with_type: bool) -> Show:
    type_ = {"@odata.type": family.type} if with_type else {}
    own = tuple(name for name in names if family.kind.property(name)) or family.kind.unasked
    pick = picking(call, family, own)
    if may_read(call, family):
        return lambda row: {**type_, **pick(row)}
    hidden = dict.fromkeys(names) if names else {}
    return lambda row: {**type_, **hidden, "id": row["id"]}


def may_read(call: Call, family: Family) -> bool:
    """Whether the token allows more than the ids of a *family*."""
    permissions = worth(held(call.claims))
    is_allowed = not permissions.isdisjoint(_READERS[family.kind.name])
    return is_allowed or (bool(call.signed_in) and "User.Read" in permissions)


def _hidden(call: Call, family: Family, names: tuple[str, ...]) -> frozenset[str]:
    """Which of *names* the caller does not get to see. Some are refused altogether."""
    if family.kind.name == "group" and not call.signed_in:
        return GROUP_DELEGATED & set(names)
    if family.kind.name != "user":
        return frozenset()
    permissions = worth(held(call.claims))
    if "signInActivity" in names and "AuditLog.Read.All" not in permissions:
        raise no_access(mailbox=False)
    found: set[str] = set()
    if "User-LifeCycleInfo.Read.All" not in permissions:
        found.update(name for name in _LIFE_CYCLE if name in names)
    if "User.Read.All" not in permissions and not call.is_own:
        found.update(set(names) - _BASIC)
    return frozenset((*found, "passwordProfile")) & set(names)


def _security_identifier(_: Call, row: Row) -> str:
    parts = [
        int.from_bytes(uuid.UUID(row["id"]).bytes_le[at : at + 4], "little") for at in (0, 4, 8, 12)
    ]
    return "S-1-12-1-" + "-".join(map(str, parts))


def _identities(call: Call, row: Row) -> list[dict[str, Any]]:
    if "userPrincipalName" not in row:
        return []
    name = {"signInType": "userPrincipalName", "issuer": call.world.tenant.domain}
    return [{**name, "issuerAssignedId": row["userPrincipalName"]}]


def _provisioned(_: Call, row: Row) -> list[dict[str, Any]]:
    return [
        {
            "capabilityStatus": plan["capabilityStatus"],
            "provisioningStatus": "Success",
            "service": plan["service"],
        }
        for plan in row.get("assignedPlans", ())
    ]


def _mailbox_settings(call: Call, row: Row) -> Row | None:
    if not call.world.directory.has_mailbox(row["id"]):
        return None
    outlook = call.world.outlook
    return outlook.settings.get(outlook.boxes.of(row["id"]))


def _sign_ins(_: Call, row: Row) -> Mapping[str, Any]:
    return {
        "lastSignInDateTime": row.get("createdDateTime"),
        "lastSignInRequestId": row["id"],
        "lastNonInteractiveSignInDateTime": row.get("createdDateTime"),
        "lastNonInteractiveSignInRequestId": row["id"],
        "lastSuccessfulSignInDateTime": row.get("createdDateTime"),
        "lastSuccessfulSignInRequestId": row["id"],
    }


_DERIVED: Mapping[str, Callable[[Call, Row], Any]] = {
    "identities": _identities,
    "mailboxSettings": _mailbox_settings,
    "provisionedPlans": _provisioned,
    "securityIdentifier": _security_identifier,
    "signInActivity": _sign_ins,
}
"""Properties that follow from others."""
