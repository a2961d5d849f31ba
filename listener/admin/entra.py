"""Access tokens of Entra: for our audience, of our tenant, with an app role of the admin API.

Signature, algorithm, headers and times are checked as those of validation tokens are.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from heliograph.errors import TokenInvalid
from heliograph.settings import AdminRole
from heliograph.signing_keys import SigningKeys
from heliograph.validation_tokens import Claims, kid_of, signed, trusted
from listener.admin.access import Caller, roles_of

ROLES: Mapping[str, AdminRole] = {"Heliograph.Read": "read", "Heliograph.Write": "write"}
"""App roles, as the app registration of the admin API must define them."""

log = structlog.get_logger()


class AccessClaims(Claims, frozen=True, kw_only=True):
    """What an access token says besides."""

    roles: tuple[str, ...] = ()
    oid: str = ""
    sub: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraTokens:
    """Reads access tokens that Entra issued for *audience* in the tenant *tenant_id*."""

    keys: SigningKeys
    issuers: Mapping[str, str]
    audience: str
    tenant_id: str
    clock: Callable[[], float] = time.time

    async def __call__(self, token: str) -> Caller | None:
        """Whom *token* stands for, None where it proves nothing. Raises Unavailable."""
        try:
            kid = kid_of(token)
            key = await self.keys.get(kid)
            keys = {} if key is None else {kid: key}
            claims = signed(token, keys=keys, type_=AccessClaims)
            trusted(
                claims,
                audiences=(self.audience,),
                tenant_id=self.tenant_id,
                issuers=self.issuers,
                now=int(self.clock()),
            )
        except TokenInvalid as error:
            log.warning("admin.token_refused", reason=error.reason)
            return None
        roles = [roles_of(ROLES[role]) for role in claims.roles if role in ROLES]
        who = claims.oid or claims.sub or claims.appid or claims.azp or "unknown"
        return Caller(name=f"entra:{who}", roles=frozenset().union(*roles))
