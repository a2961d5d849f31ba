"""Against a published vector of Microsoft's own SDK, and one computed for the protocol reference."""

import json
from base64 import b64decode, b64encode
from hmac import digest
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from heliograph import encryption
from heliograph.encryption import decrypt, decrypt_with
from heliograph.errors import DecryptionFailed, EncryptionKeyUnknown
from heliograph.notifications import EncryptedContent

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "rich_chat_message.json").read_text("utf-8")
)
GENUINE = msgspec.convert(VECTOR["encryptedContent"], EncryptedContent)
SECRET = bytes(range(32))
SMALL_DATA = "osWmaJnsY5U78hzX/KXuWaF31E+I401AfhTJf29jchU="
SMALL_SIGNATURE = "atOPH+zjh8EGufvMka7skcDyGvpW+je/sttoGe5vJAY="


@pytest.fixture(scope="module")
def sdk_key() -> RSAPrivateKey:
    key, _, _ = load_key_and_certificates(b64decode(VECTOR["pfx"]), b"rich")
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def ciphers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What AES was asked to do."""
    asked: list[tuple[Any, ...]] = []

    def spy(*args: Any) -> Any:
        asked.append(args)
        return Cipher(*args)

    monkeypatch.setattr(encryption, "Cipher", spy)
    return asked


def wrapped(secret: bytes, key: RSAPrivateKey) -> str:
    sha1 = SHA1()  # noqa: S303 (the wire format of Graph)
    oaep = OAEP(mgf=MGF1(sha1), algorithm=sha1, label=None)
    return b64encode(key.public_key().encrypt(secret, oaep)).decode()


def small(key: RSAPrivateKey, *, secret: bytes = SECRET, **fields: Any) -> EncryptedContent:
    content = EncryptedContent(
        data=SMALL_DATA,
        data_key=wrapped(secret, key),
        data_signature=SMALL_SIGNATURE,
        encryption_certificate_id="cert-1",
    )
    return msgspec.structs.replace(content, **fields)


def signed(key: RSAPrivateKey, data: bytes) -> EncryptedContent:
    """Content whose signature holds, whatever *data* is."""
    signature = b64encode(digest(SECRET, data, "sha256")).decode()
    return small(key, data=b64encode(data).decode(), data_signature=signature)


def flipped(encoded: str, position: int) -> str:
    raw = bytearray(b64decode(encoded))
    raw[position] ^= 0x01
    return b64encode(raw).decode()


def test_content_of_the_sdk_is_decrypted(sdk_key: RSAPrivateKey) -> None:
    plain = json.loads(decrypt(GENUINE, sdk_key))
    assert plain["body"]["content"] == "Hello World"
    assert plain["etag"] == "1625126194597"


def test_small_content_is_decrypted(key: RSAPrivateKey) -> None:
    assert decrypt(small(key), key) == b'{"id":"1","subject":"hi"}'


@pytest.mark.parametrize("field", ["data", "data_signature", "data_key"])
def test_s06_every_flipped_byte_is_refused_before_anything_is_decrypted(
    key: RSAPrivateKey, ciphers: list[tuple[Any, ...]], field: str
) -> None:
    content = small(key)
    encoded = getattr(content, field)
    for position in range(len(b64decode(encoded))):
        tampered = msgspec.structs.replace(content, **{field: flipped(encoded, position)})
        with pytest.raises(DecryptionFailed, match="expected content encrypted for this key"):
            decrypt(tampered, key)
    assert ciphers == []


def test_s06_every_flipped_byte_of_the_sdks_data_is_refused(
    sdk_key: RSAPrivateKey, ciphers: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One RSA operation for all of them: the wrapped key is not what is tampered with."""
    secret = sdk_key.decrypt(b64decode(GENUINE.data_key), encryption._OAEP)

    class Unwrapped:
        def decrypt(self, *_: object) -> bytes:
            return secret

    for position in range(len(b64decode(GENUINE.data))):
        tampered = msgspec.structs.replace(GENUINE, data=flipped(GENUINE.data, position))
        with pytest.raises(DecryptionFailed):
            decrypt(tampered, Unwrapped())  # type: ignore[arg-type]  # only decrypt is used
    assert ciphers == []


@pytest.mark.parametrize(
    "fields",
    [
        {"data": "?"},
        {"data_key": "not base64!"},
        {"data_signature": ""},
        {"data": ""},
        {"data": SMALL_DATA + "\n"},
        {"data_signature": SMALL_SIGNATURE[:-4]},
    ],
    ids=str,
)
def test_s06_malformed_content_is_refused_with_the_one_error(
    key: RSAPrivateKey, ciphers: list[tuple[Any, ...]], fields: dict[str, Any]
) -> None:
    with pytest.raises(DecryptionFailed, match="expected content encrypted for this key"):
        decrypt(small(key, **fields), key)
    assert ciphers == []


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33, 64])
def test_s06_keys_of_another_length_are_refused(
    key: RSAPrivateKey, ciphers: list[tuple[Any, ...]], length: int
) -> None:
    secret = bytes(length)
    signature = b64encode(digest(secret, b64decode(SMALL_DATA), "sha256")).decode()
    with pytest.raises(DecryptionFailed):
        decrypt(small(key, secret=secret, data_signature=signature), key)
    assert ciphers == []


def test_s06_wrong_padding_and_length_give_the_one_error(key: RSAPrivateKey) -> None:
    encryptor = Cipher(AES(SECRET), CBC(SECRET[:16])).encryptor()
    unpadded = encryptor.update(b"sixteen bytes ..") + encryptor.finalize()
    texts = set()
    for data in (unpadded, unpadded[:15], b""):
        with pytest.raises(DecryptionFailed) as failed:
            decrypt(signed(key, data), key)
        texts.add(str(failed.value))
        assert failed.value.__cause__ is None
    assert len(texts) == 1


def test_another_key_is_refused(sdk_key: RSAPrivateKey, key: RSAPrivateKey) -> None:
    with pytest.raises(DecryptionFailed):
        decrypt(small(key), sdk_key)


def test_key_is_chosen_by_its_id(sdk_key: RSAPrivateKey, key: RSAPrivateKey) -> None:
    keys = {"custom-id-for-testing": sdk_key, "cert-1": key}
    assert decrypt_with(small(key), keys) == b'{"id":"1","subject":"hi"}'
    assert decrypt_with(GENUINE, keys).startswith(b'{"@odata.context"')


@pytest.mark.parametrize(
    "name", ["", "cert-2", "../../etc/passwd", "https://vault.example/keys/1", "x" * 10_240]
)
def test_s07_certificate_ids_only_choose_from_the_fixed_map(key: RSAPrivateKey, name: str) -> None:
    with pytest.raises(EncryptionKeyUnknown) as failed:
        decrypt_with(small(key, encryption_certificate_id=name), {"cert-1": key})
    assert not name or name not in str(failed.value)
