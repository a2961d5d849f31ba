"""Tokens from a loopback Entra, by the real MSAL."""

import asyncio
from dataclasses import replace

import pytest

from heliograph.errors import Unauthenticated, Unavailable
from heliograph.graph.auth import Tokens, app_tokens
from heliograph.settings import Tenant
from tests.heliograph.graph.edge import Certificate, Entra


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def credentials(tenant: Tenant, authority: str, certificate: Certificate, clock: Clock) -> Tokens:
    own = replace(tenant, authority=authority, ca_file=certificate.certificate)
    return app_tokens(own, clock=clock)


async def test_a_token_is_asked_for_as_the_app_itself(
    credentials: Tokens, entra: Entra, tenant: Tenant
) -> None:
    assert await credentials.token() == "token-1"
    (form,) = entra.asked
    assert form["client_id"] == tenant.client_id
    assert form["client_secret"] == "correct horse"
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://graph.microsoft.com/.default"


async def test_a_token_is_kept_until_shortly_before_its_end(
    credentials: Tokens, entra: Entra, clock: Clock
) -> None:
    assert [await credentials.token() for _ in range(3)] == ["token-1"] * 3
    clock.now += 3600 - 301
    assert await credentials.token() == "token-1"
    clock.now += 2
    assert await credentials.token() == "token-2"
    assert len(entra.asked) == 2


async def test_a_refused_token_is_not_given_again(credentials: Tokens, entra: Entra) -> None:
    assert await credentials.token() == "token-1"
    assert await credentials.token(refused="token-1") == "token-2"
    # Another call was refused with the first one as well, a little later: it has been replaced.
    assert await credentials.token(refused="token-1") == "token-2"
    assert len(entra.asked) == 2


async def test_all_who_wait_share_one_answer(credentials: Tokens, entra: Entra) -> None:
    entra.released.clear()
    waiting = [asyncio.create_task(credentials.token()) for _ in range(20)]
    await entra.arrived.wait()
    waiting[0].cancel()
    entra.released.set()
    assert await asyncio.gather(*waiting[1:]) == ["token-1"] * 19
    assert len(entra.asked) == 1


async def test_the_event_loop_is_not_blocked(credentials: Tokens, entra: Entra) -> None:
    """The loopback Entra runs on this very loop: a blocking MSAL would never get its answer."""
    assert await asyncio.wait_for(credentials.token(), timeout=20) == "token-1"


async def test_the_environment_cannot_change_whom_we_trust(
    credentials: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE wins over `verify` in a session that reads the environment."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "/nonsense/ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert await credentials.token() == "token-1"


async def test_an_authority_that_is_not_trusted_gets_no_secret(
    tenant: Tenant, authority: str, entra: Entra
) -> None:
    with pytest.raises(Unavailable, match="no token"):
        await app_tokens(replace(tenant, authority=authority)).token()
    assert entra.asked == []


async def test_a_wrong_secret_is_unauthenticated_with_the_reason(
    credentials: Tokens, entra: Entra
) -> None:
    entra.refusal = (
        401,
        {
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x"
            + "y" * 999,
        },
    )
    with pytest.raises(Unauthenticated) as refused:
        await credentials.token()
    assert refused.value.code == "invalid_client"
    assert "AADSTS7000215" in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400
    assert "correct horse" not in str(refused.value)


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_an_entra_in_trouble_is_unavailable(
    credentials: Tokens, entra: Entra, status: int
) -> None:
    entra.refusal = status, {"error": "temporarily_unavailable"}
    with pytest.raises(Unavailable):
        await credentials.token()


async def test_a_token_serves_to_its_end_while_entra_is_in_trouble(
    credentials: Tokens, entra: Entra, clock: Clock
) -> None:
    assert await credentials.token() == "token-1"
    entra.refusal = 503, {}
    clock.now += 3600 - 10
    assert await credentials.token() == "token-1"
    with pytest.raises(Unavailable):
        await credentials.token(refused="token-1")
    clock.now += 11
    with pytest.raises(Unavailable):
        await credentials.token()


async def test_an_authority_that_is_away_is_unavailable(tenant: Tenant) -> None:
    away = replace(tenant, authority="https://127.0.0.1:1")
    with pytest.raises(Unavailable):
        await app_tokens(away).token()


async def test_an_authority_that_does_not_know_the_tenant_is_a_refusal(
    tenant: Tenant, authority: str, certificate: Certificate
) -> None:
    lost = replace(
        tenant, tenant_id="no/such", authority=authority, ca_file=certificate.certificate
    )
    with pytest.raises(Unauthenticated, match="no token"):
        await app_tokens(lost).token()


async def test_a_plain_http_authority_is_refused(tenant: Tenant) -> None:
    with pytest.raises(Unauthenticated, match="no token"):
        await app_tokens(replace(tenant, authority="http://127.0.0.1:1")).token()
