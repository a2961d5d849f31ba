"""Which permissions a call needs, and what those of a token are worth.

A route names the least permission that graph-users-api.md lists; broader ones follow from
`IMPLIED` and from the pattern of their names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from heliograph.simulator.refusals import no_access
from heliograph.simulator.tenant import PERMISSIONS

IMPLIED: Mapping[str, tuple[str, ...]] = {
    "Calendars.ReadBasic": ("Calendars.ReadBasic.All",),
    "Directory.Read.All": (
        "Group.Read.All",
        "LicenseAssignment.Read.All",
        "RoleManagement.Read.Directory",
        "User.Read.All",
    ),
    "Directory.ReadWrite.All": ("Group.ReadWrite.All", "User.ReadWrite.All"),
    "Group.Read.All": ("GroupMember.Read.All",),
    "Group.ReadWrite.All": ("Group.Create", "GroupMember.ReadWrite.All"),
    "GroupMember.Read.All": ("Group.ReadBasic.All",),
    "Mail.ReadBasic": ("Mail.ReadBasic.All",),
    "User.Read.All": ("ProfilePhoto.Read.All",),
    "User.ReadWrite.All": (
        "LicenseAssignment.ReadWrite.All",
        "ProfilePhoto.ReadWrite.All",
        "User.RevokeSessions.All",
    ),
}
"""What else a permission allows, beyond what its name says by the pattern."""

_PARTS = {
    part.lower(): part
    for name in (*PERMISSIONS, *IMPLIED, *sum(IMPLIED.values(), ()))
    for part in name.split(".")
} | {part.lower(): part for part in ("ReadBasic", "ReadUpdate", "Shared", "Subscription")}

_NARROWER = {"ReadWrite": "Read", "Read": "ReadBasic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a token must hold: one permission out of a tuple; an empty one is never enough.

    *app* is asked of an app alone, *own* of a signed-in user for what is his own, *delegated* of
    one for all else. *of_mailbox* says in whose words the call is refused.
    """

    app: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    of_mailbox: bool = False

    def check(self, claims: Mapping[str, Any], *, is_own: bool) -> None:
        """Refuse the call of a token with these *claims*; *is_own*: for the signed-in user's."""
        wanted = self.app
        if is_delegated(claims):
            wanted = self.own if is_own else self.delegated
        if worth(held(claims)).isdisjoint(wanted):
            raise no_access(mailbox=self.of_mailbox)


def directory(*names: str, own: tuple[str, ...] = ()) -> Needs:
    """One of *names*, whoever calls; a signed-in user may bring one of *own* for himself."""
    return Needs(app=names, delegated=names, own=(*names, *own))


def mailbox(*names: str) -> Needs:
    """One of *names* for an app in any mailbox, and for a signed-in user in his own.

    In the mailboxes of others he needs the form that ends in `.Shared`.
    """
    own = tuple(name.removesuffix(".All") for name in names)
    shared = tuple(f"{name.removesuffix('.Shared')}.Shared" for name in own)
    return Needs(app=names, own=(*names, *own), delegated=shared, of_mailbox=True)


def canonical(name: str) -> str:
    """*name* as Entra spells it, who takes it without case."""
    return ".".join(_PARTS.get(part.lower(), part) for part in name.split("."))


def is_delegated(claims: Mapping[str, Any]) -> bool:
    """Whether somebody has signed in behind a token with these *claims*."""
    return "scp" in claims


def held(claims: Mapping[str, Any]) -> frozenset[str]:
    """The permissions that the token names."""
    if is_delegated(claims):
        return frozenset(str(claims["scp"]).split())
    return frozenset(claims.get("roles", ()))


@lru_cache(maxsize=1_000)
def worth(names: frozenset[str]) -> frozenset[str]:
    """*names* and all that they allow beside."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_allowed_by(name))
    return frozenset(found)


def _allowed_by(name: str) -> Iterator[str]:
    yield from IMPLIED.get(name, ())
    subject, verb, *rest = [*name.split("."), ""]
    if verb in _NARROWER:
        yield ".".join((subject, _NARROWER[verb], *rest)).rstrip(".")
    if name.endswith(".Shared"):
        yield name.removesuffix(".Shared")
