"""What a token of Graph's says about whoever holds it, where it can be read.

Pure. The tokens are Graph's own business, and some cannot be read: then nothing is known, and
nothing is decided. No signature is checked, as Graph alone believes the token.
"""

import base64
import binascii

import msgspec

_EVERY_PRINCIPAL = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""Stands in `wids` of each principal, and is no role."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims that decide what Graph lets its holder do."""

    roles: list[str] = []  # application permissions
    scp: str | None = None  # delegated permissions, between blanks; an app has none
    wids: list[str] | None = None  # template ids of directory roles

    @property
    def directory_roles(self) -> frozenset[str] | None:
        """The template ids of the directory roles that the holder has; None where not told."""
        if self.wids is None:
            return None
        return frozenset(role.lower() for role in self.wids) - {_EVERY_PRINCIPAL}


def claims_of(token: str) -> Claims | None:
    """The claims of *token*; None where it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=Claims)
    except (binascii.Error, ValueError):
        return None
