"""What the app may do: the permissions that the tenant's administrator has granted so far."""

from collections.abc import Iterable

from heliograph.simulator.options import Options
from heliograph.simulator.tenant import PERMISSIONS


class Consent:
    """The permissions of the app itself, and those that it may ask signed-in users for; *delegated*
    None: whatever it asks for.
    """

    def __init__(self, options: Options) -> None:
        given = options.permissions
        self.app = tuple(PERMISSIONS if given is None else given)
        self.delegated = options.delegated_permissions

    def change(self, grant: Iterable[str], revoke: Iterable[str], *, delegated: bool) -> None:
        """Grant and revoke; tokens that are out keep what they hold."""
        gone = frozenset(revoke)
        if delegated:
            have = PERMISSIONS if self.delegated is None else self.delegated
            self.delegated = _without((*have, *grant), gone)
        else:
            self.app = _without((*self.app, *grant), gone)


def _without(names: Iterable[str], gone: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name not in gone)
