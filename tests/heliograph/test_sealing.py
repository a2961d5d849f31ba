"""The seal: nobody who can write to Redis can make or move a record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import SealBroken
from heliograph.sealing import Sealer, derive

OLD, NEW = b"o" * 32, b"n" * 32


def test_derivation_is_hkdf_sha256() -> None:
    """RFC 5869 as OpenSSL computes it, with 32 times "o" as key and no salt.

    openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:6f6f... \
        -kdfopt info:heliograph/seal HKDF
    """
    expected = "33a9e5ba1bcbfe07a894bcf2d7223109a755bd4a598ed4a4b69c2e62b20a6b4b"
    assert derive(OLD, "seal").hex() == expected


@given(record=st.binary(max_size=200), place=st.text(max_size=20))
def test_sealed_record_opens_at_its_place(record: bytes, place: str) -> None:
    sealer = Sealer([NEW])
    assert sealer.open(sealer.seal(record, place), place) == record


def test_record_moved_to_another_place_is_refused() -> None:
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"x", "here"), "there")


def test_every_flipped_byte_is_refused() -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal(b"a record", "here")
    for index in range(len(sealed)):
        broken = bytearray(sealed)
        broken[index] ^= 1
        with pytest.raises(SealBroken):
            sealer.open(bytes(broken), "here")


def test_old_root_still_opens_and_the_newest_seals() -> None:
    sealed_before = Sealer([OLD]).seal(b"x", "here")
    both = Sealer([NEW, OLD])
    assert both.open(sealed_before, "here") == b"x"
    assert Sealer([NEW]).open(both.seal(b"y", "here"), "here") == b"y"


@pytest.mark.parametrize("foreign", [b"", b"\x01", b"\x80\x04pickle.", b'{"t":1}'])
def test_foreign_bytes_are_refused(foreign: bytes) -> None:
    with pytest.raises(SealBroken):
        Sealer([NEW]).open(foreign, "here")


def test_short_root_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer([b"short"])
