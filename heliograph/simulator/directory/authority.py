"""Who may do what is sensitive, and to whom (graph-users-api.md, 4.3)."""

from collections.abc import Collection

from heliograph.simulator.directory.roles import (
    AUTHENTICATION_ADMINISTRATOR,
    DIRECTORY_READERS,
    GLOBAL_ADMINISTRATOR,
    GROUPS_ADMINISTRATOR,
    GUEST_INVITER,
    HELPDESK_ADMINISTRATOR,
    MESSAGE_CENTER_READER,
    PASSWORD_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    REPORTS_READER,
    USAGE_READER,
    USER_ADMINISTRATOR,
)

SENSITIVE = frozenset(
    (
        *("accountEnabled", "businessPhones", "mobilePhone", "onPremisesImmutableId"),
        *("otherMails", "passwordProfile", "userPrincipalName"),
    )
)
"""Properties of a user that not everybody may change; to delete and to restore count as well."""

_HARMLESS = frozenset(
    (
        *(DIRECTORY_READERS, GUEST_INVITER, MESSAGE_CENTER_READER, PASSWORD_ADMINISTRATOR),
        *(REPORTS_READER, USAGE_READER),
    )
)
_TOP = frozenset((PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR))
_OVER_USERS = frozenset((*_TOP, USER_ADMINISTRATOR))
_OVER_AUTHENTICATION = frozenset((*_TOP, AUTHENTICATION_ADMINISTRATOR))
_OVER_PLAIN = _OVER_USERS | _OVER_AUTHENTICATION
_USER_MANAGERS = frozenset((GROUPS_ADMINISTRATOR, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR))


def is_plain(target: Collection[str], *, in_role_group: bool = False) -> bool:
    """Whether who holds the roles *target* is as good as no administrator."""
    return not in_role_group and set(target) <= _HARMLESS


def may_act(acting: Collection[str], target: Collection[str], *, in_role_group: bool) -> bool:
    """Whether one who holds the roles *acting* may do what is sensitive to one with *target*."""
    return not set(acting).isdisjoint(_sufficient(set(target), in_role_group=in_role_group))


def _sufficient(target: set[str], *, in_role_group: bool) -> frozenset[str]:
    """The roles of which one is needed; where *target* holds several, for all of them."""
    if in_role_group:
        return _TOP
    needed = _OVER_PLAIN
    for role in target - _HARMLESS:
        if role == AUTHENTICATION_ADMINISTRATOR:
            needed &= _OVER_AUTHENTICATION
        elif role in _USER_MANAGERS:
            needed &= _OVER_USERS
        else:
            needed &= _TOP
    return needed
