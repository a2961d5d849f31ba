"""The tokens that prove a POST with rich content to be Graph's (change-notifications.md, 5.5)."""

import random
import uuid
from collections.abc import Iterable
from typing import Any

from heliograph.simulator.clock import Clock
from heliograph.simulator.switches import Switches
from heliograph.simulator.tokens import KeyRing

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
"""Microsoft Graph Change Tracking, in every tenant of every cloud."""

VERSIONS = ("1.0", "2.0")

_LIFE_SECONDS = 24 * 3600 + 300
_KEPT_SECONDS = 3600


class ValidationTokens:
    """Makes the tokens, in turn of the old form and the new, and uses each for an hour."""

    def __init__(self, keys: KeyRing, clock: Clock, switches: Switches, *, seed: int) -> None:
        self._keys = keys
        self._clock = clock
        self._switches = switches
        self._random = random.Random(f"{seed}/tokens")  # noqa: S311 (repeatable, guards nothing)
        self._made: dict[tuple[str, str, str], tuple[float, str]] = {}

    def forget(self) -> None:
        """Make new ones from now on: the keys have changed."""
        self._made.clear()

    def of(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """One token for each distinct pair of app and tenant."""
        version: str = self._switches.validation_tokens
        if version == "both":
            version = self._random.choice(VERSIONS)
        return [self._token(app, tenant, version) for app, tenant in dict.fromkeys(pairs)]

    def claims(self, app: str, tenant: str, version: str) -> dict[str, Any]:
        """What a genuine token claims now."""
        now = int(self._clock.now().timestamp())
        own = {"aud": app, "tid": tenant, "iat": now, "nbf": now, "exp": now + _LIFE_SECONDS}
        rest = {"aio": "E2NgYA==", "uti": uuid.uuid4().hex, "rh": "0.AAAA", "ver": version}
        subject = str(uuid.uuid5(uuid.NAMESPACE_URL, tenant))
        if version == "1.0":
            issuer = f"https://sts.windows.net/{tenant}/"
            publisher = {"appid": PUBLISHER, "appidacr": "2", "idp": issuer}
        else:
            issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
            publisher = {"azp": PUBLISHER, "azpacr": "2"}
        return {**own, **rest, **publisher, "iss": issuer, "oid": subject, "sub": subject}

    def _token(self, app: str, tenant: str, version: str) -> str:
        now = self._clock.now().timestamp()
        made, token = self._made.get((app, tenant, version), (0.0, ""))
        if not token or now - made > _KEPT_SECONDS:
            token = self._keys.sign(self.claims(app, tenant, version))
            self._made[app, tenant, version] = (now, token)
        return token
