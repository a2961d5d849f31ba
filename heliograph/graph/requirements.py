"""What a call requires of whoever makes it, as far as that is known before it leaves.

Pure. Only what Graph is certain to refuse is refused here. A permission for mailboxes may have been
granted in Exchange, which no token tells, so that Graph's own answer is waited for there.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from heliograph.graph.claims import Claims
from heliograph.graph.transport import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why Graph would refuse the app, and what would change that.

    *users_can* tells that Graph takes the call from a signed-in user alone.
    """

    reason: str
    remedy: str = ""
    users_can: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _UsersOnly:
    """A call that Graph takes from a signed-in user alone, and the permission to lend for it."""

    method: str
    path: str
    scope: str

    def covers(self, method: str, segments: list[str]) -> bool:
        wanted = self.path.lower().split("/")
        if wanted[-1] == "**":
            wanted = wanted[:-1]
            segments = segments[: len(wanted)]
        return (
            method == self.method
            and len(segments) == len(wanted)
            and all(want in {"*", got} for want, got in zip(wanted, segments, strict=True))
        )


# `*` is one segment, `**` what may follow. https://learn.microsoft.com/graph/permissions-reference
USERS_ONLY = (
    _UsersOnly(method="POST", path="users/*/findMeetingTimes", scope="Calendars.Read.Shared"),
    _UsersOnly(method="GET", path="users/*/insights/shared/**", scope="Sites.Read.All"),
    _UsersOnly(method="GET", path="users/*/drive/recent", scope="Files.Read"),
    _UsersOnly(method="GET", path="users/*/drive/sharedWithMe", scope="Files.Read.All"),
    _UsersOnly(method="GET", path="users/*/followedSites", scope="Sites.Read.All"),
    _UsersOnly(method="GET", path="users/*/planner/plans", scope="Tasks.Read"),
    _UsersOnly(method="GET", path="users/*/settings/itemInsights", scope="User.Read"),
    _UsersOnly(method="PATCH", path="users/*/settings/itemInsights", scope="User.ReadWrite"),
)

# https://learn.microsoft.com/graph/api/user-update, https://learn.microsoft.com/graph/api/group-update
_USERS_OWN = frozenset(
    (
        *("aboutMe", "birthday", "employeeHireDate", "interests", "mySite"),
        *("pastProjects", "responsibilities", "schools", "skills"),
    )
)
_GROUPS_OWN = frozenset({"allowExternalSenders", "autoSubscribeNewMembers", "unseenCount"})
_OWN_SCOPES = {"users": "User.ReadWrite", "groups": "Group.ReadWrite.All"}

# https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
_SENSITIVE = frozenset(
    (
        *("accountEnabled", "businessPhones", "mobilePhone", "onPremisesImmutableId"),
        *("otherMails", "passwordProfile", "userPrincipalName"),
    )
)
_RESETS_PASSWORDS = {
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": "Authentication Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
}

# Whose broader permissions suffice as well. Areas that are missing here are left to Graph.
_WIDER = {
    "AuditLog": (),
    "Directory": (),
    "Files": ("Sites",),
    "Group": ("Directory",),
    "GroupMember": ("Group", "Directory"),
    "LicenseAssignment": ("Directory", "Organization", "User"),
    "People": (),
    "ProfilePhoto": ("User",),
    "RoleManagement": ("Directory", "RoleAssignmentSchedule", "RoleEligibilitySchedule"),
    "Sites": ("Files",),
    "User": ("Directory", "Group"),
}
_PERMISSION = re.compile(r"[A-Z][A-Za-z-]*(?:\.[A-Z][A-Za-z]*)+")


def refusal_of_app(request: Request, claims: Claims | None) -> Refusal | None:
    """Why Graph would refuse *request* of the app itself, which holds *claims* where known."""
    return next(_refusals_of_app(request, claims), None)


def only_for_users(request: Request) -> Refusal:
    """That Graph takes *request* from a signed-in user alone; names no user."""
    place = re.sub(r"^(/\w+)(/[^/]+|\('[^']*'\))", r"\1/{id}", request.path.partition("?")[0])
    reason = f"Graph takes {request.method} {place} from a signed-in user alone"
    return Refusal(reason=reason, users_can=True)


