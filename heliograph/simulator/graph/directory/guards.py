"""Who may write which property of whom (graph-users-api.md, 2, 4.2, 4.3 and 4.4)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from heliograph.simulator.directory.authority import SENSITIVE, is_plain, may_act
from heliograph.simulator.directory.roles import (
    DIRECTORY_WRITERS,
    GLOBAL_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    USER_ADMINISTRATOR,
)
from heliograph.simulator.graph.calls import Call
from heliograph.simulator.graph.directory.kinds import SHAREPOINT
from heliograph.simulator.permissions import held, worth
from heliograph.simulator.refusals import bad_request, no_access
from heliograph.simulator.store import Row

_BROAD = frozenset(("User.ReadWrite.All", "User.ReadUpdate.All"))
_NARROW: Mapping[str, str] = {
    "accountEnabled": "User.EnableDisableAccount.All",
    "businessPhones": "User-Phone.ReadWrite.All",
    "mobilePhone": "User-Phone.ReadWrite.All",
    "otherMails": "User-Mail.ReadWrite.All",
}
"""Properties that a permission of their own is enough for."""

_OWN_PERMISSION: Mapping[str, str] = {
    "customSecurityAttributes": "CustomSecAttributeAssignment.ReadWrite.All",
    "employeeLeaveDateTime": "User-LifeCycleInfo.ReadWrite.All",
    "identities": "User.ManageIdentities.All",
    "passwordProfile": "User-PasswordProfile.ReadWrite.All",
}
"""Properties that only a permission of their own is enough for."""

_NOT_ALONE = SHAREPOINT | {"employeeHireDate"}
"""Properties that an app alone does not change."""

_OWN_CONTACT = frozenset(("businessPhones", "mobilePhone", "otherMails"))
"""What is sensitive, but one's own."""

_CLOUD = frozenset(("usageLocation", "passwordProfile", "customSecurityAttributes"))
"""What can be changed of somebody whose account comes from elsewhere."""

WRITERS = frozenset((GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR, DIRECTORY_WRITERS))
_DELETERS = frozenset(
    (GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR)
)


def check_user_creation(properties: Mapping[str, Any]) -> None:
    """Refuse to create somebody with what lies in SharePoint."""
    for name in SHAREPOINT & set(properties):
        raise bad_request(f"Property '{name}' cannot be set when a user is created.")


def check_user_changes(call: Call, row: Row, changes: Mapping[str, Any]) -> None:
    """Refuse changes that the caller may not make to the user *row*."""
    names = set(changes)
    _check_sharepoint(names)
    if not call.signed_in and names & _NOT_ALONE:
        raise no_access(mailbox=False)
    _check_permissions(call, names)
    if row.get("onPremisesSyncEnabled") and names - _CLOUD:
        raise bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync"
            " objects or objects currently undergoing migration."
        )
    if names & SENSITIVE and not (call.is_own and names <= _OWN_CONTACT):
        check_sensitive(call, row)
    elif call.signed_in and not call.is_own:
        require_role(call, WRITERS)
    if "passwordProfile" in names and not call.signed_in:
        require_role(call, _DELETERS)


def check_deletion(call: Call, row: Row) -> None:
    """Refuse to delete or restore the user *row* to whom that is not allowed."""
    if call.signed_in:
        require_role(call, _DELETERS)
    check_sensitive(call, row)


def check_sensitive(call: Call, row: Row) -> None:
    """Refuse what is sensitive where the target is an administrator of a higher rank.

    On a plain user an app needs no role, a signed-in user one of those that manage users.
    """
    directory = call.world.directory
    target = directory.roles_of(row["id"])
    in_role_group = directory.is_in_role_group(row["id"])
    if not call.signed_in and is_plain(target, in_role_group=in_role_group):
        return
    if not may_act(acting_roles(call), target, in_role_group=in_role_group):
        raise no_access(mailbox=False)


def require_role(call: Call, roles: AbstractSet[str]) -> None:
    """Refuse the call of one who holds none of *roles*."""
    if roles.isdisjoint(acting_roles(call)):
        raise no_access(mailbox=False)


def acting_roles(call: Call) -> list[str]:
    """The roles of whoever calls."""
    return call.world.directory.roles_of(str(call.claims["oid"]))


def _check_sharepoint(names: set[str]) -> None:
    if names & SHAREPOINT and names - SHAREPOINT:
        raise bad_request(
            "The properties aboutMe, birthday, interests, mySite, pastProjects, responsibilities,"
            " schools and skills cannot be updated together with others."
        )


def _check_permissions(call: Call, names: set[str]) -> None:
    permissions = worth(held(call.claims))
    own = {"User.ReadWrite"} if call.is_own else set()
    for name in names:
        special = _OWN_PERMISSION.get(name)
        if special is not None:
            allowed = special in permissions
        else:
            narrow = {_NARROW[name]} if name in _NARROW else set()
            allowed = not permissions.isdisjoint(_BROAD | narrow | own)
        if not allowed:
            raise no_access(mailbox=False)
