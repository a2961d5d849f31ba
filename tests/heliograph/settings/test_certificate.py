import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from heliograph.settings.certificate import read_key_pair
from heliograph.settings.parse import Expected
from tests.certificates import AppCertificate, an_app_certificate

Content = Callable[[AppCertificate, AppCertificate], bytes]
"""What the file holds, made of the app's certificate and another one."""


@pytest.fixture(scope="module")
def app() -> AppCertificate:
    return an_app_certificate()


@pytest.fixture(scope="module")
def other() -> AppCertificate:
    return an_app_certificate(name="other")


FORMS: dict[str, tuple[Content, str]] = {
    "certificate, then key": (lambda app, _: app.certificate_pem + app.key_pem(), ""),
    "key, then certificate": (lambda app, _: app.key_pem() + app.certificate_pem, ""),
    "a chain around it": (lambda app, o: o.certificate_pem + app.pem + o.certificate_pem, ""),
    "Windows line ends": (lambda app, _: app.pem.replace(b"\n", b"\r\n"), ""),
    "text before": (lambda app, _: b"Bag Attributes\n" + app.pem, ""),
    "an encrypted key": (lambda app, _: app.certificate_pem + app.key_pem("word"), "word"),
    "a needless password": (lambda app, _: app.pem, "word"),
    "PFX": (lambda app, _: app.pfx(), ""),
    "PFX with a password": (lambda app, _: app.pfx("word"), "word"),
    "PFX with a chain": (lambda app, o: app.pfx("word", (o.certificate,)), "word"),
    "PFX in base64": (lambda app, _: base64.b64encode(app.pfx("word")), "word"),
}


@pytest.mark.parametrize(("content", "password"), FORMS.values(), ids=FORMS.keys())
def test_every_usual_form_is_read(
    app: AppCertificate, other: AppCertificate, content: Content, password: str
) -> None:
    pair = read_key_pair(content(app, other), password)
    assert pair.certificate.encode() == app.certificate_pem
    assert pair.private_key.public_key() == app.key.public_key()


def test_the_thumbprint_is_the_sha256_of_the_certificate(app: AppCertificate) -> None:
    der = app.certificate.public_bytes(Encoding.DER)
    assert read_key_pair(app.pem).thumbprint == hashlib.sha256(der).hexdigest().upper()


def test_the_key_stays_out_of_the_repr(app: AppCertificate) -> None:
    assert "RSAPrivateKey" not in repr(read_key_pair(app.pem))


FAULTS: dict[str, tuple[Content, str]] = {
    "a private key beside the certificate": (lambda app, _: app.certificate_pem, ""),
    "with its own certificate": (lambda app, other: other.certificate_pem + app.key_pem(), ""),
    "a PEM certificate": (lambda app, _: app.key_pem(), ""),
    "a certificate_password": (lambda app, _: app.certificate_pem + app.key_pem("word"), ""),
    "that can be read": (lambda app, _: app.certificate_pem + app.key_pem("word"), "wrong"),
    "the password it needs": (lambda app, _: app.pfx("word"), "wrong"),
    "PEM or PFX": (lambda _, __: b"neither", ""),
    "with an RSA key": (lambda _, __: _elliptic().pem, ""),
}


@pytest.mark.parametrize(
    ("fault", "content", "password"), [(fault, *case) for fault, case in FAULTS.items()]
)
def test_what_cannot_be_used_is_told_without_showing_it(
    app: AppCertificate, other: AppCertificate, fault: str, content: Content, password: str
) -> None:
    with pytest.raises(Expected, match=fault) as expected:
        read_key_pair(content(app, other), password)
    assert "wrong" not in str(expected.value)
    assert "BEGIN" not in str(expected.value)


def _elliptic() -> AppCertificate:
    return an_app_certificate(key=ec.generate_private_key(ec.SECP256R1()))
