"""The tokens themselves: what they claim of the app and of whoever has signed in."""

import base64
import json
import secrets
from typing import Any

from heliograph.simulator.entra.logins import Login
from heliograph.simulator.entra.scopes import OPENID, Scopes
from heliograph.simulator.store import Row
from heliograph.simulator.tenant import PERMISSIONS
from heliograph.simulator.world import World

TOKEN_SECONDS = 3_599


class Issuer:
    """Signs tokens for one tenant."""

    def __init__(self, world: World) -> None:
        self._world = world

    def app_token(self, *, proof: str = "1", lifetime: int = TOKEN_SECONDS) -> str:
        """An access token of the app for *lifetime* seconds; *proof*: how it has proved itself."""
        world = self._world
        roles = world.consent.app
        claims = world.tenant.access_claims(world.clock, roles=roles, lifetime=lifetime)
        return world.keys.sign({**claims, "appidacr": proof, "uti": secrets.token_urlsafe(16)})

    def user_token(self, login: Login, user: Row, *, names: tuple[str, ...], proof: str) -> str:
        """An access token of the app in the name of *user*, for the permissions *names*."""
        world, tenant = self._world, self._world.tenant
        claims = tenant.access_claims(world.clock, roles=(), lifetime=TOKEN_SECONDS)
        return world.keys.sign(
            {
                **{name: value for name, value in claims.items() if name != "roles"},
                **_profile(user),
                "acct": 0 if user.get("userType") != "Guest" else 1,
                "amr": ["pwd"],
                "appidacr": proof,
                "auth_time": int(login.at.timestamp()),
                "idtyp": "user",
                "oid": user["id"],
                "scp": " ".join(names),
                "sub": user["id"],
                "unique_name": user["userPrincipalName"],
                "upn": user["userPrincipalName"],
                "uti": secrets.token_urlsafe(16),
                "wids": world.directory.roles_of(user["id"]),
            }
        )

    def id_token(self, login: Login, user: Row) -> str:
        """Who has signed in, told to the app."""
        world, tenant = self._world, self._world.tenant
        now = int(world.clock.now().timestamp())
        nonce = {"nonce": login.nonce} if login.nonce else {}
        return world.keys.sign(
            {
                **_profile(user),
                **nonce,
                "aud": tenant.client_id,
                "email": user.get("mail") or user["userPrincipalName"],
                "exp": now + TOKEN_SECONDS,
                "iat": now,
                "iss": f"https://login.microsoftonline.com/{tenant.tenant_id}/v2.0",
                "nbf": now - 5,
                "oid": user["id"],
                "preferred_username": user["userPrincipalName"],
                "sub": user["id"],
                "tid": tenant.tenant_id,
                "uti": secrets.token_urlsafe(16),
                "ver": "2.0",
            }
        )

    def granted(self, scopes: Scopes) -> tuple[str, ...]:
        """The permissions that a token for *scopes* holds: those asked for, `.default` for all.

        Empty where one of them was not granted to the app.
        """
        consented = self._world.consent.delegated
        known = PERMISSIONS if consented is None else consented
        if consented is not None and not set(scopes.names) <= set(known):
            return ()
        openid = tuple(word for word in OPENID if word in scopes.words)
        everything = known if scopes.is_default else ()
        return tuple(dict.fromkeys((*scopes.names, *everything, *openid)))

    def client_info(self, user: Row) -> str:
        """What MSAL keeps its accounts by."""
        info = {"uid": user["id"], "utid": self._world.tenant.tenant_id}
        return base64.urlsafe_b64encode(json.dumps(info).encode()).decode().rstrip("=")


def _profile(user: Row) -> dict[str, Any]:
    return {
        "name": user["displayName"],
        "given_name": user.get("givenName"),
        "family_name": user.get("surname"),
    }
