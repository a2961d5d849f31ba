"""A certificate authority of this process's own, and the server certificates that it issues.

Made at start and never kept: who trusts it, trusts it for one run.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL = ("localhost", "127.0.0.1", "::1")

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority: its own certificate as PEM, and its key as PEM."""

    certificate_pem: bytes
    key_pem: bytes

    @classmethod
    def create(cls, name: str = "Heliograph local authority") -> "Authority":
        """A new authority, valid for 30 days."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = _builder(subject, subject, key.public_key(), days=30)
        builder = _with_usage(builder, is_authority=True).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        certificate = builder.sign(key, hashes.SHA256())
        return cls(certificate_pem=_pem(certificate), key_pem=_key_pem(key))

    def issue(self, names: Iterable[str] = LOCAL) -> tuple[bytes, bytes]:
        """A server certificate for *names* (host names and addresses) and its key, as PEM."""
        wanted = tuple(names)
        authority = x509.load_pem_x509_certificate(self.certificate_pem)
        signer = self._key()
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(wanted[0]), authority.subject, key.public_key(), days=10)
        builder = _with_usage(builder, is_authority=False)
        for extension in (
            x509.SubjectAlternativeName([_general_name(name) for name in wanted]),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
        ):
            builder = builder.add_extension(extension, critical=False)
        return _pem(builder.sign(signer, hashes.SHA256())), _key_pem(key)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self.key_pem, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey), "an authority's key is of P-256"  # noqa: S101 (a mistake of ours)
        return key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + days * _DAY)
    )


def _with_usage(builder: x509.CertificateBuilder, *, is_authority: bool) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    constraints = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    return builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
