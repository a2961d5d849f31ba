import jwt
import pytest

from heliograph.graph.claims import Claims, claims_of

EVERY_PRINCIPAL = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
KEY = "a key of at least thirty-two bytes"


def a_token(**claims: object) -> str:
    return jwt.encode(claims, KEY, algorithm="HS256")


def test_the_claims_of_an_app_are_read() -> None:
    role = "FE930BE7-5e62-47db-91af-98c3a49a38b1"
    claims = claims_of(a_token(roles=["Mail.Send"], wids=[role, EVERY_PRINCIPAL], aud="x"))
    assert claims == Claims(roles=["Mail.Send"], wids=[role, EVERY_PRINCIPAL])
    assert claims.directory_roles == frozenset({role.lower()})


def test_an_app_that_was_granted_nothing_has_no_roles_in_its_token() -> None:
    claims = claims_of(a_token(idtyp="app"))
    assert claims is not None
    assert claims.roles == []
    assert claims.directory_roles is None


@pytest.mark.parametrize(
    "token",
    ["", "token-1", "a.b", "a.!!.c", "a.e30x.c", "a.WzFd.c", "a.eyJyb2xlcyI6IDF9.c", "é.é.é"],
)
def test_a_token_that_cannot_be_read_tells_nothing(token: str) -> None:
    assert claims_of(token) is None
