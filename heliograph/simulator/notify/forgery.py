"""What an attacker may send: notifications that are not Graph's, made from one that is.

Each kind is one lie; everything else in it is as it should be (change-notifications.md, 5.5).
"""

import base64
import copy
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from heliograph.simulator.notify.deliveries import Delivery
from heliograph.simulator.notify.validation import ValidationTokens
from heliograph.simulator.tokens import KeyRing

Item = dict[str, Any]
Claims = dict[str, Any]

_STRANGER = "00000000-0000-4000-8000-00000000bad0"


class Forger:
    """Makes the collections that a receiver must not believe."""

    def __init__(self, keys: KeyRing, tokens: ValidationTokens) -> None:
        self._keys = keys
        self._tokens = tokens

    def forged(self, kind: str, genuine: Delivery) -> Mapping[str, Any] | None:
        """The lie of *kind* about *genuine*; None where there is nothing in it to lie about."""
        item = copy.deepcopy(genuine.body)
        if kind in _ITEMS:
            _ITEMS[kind](item)
            return self._collection(item, self._genuine(genuine))
        if genuine.signed_for is None or "encryptedContent" not in item:
            return None
        if kind in _CONTENTS:
            _CONTENTS[kind](item["encryptedContent"])
            return self._collection(item, self._genuine(genuine))
        return self._collection(item, self._forged_tokens(kind, genuine.signed_for))

    def _genuine(self, genuine: Delivery) -> list[str]:
        return self._tokens.of([genuine.signed_for]) if genuine.signed_for else []

    def _forged_tokens(self, kind: str, pair: tuple[str, str]) -> list[str]:
        if kind == "no_tokens":
            return []
        claims = self._tokens.claims(*pair, "2.0" if len(kind) % 2 else "1.0")
        if kind == "unsigned":
            return [jwt.encode(claims, key="", algorithm="none")]
        if kind == "foreign_key":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return [self._keys.sign(claims, key=key)]
        _CLAIMS[kind](claims)
        return [self._keys.sign(claims)]

    def _collection(self, item: Item, tokens: list[str]) -> Mapping[str, Any]:
        return {"value": [item], "validationTokens": tokens} if tokens else {"value": [item]}


def _other_state(item: Item) -> None:
    item["clientState"] = "guessed"


def _other_subscription(item: Item) -> None:
    item["subscriptionId"] = str(uuid.uuid4())


def _other_tenant(item: Item) -> None:
    item["tenantId"] = _STRANGER


def _break_signature(content: Item) -> None:
    raw = bytearray(base64.b64decode(content["dataSignature"]))
    raw[0] ^= 1
    content["dataSignature"] = base64.b64encode(raw).decode()


def _break_data(content: Item) -> None:
    raw = bytearray(base64.b64decode(content["data"]))
    raw[-1] ^= 1
    content["data"] = base64.b64encode(raw).decode()


def _other_certificate(content: Item) -> None:
    content["encryptionCertificateId"] = "unknown"


def _expired(claims: Claims) -> None:
    for name in ("iat", "nbf", "exp"):
        claims[name] -= 3 * 24 * 3600


def _other_audience(claims: Claims) -> None:
    claims["aud"] = _STRANGER


def _other_publisher(claims: Claims) -> None:
    claims["azp" if "azp" in claims else "appid"] = _STRANGER


def _token_of_another_tenant(claims: Claims) -> None:
    claims["iss"] = claims["iss"].replace(claims["tid"], _STRANGER)
    claims["tid"] = _STRANGER


def _other_issuer(claims: Claims) -> None:
    claims["iss"] = f"https://login.example.com/{claims['tid']}/v2.0"


_ITEMS: Mapping[str, Callable[[Item], None]] = {
    "client_state": _other_state,
    "subscription_id": _other_subscription,
    "tenant": _other_tenant,
}
_CONTENTS: Mapping[str, Callable[[Item], None]] = {
    "signature": _break_signature,
    "data": _break_data,
    "certificate_id": _other_certificate,
}
_CLAIMS: Mapping[str, Callable[[Claims], None]] = {
    "expired": _expired,
    "audience": _other_audience,
    "publisher": _other_publisher,
    "token_tenant": _token_of_another_tenant,
    "issuer": _other_issuer,
}
