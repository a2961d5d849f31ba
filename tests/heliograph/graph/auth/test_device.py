"""Signing in by a device code, by the real MSAL against a loopback Entra (RFC 8628)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from heliograph.errors import Unauthenticated, Unavailable
from heliograph.graph.auth import Prompt, SignIn, sign_in
from heliograph.settings import Tenant
from tests.heliograph.graph.edge import USER_ID, USER_NAME, Certificate, Entra

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Waiting:
    """Pauses that take no time, and what happens in them."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.prompts: list[Prompt] = []

    async def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def sign_in(self, tenant: Tenant) -> SignIn:
        return await sign_in(tenant, self.prompts.append, now=lambda: NOW, sleep=self)


@pytest.fixture
def lending(tenant: Tenant, authority: str, certificate: Certificate) -> Tenant:
    return replace(
        tenant,
        authority=authority,
        ca_file=certificate.certificate,
        delegated_permissions=("Calendars.Read.Shared", "Sites.Read.All"),
    )


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


async def test_a_user_signs_in_with_the_code_that_is_shown(
    lending: Tenant, entra: Entra, waiting: Waiting
) -> None:
    entra.looks = ["authorization_pending", "authorization_pending"]
    done = await waiting.sign_in(lending)
    address = "https://login.example/device"
    assert waiting.prompts == [Prompt(code="ABCD1234", address=address, seconds=900)]
    assert done == SignIn(
        tenant_id=lending.tenant_id,
        user_id=USER_ID,
        user_name=USER_NAME,
        permissions=("Calendars.Read.Shared", "Sites.Read.All"),
        signed_in_at=1_795_507_200_000,
        refresh_token="refresh-4",
    )
    assert waiting.pauses == [5, 5, 5]


async def test_the_permissions_of_the_settings_are_asked_for_and_no_secret_is_shown(
    lending: Tenant, entra: Entra, waiting: Waiting
) -> None:
    """Entra refuses a secret with AADSTS700025, as users sign in to the app as a public client."""
    await waiting.sign_in(lending)
    asked = entra.asked[0]
    assert set(asked["scope"].split()) == {
        "https://graph.microsoft.com/Calendars.Read.Shared",
        "https://graph.microsoft.com/Sites.Read.All",
        "offline_access",
        "openid",
        "profile",
    }
    assert all("client_secret" not in form for form in entra.asked)


async def test_slow_down_is_obeyed(lending: Tenant, entra: Entra, waiting: Waiting) -> None:
    entra.looks = ["slow_down", "slow_down"]
    await waiting.sign_in(lending)
    assert waiting.pauses == [5, 10, 15]


@pytest.mark.parametrize("error", ["authorization_declined", "expired_token", "bad_verification"])
async def test_a_user_who_does_not_sign_in_ends_the_wait(
    lending: Tenant, entra: Entra, waiting: Waiting, error: str
) -> None:
    entra.looks = ["authorization_pending", error]
    with pytest.raises(Unauthenticated, match=error):
        await waiting.sign_in(lending)


async def test_an_entra_that_stumbles_is_looked_at_again(
    lending: Tenant, entra: Entra, waiting: Waiting
) -> None:
    class Stumbling(Waiting):
        async def __call__(self, seconds: float) -> None:
            await super().__call__(seconds)
            entra.refusal = (503, {}) if len(self.pauses) == 1 else None

    stumbling = Stumbling()
    assert (await stumbling.sign_in(lending)).user_id == USER_ID
    assert stumbling.pauses == [5, 5]


async def test_an_entra_that_stays_away_ends_the_wait_with_the_code(
    lending: Tenant, entra: Entra, waiting: Waiting
) -> None:
    entra.refusal = 503, {"error": "temporarily_unavailable"}
    with pytest.raises(Unavailable):
        await waiting.sign_in(lending)
    assert sum(waiting.pauses) == 905


async def test_a_user_of_another_tenant_is_not_taken(
    lending: Tenant, entra: Entra, waiting: Waiting
) -> None:
    entra.user_tenant = "11111111-2222-3333-4444-555555555555"
    with pytest.raises(Unauthenticated, match="a user of the tenant contoso"):
        await waiting.sign_in(lending)


def test_a_sign_in_shows_no_token() -> None:
    one = SignIn(
        tenant_id="t",
        user_id="u",
        user_name="n",
        permissions=(),
        signed_in_at=0,
        refresh_token="hush",
    )
    assert "hush" not in repr(one)
