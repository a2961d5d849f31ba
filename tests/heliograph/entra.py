"""An Entra for tests: keys, and tokens that say what a test wants them to say."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f"
TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
NOW = 1_700_000_000


@cache
def key(name: str = "k1", bits: int = 2048) -> RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def claims(version: int = 1, **changes: Any) -> dict[str, Any]:
    """Those of a genuine token; a change to `...` leaves a claim out."""
    v1 = {"iss": f"https://sts.windows.net/{TENANT}/", "ver": "1.0", "appid": PUBLISHER}
    v2 = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "ver": "2.0",
        "azp": PUBLISHER,
    }
    common = {"aud": CLIENT, "tid": TENANT, "iat": NOW, "nbf": NOW, "exp": NOW + 86_700}
    said = {**common, **(v1 if version == 1 else v2), "aio": "x", "uti": "y", **changes}
    return {name: value for name, value in said.items() if value is not ...}


def segment(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(
    said: Mapping[str, Any] | bytes | None = None,
    *,
    kid: Any = "k1",
    signer: RSAPrivateKey | None = None,
    **header: Any,
) -> str:
    """*said* (by default what is genuine), signed; *header* adds to the token's header."""
    said = claims() if said is None else said
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    head = {"typ": "JWT", "alg": "RS256", "kid": kid, "x5t": kid, **header}
    head = {name: value for name, value in head.items() if value is not ...}
    signed = segment(json.dumps(head).encode()) + "." + segment(payload)
    signature = (signer or key(kid if isinstance(kid, str) else "k1")).sign(
        signed.encode(), PKCS1v15(), SHA256()
    )
    return f"{signed}.{segment(signature)}"


def jwks(*kids: str) -> bytes:
    """The published keys of these names."""
    return json.dumps({"keys": [_jwk(kid) for kid in kids]}).encode()


def _jwk(kid: str) -> dict[str, str]:
    numbers = key(kid).public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "n": segment(numbers.n.to_bytes(256, "big")),
        "e": segment(numbers.e.to_bytes(3, "big")),
    }
