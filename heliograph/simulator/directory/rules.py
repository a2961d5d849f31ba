"""What may stand in the properties of users and groups, whoever writes them (4.4)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from heliograph.simulator.refusals import Refused, bad_request

REQUIRED_OF_USERS = (
    "accountEnabled",
    "displayName",
    "mailNickname",
    "passwordProfile",
    "userPrincipalName",
)
REQUIRED_OF_GROUPS = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")

_NOT_CLEARABLE = frozenset(
    (*REQUIRED_OF_USERS, "mail", "usageLocation"),
)
_LONGEST = {
    **dict.fromkeys(("displayName",), 256),
    **dict.fromkeys(("givenName", "surname", "department", "companyName", "mailNickname"), 64),
    **dict.fromkeys(("jobTitle", "city", "state", "country", "officeLocation"), 128),
    **dict.fromkeys(("mobilePhone", "faxNumber"), 64),
    "streetAddress": 1024,
    "postalCode": 40,
    "employeeId": 16,
}
_POLICIES = frozenset({"None", "DisablePasswordExpiration", "DisableStrongPassword"})
_LOCAL_PART = re.compile(r"[A-Za-z0-9'._!#^~-]+\Z")
_COUNTRY = re.compile(r"[A-Za-z]{2}\Z")
_NICKNAME = re.compile(r"[^@()\\\[\]\";:<>, ]+\Z")
_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")


def demand(properties: Mapping[str, Any], names: Iterable[str], *, of: str) -> None:
    """Refuse *properties* where one of *names* is missing."""
    for name in names:
        if properties.get(name) is None:
            raise bad_request(f"A value is required for property '{name}' of resource '{of}'.")


def check_user(properties: Mapping[str, Any], *, domain: str) -> None:
    """Refuse values that no user may have in a tenant of *domain*."""
    for name in _NOT_CLEARABLE & set(properties):
        if properties[name] in (None, ""):
            raise _invalid(name)
    _check_lengths(properties, of="User")
    if "userPrincipalName" in properties:
        _check_principal_name(str(properties["userPrincipalName"]), domain)
    if len(properties.get("businessPhones") or ()) > 1:
        raise _invalid("businessPhones")
    if "usageLocation" in properties and not _COUNTRY.match(str(properties["usageLocation"])):
        raise _invalid("usageLocation")
    policies = str(properties.get("passwordPolicies") or "None")
    if not {word.strip() for word in policies.split(",")} <= _POLICIES:
        raise _invalid("passwordPolicies")
    if "mailNickname" in properties and not _NICKNAME.match(str(properties["mailNickname"])):
        raise _invalid("mailNickname")
    if properties.get("passwordProfile"):
        check_password(properties["passwordProfile"])


def check_group(properties: Mapping[str, Any]) -> None:
    """Refuse values that no group may have."""
    for name in set(REQUIRED_OF_GROUPS) & set(properties):
        if properties[name] in (None, ""):
            raise _invalid(name, of="Group")
    _check_lengths(properties, of="Group")
    if "mailNickname" in properties and not _NICKNAME.match(str(properties["mailNickname"])):
        raise _invalid("mailNickname", of="Group")


def check_password(profile: Mapping[str, Any]) -> None:
    """Refuse a password that is too weak; a profile may come without one."""
    password = profile.get("password")
    if password is None:
        return
    kinds = sum(re.search(kind, str(password)) is not None for kind in _CLASSES)
    if not 8 <= len(str(password)) <= 256 or kinds < 3:
        raise bad_request(
            "The specified password does not comply with password complexity requirements."
            " Please provide a different password."
        )


def conflict(name: str) -> Refused:
    """The value of a property that must be unique belongs to another object."""
    text = f"Another object with the same value for property {name} already exists."
    detail = {"code": "ObjectConflict", "message": text, "target": name}
    return Refused(400, "Request_BadRequest", text, details=(detail,))


def _check_lengths(properties: Mapping[str, Any], *, of: str) -> None:
    for name, longest in _LONGEST.items():
        if len(str(properties.get(name) or "")) > longest:
            raise _invalid(name, of=of)


def _check_principal_name(name: str, domain: str) -> None:
    local, _, host = name.rpartition("@")
    if not _LOCAL_PART.match(local):
        raise _invalid("userPrincipalName")
    if host.lower() != domain:
        raise bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of"
            " the verified domain names in your organization."
        )


def _invalid(name: str, *, of: str = "User") -> Refused:
    return bad_request(f"Invalid value specified for property '{name}' of resource '{of}'.")
