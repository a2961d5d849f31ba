"""Administrative roles: those that are built in, and who holds them (graph-users-api.md, 6)."""

import base64
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from heliograph.simulator.store import Row

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
DIRECTORY_WRITERS = "9360feb5-f418-4baa-8175-e2a00bac4301"
REPORTS_READER = "4a5d8f65-41da-4de4-8968-e035b65339cf"
GUEST_INVITER = "95e79109-95c0-4d8e-aee3-d01accf2d47b"
MESSAGE_CENTER_READER = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"
PASSWORD_ADMINISTRATOR = "966707d0-3269-4727-9be2-8c3a10f19b9d"  # noqa: S105 (a role)
USAGE_READER = "75934031-6c7e-415a-99d7-48dbd49e875e"
AUTHENTICATION_ADMINISTRATOR = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
PRIVILEGED_AUTHENTICATION_ADMINISTRATOR = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
LICENSE_ADMINISTRATOR = "4d6ac14f-3453-41d0-bef9-a3e0c569773a"

TEMPLATES: Mapping[str, tuple[str, str]] = {
    GLOBAL_ADMINISTRATOR: ("Global Administrator", "Can manage all aspects of Microsoft Entra ID."),
    USER_ADMINISTRATOR: ("User Administrator", "Can manage all aspects of users and groups."),
    DIRECTORY_READERS: ("Directory Readers", "Can read basic directory information."),
    DIRECTORY_WRITERS: (
        "Directory Writers",
        "Can read and write basic directory information.",
    ),
    REPORTS_READER: ("Reports Reader", "Can read sign-in and audit reports."),
    GUEST_INVITER: ("Guest Inviter", "Can invite guest users."),
    MESSAGE_CENTER_READER: ("Message Center Reader", "Can read messages of the message center."),
    PASSWORD_ADMINISTRATOR: ("Password Administrator", "Can reset passwords for non-admins."),
    USAGE_READER: ("Usage Summary Reports Reader", "Can see tenant level aggregates of usage."),
    AUTHENTICATION_ADMINISTRATOR: (
        "Authentication Administrator",
        "Can view, set and reset authentication method information for any non-admin user.",
    ),
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: (
        "Privileged Authentication Administrator",
        "Can view, set and reset authentication method information for any user.",
    ),
    PRIVILEGED_ROLE_ADMINISTRATOR: (
        "Privileged Role Administrator",
        "Can manage role assignments and all aspects of Privileged Identity Management.",
    ),
    GROUPS_ADMINISTRATOR: ("Groups Administrator", "Can manage all aspects of groups."),
    HELPDESK_ADMINISTRATOR: (
        "Helpdesk Administrator",
        "Can reset passwords for non-administrators and Helpdesk Administrators.",
    ),
    LICENSE_ADMINISTRATOR: (
        "License Administrator",
        "Can manage product licenses on users and groups.",
    ),
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": (
        "Application Administrator",
        "Can create and manage all aspects of app registrations and enterprise apps.",
    ),
    "29232cdf-9323-42fd-ade2-1d097af3e4de": (
        "Exchange Administrator",
        "Can manage all aspects of the Exchange product.",
    ),
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": (
        "Global Reader",
        "Can read everything that a Global Administrator can, but not update anything.",
    ),
    "194ae4cb-b126-40b2-bd5b-6091b380977d": (
        "Security Administrator",
        "Can read security information and reports, and manage their configuration.",
    ),
    "5d6b6bb7-de71-4623-b4af-96380a352509": (
        "Security Reader",
        "Can read security information and reports.",
    ),
}
"""Name and description of each role that is built in, by its id, the same in all tenants."""

_BY_NAME = {name.lower(): id_ for id_, (name, _) in TEMPLATES.items()}


def template(name: str) -> str:
    """The id of the built-in role with this id or display name. Raises LookupError without one."""
    found = name.lower() if name.lower() in TEMPLATES else _BY_NAME.get(name.lower())
    if found is None:
        known = ", ".join(sorted(name for name, _ in TEMPLATES.values()))
        raise LookupError(f"one of {known} is expected, got {name[:60]!r}")
    return found


def definition(id_: str) -> Row:
    """A built-in role as unified role management shows it."""
    name, description = TEMPLATES[id_]
    return {
        "id": id_,
        "description": description,
        "displayName": name,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": id_,
        "version": "1",
        "rolePermissions": [
            {"allowedResourceActions": ["microsoft.directory/users/standard/read"]},
        ],
    }


def assignment_id(role: str, principal: str, scope: str) -> str:
    """The id of an assignment: it encodes the role, the principal and the scope."""
    raw = uuid.UUID(role).bytes_le + uuid.UUID(principal).bytes_le
    if scope != "/":
        raw += scope.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") + "-1"


def assignment(role: str, principal: str, scope: str, *, tenant: str) -> dict[str, Any]:
    """An assignment of *role* to *principal*."""
    return {
        "id": assignment_id(role, principal, scope),
        "principalId": principal,
        "principalOrganizationId": tenant,
        "resourceScope": scope,
        "directoryScopeId": scope,
        "roleDefinitionId": role,
        "condition": None,
    }


def held(assignments: Iterable[Row], principals: Iterable[str]) -> list[str]:
    """The roles that any of *principals* holds, each once."""
    wanted = set(principals)
    found = (row["roleDefinitionId"] for row in assignments if row["principalId"] in wanted)
    return list(dict.fromkeys(found))
