"""The keys of the simulated identity platform, and the tokens signed with them.

One set of keys signs access tokens for Graph and validation tokens for receivers, as Entra's does.
"""

import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from heliograph.simulator.clock import Clock

KEPT = 2
"""So many keys are published: the one in use and the one before."""

_REMEMBERED = 1_000


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


# A key takes a tenth of a second to make: all simulators of a process start with the same one.
_first_key = cache(_new_key)


class KeyRing:
    """Signs with the newest key and publishes it with the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []
        self._proved: dict[str, Mapping[str, Any]] = {}
        self._keys.append((uuid.uuid4().hex, _first_key()))
        self._oldest = 0

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._keys = [(uuid.uuid4().hex, _new_key()), *self._keys][:KEPT]

    def end_tokens(self) -> None:
        """Refuse all tokens that are out, as Entra does where access is evaluated continuously."""
        self._oldest = int(self._clock.now().timestamp()) + 1

    def sign(self, claims: Mapping[str, Any], *, key: rsa.RSAPrivateKey | None = None) -> str:
        """A token of *claims*; with a foreign *key* it names ours and proves nothing."""
        kid, ours = self._keys[0]
        # A token of the second in which the older ones ended is told apart by a later time.
        claims = {**claims, "iat": max(claims["iat"], self._oldest)}
        return jwt.encode(claims, key or ours, algorithm="RS256", headers={"kid": kid})

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """What a token of ours claims; None for any other, and for one out of its time."""
        claims = self._proved.get(token) or self._verify(token)
        now = self._clock.now().timestamp()
        if claims is None or not claims["nbf"] <= now + 60 or now >= claims["exp"]:
            return None
        if claims["iat"] < self._oldest:
            return None
        if len(self._proved) >= _REMEMBERED:
            self._proved.clear()
        self._proved[token] = claims
        return claims

    def published(self) -> list[dict[str, Any]]:
        """The public keys, as JSON Web Keys."""
        return [
            {
                **RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                "kid": kid,
                "x5t": kid,
                "use": "sig",
                "alg": "RS256",
            }
            for kid, key in self._keys
        ]

    def _verify(self, token: str) -> Mapping[str, Any] | None:
        for _, key in self._keys:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key.public_key(),
                    algorithms=["RS256"],
                    # The times are judged by the simulator's clock, not by the real one.
                    options={
                        "verify_exp": False,
                        "verify_nbf": False,
                        "verify_iat": False,
                        "verify_aud": False,
                        "require": ["exp", "nbf", "iat"],
                    },
                )
            except jwt.InvalidTokenError:
                continue
            return claims
        return None
