"""Tokens of signed-in users, from the refresh tokens that `heliograph login` has left.

Where those are kept is the affair of `SignIns`; without it nobody is signed in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msal  # type: ignore[import-untyped]  # MSAL ships no types
import msgspec

from heliograph.errors import Unauthenticated
from heliograph.graph.auth.entra import asking, granted, registration
from heliograph.graph.auth.http import session
from heliograph.graph.auth.tokens import Granted, Tokens, TokenSource, beside_the_loop
from heliograph.graph.clouds import endpoints
from heliograph.settings import Tenant


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a user has left by signing in: a refresh token, and what it was granted for."""

    tenant_id: str
    user_id: str
    user_name: str
    """The user principal name at the time, for people."""
    permissions: tuple[str, ...]
    signed_in_at: int  # milliseconds since 1970
    refresh_token: str

    def is_of(self, user: str) -> bool:
        """Is *user* its user, by id or name?"""
        return user.lower() in {self.user_id, self.user_name.lower()}

    def __repr__(self) -> str:
        return f"SignIn(tenant_id={self.tenant_id!r}, user_id={self.user_id!r})"


class SignIns(Protocol):
    """Keeps the sign-ins of all tenants. Raises QueueUnavailable where it cannot be asked."""

    async def find(self, tenant_id: str, user: str | None) -> SignIn | None:
        """That of *user*, by id or name; where it is None, the newest one."""

    async def renew(self, sign_in: SignIn) -> None:
        """Keeps a newer refresh token, unless the user has been signed out meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A signed-in user: whence the tokens come, and what they are lent for."""

    tokens: TokenSource
    permissions: tuple[str, ...]


class UserTokens:
    """The signed-in users of one tenant, and their tokens."""

    def __init__(self, tenant: Tenant, sign_ins: SignIns) -> None:
        self._tenant = tenant
        self._sign_ins = sign_ins
        self._of: dict[tuple[str, int], Tokens] = {}

    async def of(self, user: str | None) -> SignedIn | None:
        """*user*, by id or name, or whoever has signed in last; None where nobody has.

        Looks anew each time, so that signing out, or in again, counts at once.
        """
        found = await self._sign_ins.find(self._tenant.tenant_id, user)
        if found is None:
            return None
        key = found.user_id, found.signed_in_at
        if key not in self._of:
            self._of[key] = Tokens(partial(self._ask, found.user_id))
        return SignedIn(tokens=self._of[key], permissions=found.permissions)

    async def _ask(self, user_id: str) -> Granted:
        """A token for the refresh token that is kept now: another process may have renewed it."""
        again = f"sign in again: `heliograph login {self._tenant.name}`"
        sign_in = await self._sign_ins.find(self._tenant.tenant_id, user_id)
        if sign_in is None:
            raise Unauthenticated(f"no token: the user has signed out; {again}", status=401)
        answer = await beside_the_loop(partial(_refreshed, self._tenant, sign_in))
        if isinstance(newer := answer.get("refresh_token"), str):
            await self._sign_ins.renew(msgspec.structs.replace(sign_in, refresh_token=newer))
        try:
            return granted(answer)
        except Unauthenticated as error:
            raise Unauthenticated(f"{error}; {again}", status=401, code=error.code) from error


def public_app(tenant: Tenant, http: object) -> Any:  # noqa: ANN401 (MSAL has no types)
    """The app registration as users sign in to it: Entra wants no secret there."""
    return msal.PublicClientApplication(http_client=http, **registration(tenant))


def scopes(tenant: Tenant, permissions: Iterable[str]) -> list[str]:
    """*permissions* as Entra wants them named."""
    graph = endpoints(tenant).scope.removesuffix("/.default")
    return [f"{graph}/{permission}" for permission in permissions]


def _refreshed(tenant: Tenant, sign_in: SignIn) -> Mapping[str, object]:
    with asking(), session(tenant.ca_file) as http:
        answer: Mapping[str, object] = public_app(tenant, http).acquire_token_by_refresh_token(
            sign_in.refresh_token, scopes(tenant, sign_in.permissions)
        )
    return answer
