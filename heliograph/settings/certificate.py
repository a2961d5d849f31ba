"""A certificate and its private key, out of what a file or a variable holds.

The settings look at it, so that `check` tells what is wrong; the Graph client signs with it.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs12

from heliograph.settings.parse import Expected

_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate as PEM, and the key that it certifies."""

    certificate: str
    private_key: RSAPrivateKey = field(repr=False)
    thumbprint: str
    """SHA-256 of the certificate, in hexadecimal, as the Entra admin centre shows it."""
    begins: datetime
    ends: datetime


def read_key_pair(content: bytes, password: str = "") -> KeyPair:
    """The pair in *content*: PEM in any order, PFX, or PFX in base64.

    Raises Expected, which never shows any of it.
    """
    is_pem = b"-----BEGIN " in content
    key, certificates = (_of_pem if is_pem else _of_pfx)(content, password.encode() or None)
    if not isinstance(key, RSAPrivateKey):
        raise Expected("a certificate with an RSA key, as Entra takes no other")
    for certificate in certificates:
        if certificate.public_key() == key.public_key():
            return _pair(key, certificate)
    raise Expected("a private key together with its own certificate")


def _pair(key: RSAPrivateKey, certificate: x509.Certificate) -> KeyPair:
    return KeyPair(
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        private_key=key,
        thumbprint=certificate.fingerprint(SHA256()).hex().upper(),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
    )


def _of_pem(
    content: bytes, password: bytes | None
) -> tuple[PrivateKeyTypes, Sequence[x509.Certificate]]:
    found = _PEM_KEY.search(content)
    if found is None:
        raise Expected("a private key beside the certificate")
    is_sealed = b"ENCRYPTED" in found[0]
    if is_sealed and not password:
        raise Expected("a certificate_password for the encrypted private key")
    try:
        key = load_pem_private_key(found[0], password if is_sealed else None)
        return key, x509.load_pem_x509_certificates(content)
    except (ValueError, TypeError) as error:
        raise Expected("a PEM certificate and its private key that can be read") from error


def _of_pfx(
    content: bytes, password: bytes | None
) -> tuple[PrivateKeyTypes | None, Sequence[x509.Certificate]]:
    try:
        der = content if content[:1] == b"\x30" else base64.b64decode(content, validate=True)
        key, certificate, others = pkcs12.load_key_and_certificates(der, password)
    except ValueError as error:
        raise Expected("PEM or PFX with a certificate, and the password it needs") from error
    if key is None or certificate is None:
        raise Expected("a certificate together with its private key")
    return key, [certificate, *others]
