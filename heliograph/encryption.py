"""Rich notifications: from what Graph encrypted to the resource data inside.

Only the worker decrypts, after the answer, so that no answer can tell about keys or padding.
https://learn.microsoft.com/graph/change-notifications-with-resource-data
"""

from base64 import b64decode
from collections.abc import Mapping
from hmac import compare_digest, digest

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.padding import PKCS7

from heliograph.errors import DecryptionFailed, EncryptionKeyUnknown
from heliograph.notifications import EncryptedContent

_KEY_BYTES = 32
_BLOCK_BYTES = 16

# Graph's format fixes SHA-1 here; OAEP does not rest on its collision resistance.
_SHA1 = SHA1()  # noqa: S303 (the wire format of Graph)
_OAEP = OAEP(mgf=MGF1(_SHA1), algorithm=_SHA1, label=None)


def decrypt(content: EncryptedContent, key: RSAPrivateKey) -> bytes:
    """The resource data inside *content*, as UTF-8 JSON.

    Raises DecryptionFailed, always with the same text: when *key* is not the one the sender used,
    and before anything is decrypted when the signature does not hold.
    """
    try:
        return _opened(content, key)
    except ValueError:
        # Neither the cause nor the text may tell a wrong key from a wrong padding.
        raise DecryptionFailed("expected content encrypted for this key, got other bytes") from None


def decrypt_with(content: EncryptedContent, keys: Mapping[str, RSAPrivateKey]) -> bytes:
    """What `decrypt` gives for the key that *content* names, one of the fixed map *keys*.

    Raises EncryptionKeyUnknown where no key bears that name; the name is used for nothing else.
    """
    key = keys.get(content.encryption_certificate_id)
    if key is None:
        raise EncryptionKeyUnknown(f"expected one of {len(keys)} known keys, got another name")
    return decrypt(content, key)


def _opened(content: EncryptedContent, key: RSAPrivateKey) -> bytes:
    data = b64decode(content.data, validate=True)
    secret = key.decrypt(b64decode(content.data_key, validate=True), _OAEP)
    signature = b64decode(content.data_signature, validate=True)
    if len(secret) != _KEY_BYTES:
        raise ValueError
    if not compare_digest(digest(secret, data, "sha256"), signature):
        raise ValueError
    decryptor = Cipher(AES256(secret), CBC(secret[:_BLOCK_BYTES])).decryptor()
    unpadder = PKCS7(_BLOCK_BYTES * 8).unpadder()
    padded = decryptor.update(data) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()
