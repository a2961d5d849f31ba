"""How a user signs in without a browser of ours: a code, typed on a page of Entra's.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from heliograph.errors import Unauthenticated, Unavailable
from heliograph.graph.answers import cut
from heliograph.graph.auth.entra import asking, granted
from heliograph.graph.auth.http import session
from heliograph.graph.auth.tokens import beside_the_loop
from heliograph.graph.auth.users import SignIn, public_app, scopes
from heliograph.settings import Tenant

SLOWER_SECONDS = 5.0
"""How much longer to pause once Entra says `slow_down` (RFC 8628, 3.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the user is to do: type *code* on the page *address*, before *seconds* are over."""

    code: str
    address: str
    seconds: float


async def sign_in(
    tenant: Tenant,
    tell: Callable[[Prompt], None],
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> SignIn:
    """The sign-in of whoever follows the prompt that *tell* shows.

    Raises Unauthenticated where the user declines or lets the time pass, Unavailable where Entra
    does not answer.
    """
    flow = await beside_the_loop(partial(_begin, tenant))
    lasts = float(flow["expires_in"])
    tell(Prompt(code=flow["user_code"], address=flow["verification_uri"], seconds=lasts))
    pause, waited = float(flow["interval"]), 0.0
    while True:
        await sleep(pause)
        waited += pause
        answer = await _look(tenant, flow, is_last=waited > lasts)
        match answer.get("error"):
            case "authorization_pending":
                pass
            case "slow_down":
                pause += SLOWER_SECONDS
            case _:
                return _sign_in(tenant, answer, at=now())


async def _look(tenant: Tenant, flow: Mapping[str, Any], *, is_last: bool) -> Mapping[str, Any]:
    """Whether the user has done it. A look that got no answer counts as "not yet", but the last."""
    try:
        return await beside_the_loop(partial(_redeem, tenant, flow))
    except Unavailable:
        if is_last:
            raise
        return {"error": "authorization_pending"}


def _begin(tenant: Tenant) -> dict[str, Any]:
    with asking(), session(tenant.ca_file) as http:
        app = public_app(tenant, http)
        flow: dict[str, Any] = app.initiate_device_flow(
            scopes(tenant, tenant.delegated_permissions)
        )
    if "user_code" not in flow:
        granted(flow)  # raises the refusal in it
    return flow


def _redeem(tenant: Tenant, flow: Mapping[str, Any]) -> Mapping[str, Any]:
    # MSAL would wait for the user in its thread, were it not told to look once. It notes in the
    # flow when it did, and objects to our own pauses: so it gets a copy.
    with asking(), session(tenant.ca_file) as http:
        answer: Mapping[str, Any] = public_app(tenant, http).acquire_token_by_device_flow(
            {**flow}, exit_condition=lambda _: True
        )
    return answer


def _sign_in(tenant: Tenant, answer: Mapping[str, Any], *, at: datetime) -> SignIn:
    granted(answer)
    claims: Mapping[str, Any] = answer.get("id_token_claims") or {}
    user_id, token = claims.get("oid"), answer.get("refresh_token")
    if not isinstance(user_id, str) or not isinstance(token, str):
        raise Unauthenticated("expected an id token and a refresh token from Entra, got none")
    if claims.get("tid") != tenant.tenant_id:
        raise Unauthenticated(f"expected a user of the tenant {tenant.name}, got one of another")
    return SignIn(
        tenant_id=tenant.tenant_id,
        user_id=user_id.lower(),
        user_name=cut(str(claims.get("preferred_username", user_id))),
        permissions=tenant.delegated_permissions,
        signed_in_at=round(at.timestamp() * 1000),
        refresh_token=token,
    )
