"""Tokens of signed-in users, by the real MSAL against a loopback Entra."""

from dataclasses import replace

import msgspec
import pytest

from heliograph.errors import Unauthenticated
from heliograph.graph.auth import SignIn, TokenSource, UserTokens
from heliograph.settings import Tenant
from tests.heliograph.graph.edge import USER_ID, USER_NAME, Certificate, Entra


class Kept:
    """Sign-ins in memory; the newest comes first."""

    def __init__(self, *sign_ins: SignIn) -> None:
        self.sign_ins = list(sign_ins)

    async def find(self, tenant_id: str, user: str | None) -> SignIn | None:
        return next((one for one in self.sign_ins if user is None or one.is_of(user)), None)

    async def renew(self, sign_in: SignIn) -> None:
        self.sign_ins = [
            sign_in if one.user_id == sign_in.user_id else one for one in self.sign_ins
        ]


def a_sign_in(user_id: str = USER_ID, *, at: int = 1) -> SignIn:
    return SignIn(
        tenant_id="t",
        user_id=user_id,
        user_name=USER_NAME,
        permissions=("Calendars.Read.Shared",),
        signed_in_at=at,
        refresh_token="refresh-0",
    )


@pytest.fixture
def lending(tenant: Tenant, authority: str, certificate: Certificate) -> Tenant:
    return replace(tenant, authority=authority, ca_file=certificate.certificate)


async def tokens_of(users: UserTokens, user: str | None = None) -> TokenSource:
    found = await users.of(user)
    assert found is not None
    return found.tokens


async def test_a_refresh_token_gives_access_tokens_for_what_was_lent(
    lending: Tenant, entra: Entra
) -> None:
    users = UserTokens(lending, Kept(a_sign_in()))
    found = await users.of(USER_NAME.upper())
    assert found is not None
    assert found.permissions == ("Calendars.Read.Shared",)
    assert await found.tokens.token() == "token-1"
    (form,) = entra.asked
    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == "refresh-0"
    assert "https://graph.microsoft.com/Calendars.Read.Shared" in form["scope"].split()
    assert "client_secret" not in form


async def test_an_access_token_is_kept_and_the_newer_refresh_token_too(
    lending: Tenant, entra: Entra
) -> None:
    kept = Kept(a_sign_in())
    users = UserTokens(lending, kept)
    assert [await (await tokens_of(users)).token() for _ in range(3)] == ["token-1"] * 3
    assert kept.sign_ins[0].refresh_token == "refresh-1"
    assert await (await tokens_of(users)).token(refused="token-1") == "token-2"
    assert entra.asked[1]["refresh_token"] == "refresh-1"


async def test_nobody_is_signed_in_where_there_is_no_such_sign_in(lending: Tenant) -> None:
    assert await UserTokens(lending, Kept()).of(None) is None
    assert await UserTokens(lending, Kept(a_sign_in())).of("amir@contoso.com") is None


async def test_who_has_signed_out_has_no_tokens_at_once(lending: Tenant) -> None:
    kept = Kept(a_sign_in())
    users = UserTokens(lending, kept)
    held = await tokens_of(users)
    assert await held.token() == "token-1"
    kept.sign_ins.clear()
    assert await users.of(None) is None
    with pytest.raises(Unauthenticated, match="signed out; sign in again: `heliograph login con"):
        await held.token(refused="token-1")


async def test_who_has_signed_in_again_gets_tokens_for_what_he_lends_now(
    lending: Tenant, entra: Entra
) -> None:
    kept = Kept(a_sign_in())
    users = UserTokens(lending, kept)
    await (await tokens_of(users)).token()
    again = msgspec.structs.replace(
        a_sign_in(at=2), permissions=("Files.Read",), refresh_token="other"
    )
    kept.sign_ins = [again]
    assert await (await tokens_of(users)).token() == "token-2"
    assert entra.asked[1]["refresh_token"] == "other"


async def test_a_refresh_token_that_has_ended_names_the_remedy(
    lending: Tenant, entra: Entra
) -> None:
    entra.refusal = 400, {"error": "invalid_grant", "error_description": "AADSTS700082: expired"}
    tokens = await tokens_of(UserTokens(lending, Kept(a_sign_in())))
    with pytest.raises(Unauthenticated) as refused:
        await tokens.token()
    assert refused.value.code == "invalid_grant"
    assert str(refused.value) == (
        "no token: invalid_grant: AADSTS700082: expired; sign in again: `heliograph login contoso`"
    )
    assert "refresh-0" not in str(refused.value)
