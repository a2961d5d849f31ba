"""RSA keys for rich notifications: made by the keeper on first need, sealed in Redis.

Graph encrypts for the certificate; the workers hold the private keys, as a fixed map by id. How
content is decrypted stands in `encryption`.
"""

import asyncio
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import uuid4

import msgspec
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID
from redis.asyncio import Redis

from heliograph.errors import SealBroken
from heliograph.lanes import Lane
from heliograph.registrations import asking
from heliograph.sealing import Sealer

KEY = "heliograph:{registry}:keys"
IDLE_KEY = "heliograph:{registry}:keys:idle"

LANE = Lane(tenant="", kind="heliograph", id="keys")
"""A look at it tells which keys there are: they are told as changes of our own."""

BITS = 2_048
CERTIFICATE_LASTS = timedelta(days=5 * 365)
READ_AGAIN_AFTER_SECONDS = 5.0
"""Unknown ids may come from a forger, so that they make Redis be asked no more often than this.

What was found does not count: a key that is new is found at once, however soon after another.
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKey:
    """One key: *id* is the `encryptionCertificateId`, *certificate* what Graph encrypts for."""

    id: str
    certificate: str  # base64 of the DER, as Graph wants it
    created_at: int  # milliseconds since 1970
    made_by: str = "keeper"
    private: RSAPrivateKey = field(repr=False)

    @property
    def expires_at(self) -> datetime:
        """The end of the certificate."""
        return x509.load_der_x509_certificate(b64decode(self.certificate)).not_valid_after_utc


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    created_at: int
    certificate: bytes
    private: bytes
    version: int = 1
    made_by: str = "keeper"


class EncryptionKeys:
    """The keys of a deployment. All methods raise QueueUnavailable."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._private: dict[str, RSAPrivateKey] = {}
        self._missed_at = float("-inf")
        self._reading = asyncio.Lock()
        self._making = asyncio.Lock()

    async def current(self) -> EncryptionKey:
        """The newest key; where there is none, one is made. For the keeper alone."""
        async with self._making:  # many subscriptions are made at once, and need one key
            if keys := await self.all():
                return keys[-1]
            key = await asyncio.to_thread(make_key, datetime.now(UTC))
            await self.put(key)
            log.info("keys.made", key_id=key.id, bits=BITS)
            return key

    async def private_keys(self, wanted: str | None = None) -> Mapping[str, RSAPrivateKey]:
        """The private keys by id, from memory; read again where *wanted* is not among them."""
        if not self._private or (wanted is not None and wanted not in self._private):
            async with self._reading:
                is_there = wanted is not None and wanted in self._private  # others asked as well
                if not is_there and time.monotonic() - self._missed_at > READ_AGAIN_AFTER_SECONDS:
                    self._private = {key.id: key.private for key in await self.all()}
                    if wanted is not None and wanted not in self._private:
                        self._missed_at = time.monotonic()
        return MappingProxyType(self._private)

    async def all(self) -> list[EncryptionKey]:
        """Every key that can be opened, oldest first."""
        with asking():
            records: dict[bytes, bytes] = await self._redis.execute_command("HGETALL", KEY)
        keys = [self._open(name.decode(errors="replace"), r) for name, r in records.items()]
        return sorted(filter(None, keys), key=lambda key: (key.created_at, key.id))

    async def put(self, key: EncryptionKey) -> None:
        """Keeps *key*, sealed."""
        record = _Record(
            made_by=key.made_by,
            created_at=key.created_at,
            certificate=key.certificate.encode(),
            private=key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )
        sealed = self._sealer.seal(msgspec.msgpack.encode(record), _place(key.id))
        with asking():
            await self._redis.execute_command("HSET", KEY, key.id, sealed)

    async def seal_anew(self) -> None:
        """Seals with the newest root secret what an older one has sealed."""
        with asking():
            records: dict[bytes, bytes] = await self._redis.execute_command("HGETALL", KEY)
        for name, sealed in records.items():
            if self._sealer.is_newest(sealed):
                continue
            if (key := self._open(name.decode(errors="replace"), sealed)) is not None:
                await self.put(key)

    async def remove(self, id_: str) -> None:
        """Forgets the key *id_*: what was encrypted for it can never be read again."""
        with asking():
            await self._redis.execute_command("HDEL", KEY, id_)
            await self._redis.execute_command("HDEL", IDLE_KEY, id_)

    async def idle(self) -> dict[str, int]:
        """Since when (ms since 1970) nothing names a key, as it was taken down last."""
        with asking():
            found: dict[bytes, bytes] = await self._redis.execute_command("HGETALL", IDLE_KEY)
        return {id_.decode(errors="replace"): int(at) for id_, at in found.items()}

    async def put_idle(self, since: Mapping[str, int]) -> None:
        """Takes down since when nothing names a key, in place of what was known."""
        with asking():
            # In order, and no transaction: without an entry a key only begins to wait anew.
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.delete(IDLE_KEY)
                if since:
                    pipe.hset(IDLE_KEY, mapping=dict(since))
                await pipe.execute()

    def _open(self, id_: str, sealed: bytes) -> EncryptionKey | None:
        """One that was not made by us is reported, and stops nobody from using the others."""
        try:
            record = msgspec.msgpack.decode(self._sealer.open(sealed, _place(id_)), type=_Record)
            private = _private_key(record.private)
        except (SealBroken, msgspec.DecodeError, ValueError) as error:
            log.warning("keys.unreadable", key_id=id_[:64], reason=type(error).__name__)
            return None
        return EncryptionKey(
            id=id_,
            certificate=record.certificate.decode(),
            created_at=record.created_at,
            made_by=record.made_by,
            private=private,
        )


def make_key(now: datetime, *, bits: int = BITS, made_by: str = "keeper") -> EncryptionKey:
    """A new key with a self-signed certificate. Takes a while: not for the event loop."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "heliograph")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # Graph's clock may be behind ours
        .not_valid_after(now + CERTIFICATE_LASTS)
        .sign(private, SHA256())
    )
    return EncryptionKey(
        id=uuid4().hex,
        certificate=b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        created_at=round(now.timestamp() * 1000),
        made_by=made_by,
        private=private,
    )


def _private_key(der: bytes) -> RSAPrivateKey:
    key = load_der_private_key(der, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("expected an RSA key, got another kind")  # noqa: TRY004 (as for bad bytes)
    return key


def _place(id_: str) -> str:
    return f"{KEY}/{id_}"
