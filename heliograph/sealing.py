"""Keys derived from the root secret, and the seal under which records lie in Redis.

A sealed record opens only under the name of the place it was sealed for, so that who can write to
Redis can neither make one nor move one. Two root secrets may be valid at once: the newest seals.
"""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from heliograph.errors import RecordUnknown, SealBroken

ROOT_BYTES = 32

_VERSION = b"\x01"
_LATEST_VERSION = b"\x0f"
_NONCE_BYTES = 12
_NONCES_AT_ONCE = 256
_TAG_BYTES = 16
_KEY_ID_BYTES = 2
_HEAD_BYTES = len(_VERSION) + _KEY_ID_BYTES
_SHORTEST = _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES


def derive(root: bytes, purpose: str) -> bytes:
    """32 bytes for one *purpose*, by HKDF-SHA256 (RFC 5869). Reveals nothing of the others."""
    info = b"heliograph/" + purpose.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root)


class Sealer:
    """Seals and opens records: version, key id, nonce, then AES-256-GCM bound to the place."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        """*roots* are root secrets, newest first; each at least 32 bytes."""
        if not roots or any(len(root) < ROOT_BYTES for root in roots):
            raise ValueError(f"expected root secrets of at least {ROOT_BYTES} bytes")
        self._ciphers = {_key_id(root): AESGCM(derive(root, "seal")) for root in roots}
        newest = _key_id(roots[0])
        self._head = _VERSION + newest
        self._seal = self._ciphers[newest].encrypt
        self._nonces = _Nonces()

    def seal(self, record: bytes, place: str) -> bytes:
        """*record* as it may lie in Redis under *place*, and nowhere else."""
        nonce = self._nonces.next()
        return self._head + nonce + self._seal(nonce, record, place.encode())

    def is_newest(self, sealed: bytes) -> bool:
        """Whether *sealed* says that the newest root secret sealed it."""
        return sealed.startswith(self._head)

    def open(self, sealed: bytes, place: str) -> bytes:
        """The record that was sealed for *place*. Raises SealBroken for anything else.

        RecordUnknown where a process with other root secrets, or a newer one, might open it.
        """
        cipher = self._ciphers.get(sealed[1:_HEAD_BYTES]) if sealed[:1] == _VERSION else None
        if cipher is None:
            error = RecordUnknown if _may_be_ours(sealed) else SealBroken
            raise error("expected a record sealed with a root secret of ours, got another")
        nonce = sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken("expected a record sealed for this place, got another") from error


class _Nonces:
    """Random nonces, many drawn at once: a system call for each costs more than a seal."""

    def __init__(self) -> None:
        self._forget()
        # A forked child would seal other records under the same nonces, which breaks AES-GCM.
        os.register_at_fork(after_in_child=self._forget)

    def next(self) -> bytes:
        """A nonce that nobody had before. Safe in threads: a pop is atomic."""
        try:
            return self._drawn.pop()
        except IndexError:
            drawn = os.urandom(_NONCE_BYTES * _NONCES_AT_ONCE)
            first, *rest = (
                drawn[at : at + _NONCE_BYTES] for at in range(0, len(drawn), _NONCE_BYTES)
            )
            self._drawn += rest
            return first

    def _forget(self) -> None:
        self._drawn: list[bytes] = []


def _may_be_ours(sealed: bytes) -> bool:
    """Whether *sealed* has the shape of a record of another root secret, or of a later version."""
    return len(sealed) >= _SHORTEST and _VERSION <= sealed[:1] <= _LATEST_VERSION


def _key_id(root: bytes) -> bytes:
    return derive(root, "seal id")[:_KEY_ID_BYTES]