def are_enough(permissions: Collection[str], request: Request) -> bool:
    """Could a user make *request* by these delegated *permissions*? In doubt, yes."""
    wanted = scope_of(request)
    if wanted is None:
        return bool(permissions)
    return any(_suffices(held, wanted) for held in permissions)


def scope_of(request: Request) -> str | None:
    """The least delegated permission that *request* needs, where it is known."""
    if request.scope:
        return request.scope
    if rule := _users_only(request):
        return rule.scope
    if _users_properties(request):
        return _OWN_SCOPES[_segments(request)[0]]
    return request.permission


def hint(request: Request) -> str:
    """What may be behind a 403 that names no permission; empty where there is nothing to add."""
    if not _is_sensitive(request):
        return ""
    return (
        "; where the user holds an administrative role, the app needs one as well: "
        "Privileged Authentication Administrator suffices for all"
    )


def _refusals_of_app(request: Request, claims: Claims | None) -> Iterator[Refusal]:
    if _segments(request)[0] == "me":
        reason, remedy = "/me is a signed-in user, and an app is none", "ask for /users/{id}"
        yield Refusal(reason=reason, remedy=remedy, users_can=True)
    if _users_only(request):
        yield only_for_users(request)
    if names := _users_properties(request):
        reason = f"Graph takes {', '.join(names)} from a signed-in user alone"
        yield Refusal(reason=reason, users_can=True)
    if claims is not None:
        yield from _missing_role(request, claims)
        yield from _missing_permission(request, claims)


def _users_properties(request: Request) -> list[str]:
    """The properties among those written that nobody sets but a signed-in user."""
    match request.method, _segments(request):
        case "PATCH", [("users" | "groups") as kind, _]:
            own = {"users": _USERS_OWN, "groups": _GROUPS_OWN}[kind]
            return sorted(own & _written(request))
        case _:
            return []


def _missing_role(request: Request, claims: Claims) -> Iterator[Refusal]:
    is_users = request.method == "PATCH" and _segments(request)[0] == "users"
    roles = claims.directory_roles
    if not is_users or "passwordProfile" not in _written(request) or roles is None:
        return
    if roles.isdisjoint(_RESETS_PASSWORDS):
        yield Refusal(
            reason="an app resets passwords only with a directory role, and this one holds none "
            f"of {', '.join(_RESETS_PASSWORDS.values())}",
            remedy="assign the role User Administrator to the app's service principal",
        )


def _missing_permission(request: Request, claims: Claims) -> Iterator[Refusal]:
    wanted = request.permission
    if wanted is None or claims.directory_roles:  # a directory role allows much without any
        return
    names = _PERMISSION.findall(wanted)
    if all(name.partition(".")[0] in _WIDER for name in names) and not any(
        _suffices(held, name) for name in names for held in claims.roles
    ):
        yield Refusal(
            reason=f"the app has not been granted {wanted}, nor anything that includes it",
            remedy=f"grant it {wanted} as an application permission, with admin consent",
        )


def _suffices(held: str, wanted: str) -> bool:
    """Could *held* be enough where *wanted* is the least? In doubt it could."""
    area, _, kind = wanted.partition(".")
    held_area, _, held_kind = held.partition(".")
    if not {held_area, held_area.partition("-")[0]} & {area, *_WIDER.get(area, ())}:
        return False
    return _only_reads(kind) or not _only_reads(held_kind)


def _only_reads(kind: str) -> bool:
    return kind.startswith("Read") and not kind.startswith("ReadWrite")


def _users_only(request: Request) -> _UsersOnly | None:
    segments = _segments(request)
    return next((rule for rule in USERS_ONLY if rule.covers(request.method, segments)), None)


def _segments(request: Request) -> list[str]:
    """The path in lower case, as Graph knows no other; `/users('x')` is `/users/x`."""
    path = re.sub(r"^/users\('([^']*)'\)", r"/users/\1", request.path.partition("?")[0])
    return path.lower().strip("/").split("/")


def _is_sensitive(request: Request) -> bool:
    segments = _segments(request)
    match request.method, segments:
        case "PATCH", ["users", _]:
            return bool(_SENSITIVE & _written(request))
        case "DELETE", ["users", _]:
            return True
        case "POST", ["directory", "deleteditems", _, "restore"]:
            return True
        case _:
            return False


def _written(request: Request) -> frozenset[str]:
    return frozenset(request.json) if isinstance(request.json, Mapping) else frozenset()
