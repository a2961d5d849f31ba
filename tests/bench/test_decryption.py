"""Rich notifications decrypted per second and core, beside the bare private operation of RSA."""

import os
import statistics
import time
from base64 import b64encode
from collections.abc import Callable
from hmac import digest

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.padding import PKCS7

from heliograph.encryption import decrypt
from heliograph.notifications import EncryptedContent
from tests.bench.report import Row, report

ROUNDS = 7
EACH = 300
RESOURCE = b'{"subject":"' + b"x" * 1_000 + b'"}'
PADDING = OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303 (the wire format of Graph)

pytestmark = [pytest.mark.bench, pytest.mark.timeout(120)]


def test_decryption() -> None:
    """RSA-2048, one thread."""
    key = rsa.generate_private_key(65537, 2048)
    secret = os.urandom(32)
    wrapped = key.public_key().encrypt(secret, PADDING)
    content = _encrypted(secret, wrapped)
    assert decrypt(content, key) == RESOURCE
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_rate(lambda: key.decrypt(wrapped, PADDING)))
        ours.append(_rate(lambda: decrypt(content, key)))
    value, baseline = statistics.median(ours), statistics.median(bare)
    ratio = value / baseline
    report(
        Row(
            name="rich notifications decrypted",
            value=value,
            unit="/s",
            baseline=baseline,
            ratio=ratio,
            target="0.85 of bare RSA-2048",
            ok=ratio >= 0.85,
        )
    )


def _rate(act: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    for _ in range(EACH):
        act()
    return EACH / (time.perf_counter() - started)


def _encrypted(secret: bytes, wrapped: bytes) -> EncryptedContent:
    padder = PKCS7(128).padder()
    padded = padder.update(RESOURCE) + padder.finalize()
    encryptor = Cipher(AES256(secret), CBC(secret[:16])).encryptor()
    data = encryptor.update(padded) + encryptor.finalize()
    return EncryptedContent(
        data=b64encode(data).decode(),
        data_key=b64encode(wrapped).decode(),
        data_signature=b64encode(digest(secret, data, "sha256")).decode(),
        encryption_certificate_id="k",
    )
