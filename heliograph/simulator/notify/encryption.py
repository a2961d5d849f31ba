"""How Graph encrypts the content of rich notifications (change-notifications.md, 5.2)."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from heliograph.simulator.notify.registry import Certificate

_OAEP = padding.OAEP(
    mgf=padding.MGF1(hashes.SHA1()),  # noqa: S303 (what Graph uses)
    algorithm=hashes.SHA1(),  # noqa: S303 (what Graph uses)
    label=None,
)


def encrypted(content: bytes, certificate: Certificate) -> dict[str, str]:
    """The `encryptedContent` that holds *content* for the owner of *certificate*."""
    public = certificate.parsed.public_key()
    assert isinstance(public, rsa.RSAPublicKey), "other keys are refused at creation"  # noqa: S101 (a mistake of ours)
    key = os.urandom(32)
    data = ciphertext(content, key)
    return {
        "data": _text(data),
        "dataKey": _text(public.encrypt(key, _OAEP)),
        "dataSignature": _text(hmac.digest(key, data, "sha256")),
        "encryptionCertificateId": certificate.id,
        "encryptionCertificateThumbprint": thumbprint(certificate),
    }


def ciphertext(content: bytes, key: bytes) -> bytes:
    """*content* under AES-CBC; the first half of the *key* is the initialization vector, too."""
    padder = PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return cipher.update(padded) + cipher.finalize()


def thumbprint(certificate: Certificate) -> str:
    """SHA-1 of the certificate's DER, as upper case hex."""
    der = certificate.parsed.public_bytes(serialization.Encoding.DER)
    return hashlib.sha1(der).hexdigest().upper()  # noqa: S324 (what Graph uses)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
