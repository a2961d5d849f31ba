import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.client_state import ClientStates

OLD, NEW = b"o" * 32, b"n" * 32
REGISTRATION = "0b6f6f2e5d6c4a3d9d6f3f4f8a7b6c5d"


def test_client_state_is_the_id_and_its_hmac() -> None:
    proof = urlsafe_b64encode(hmac.digest(NEW, REGISTRATION.encode(), "sha256")).rstrip(b"=")
    assert ClientStates([NEW]).make(REGISTRATION) == f"{REGISTRATION}.{proof.decode()}"


def test_client_state_stays_under_128_characters() -> None:
    states = ClientStates([NEW])
    assert len(states.make("x" * 83)) == 127
    with pytest.raises(ValueError, match="83"):
        states.make("x" * 84)


def test_client_state_proves_its_registration() -> None:
    states = ClientStates([NEW])
    assert states.proven(states.make(REGISTRATION)) == REGISTRATION


def test_client_state_of_an_older_key_is_still_proven() -> None:
    made = ClientStates([OLD]).make(REGISTRATION)
    assert ClientStates([NEW, OLD]).proven(made) == REGISTRATION
    assert ClientStates([OLD, NEW]).proven(made) == REGISTRATION
    assert ClientStates([NEW]).proven(made) is None


@pytest.mark.parametrize(
    "forged",
    [None, "", ".", "random-secret", REGISTRATION, REGISTRATION + ".", "\udcff.x", "x" * 1_000_000],
)
def test_garbage_proves_nothing(forged: str | None) -> None:
    assert ClientStates([NEW, OLD]).proven(forged) is None


def test_proof_of_the_empty_id_proves_nothing() -> None:
    proof = urlsafe_b64encode(hmac.digest(NEW, b"", "sha256")).rstrip(b"=").decode()
    assert ClientStates([NEW]).proven(f".{proof}") is None


def test_longer_than_graph_takes_proves_nothing() -> None:
    long_id = "x" * 100
    proof = urlsafe_b64encode(hmac.digest(NEW, long_id.encode(), "sha256")).rstrip(b"=").decode()
    assert ClientStates([NEW]).proven(f"{long_id}.{proof}") is None


@given(position=st.integers(0, 75), character=st.characters(codec="ascii"))
def test_client_state_with_another_character_proves_nothing(position: int, character: str) -> None:
    states = ClientStates([NEW])
    genuine = states.make(REGISTRATION)
    forged = genuine[:position] + character + genuine[position + 1 :]
    assert (states.proven(forged) is not None) == (forged == genuine)


def test_keys_are_needed() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ClientStates([])


def test_a_newer_key_is_named_while_it_takes_the_place_of_another() -> None:
    old, new = ClientStates([b"o" * 32]), ClientStates([b"n" * 32, b"o" * 32])
    assert old.successor is None
    assert new.successor == new.newest != old.newest
