"""Access tokens: only Entra's, of our tenant, for our audience, and with a role."""

from typing import Any

import httpx
import pytest

from heliograph.signing_keys import SigningKeys
from heliograph.validation_tokens import ISSUERS
from listener.admin.entra import EntraTokens
from tests.heliograph.entra import NOW, TENANT, claims, jwks, key, token

AUDIENCE = "api://heliograph"


def an_entra() -> EntraTokens:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=jwks("k1"))

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return EntraTokens(
        keys=SigningKeys("https://login.example/keys", client=client),
        issuers=ISSUERS,
        audience=AUDIENCE,
        tenant_id=TENANT,
        clock=lambda: NOW + 60,
    )


def a_token(**changes: Any) -> str:
    said = {"aud": AUDIENCE, "azp": "app", "oid": "o-1", "roles": ["Heliograph.Write"]}
    return token(claims(2, **{**said, **changes}))


@pytest.mark.parametrize(
    ("roles", "given"),
    [
        (["Heliograph.Write"], {"read", "write"}),
        (["Heliograph.Read", "Other"], {"read"}),
        (["Other"], set()),
        (..., set()),
    ],
)
async def test_roles_of_a_token_are_those_of_its_holder(roles: Any, given: set[str]) -> None:
    caller = await an_entra()(a_token(roles=roles))
    assert caller is not None
    assert (caller.name, set(caller.roles)) == ("entra:o-1", given)


@pytest.mark.parametrize(
    "wrong",
    [
        a_token(aud="api://other"),
        a_token(tid="0cea0ab7-2234-4f57-bc80-4d3e66df4791"),
        a_token(iss="https://evil.example/"),
        a_token(exp=NOW - 600),
        a_token(nbf=NOW + 6_000),
        a_token(roles="Heliograph.Write"),
        token(claims(2, aud=AUDIENCE), alg="none"),
        token(claims(2, aud=AUDIENCE), signer=key("k2")),
        "no.token.atall",
        "x",
    ],
)
async def test_token_that_proves_nothing_stands_for_nobody(wrong: str) -> None:
    assert await an_entra()(wrong) is None
