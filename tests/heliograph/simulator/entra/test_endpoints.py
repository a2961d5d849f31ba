"""Tokens, discovery and keys: what MSAL and receivers ask Entra for."""

import asyncio
from typing import Any

import httpx
import jwt
import msal  # type: ignore[import-untyped]  # MSAL ships no types
import pytest
import requests


def _form(ready: dict[str, Any], **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": ready["client_id"],
        "client_secret": ready["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
        **changes,
    }


async def _ask(scene: Any, tenant: str = "", **changes: str) -> httpx.Response:
    ready = scene.simulator.ready
    url = f"{ready['authority']}/{tenant or ready['tenant_id']}/oauth2/v2.0/token"
    return await scene.graph.post(url, data=_form(ready, **changes))  # type: ignore[no-any-return]  # httpx


async def test_row_1_token_is_issued_for_the_form_of_client_credentials(scene: Any) -> None:
    answer = await _ask(scene)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert isinstance(answer.json()["expires_in"], int)
    users = await scene.graph.get(
        "/users", headers={"authorization": f"Bearer {answer.json()['access_token']}"}
    )
    assert users.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "0" * 8}, 400, "unauthorized_client", 700016),
        ({"scope": "https://elsewhere/.default"}, 400, "invalid_scope", 70011),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": "nowhere.example"}, 400, "invalid_request", 90002),
    ],
    ids=["secret", "app", "scope", "grant", "tenant"],
)
async def test_row_1_refusals_have_the_envelope_of_entra(
    scene: Any, changes: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = await _ask(scene, changes.pop("tenant", ""), **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= set(answer.json())


async def test_msal_gets_a_token_over_tls(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    async with stage(tls=True) as scene:
        ready = scene.simulator.ready

        def acquire() -> Any:
            with requests.Session() as session:
                session.trust_env = False
                session.verify = ready["ca_file"]
                app = msal.ConfidentialClientApplication(
                    ready["client_id"],
                    client_credential=ready["client_secret"],
                    authority=f"{ready['authority']}/{ready['tenant_id']}",
                    instance_discovery=False,
                    http_client=session,
                )
                return app.acquire_token_for_client([f"{ready['graph']}/.default"])

        answer = await asyncio.to_thread(acquire)
        assert "access_token" in answer, answer
        headers = {"authorization": f"Bearer {answer['access_token']}"}
        assert (await scene.graph.get("/users", headers=headers)).status_code == 200


@pytest.mark.parametrize("tenant", ["common", "own"])
@pytest.mark.parametrize("version", ["", "/v2.0"])
async def test_discovery_leads_to_the_keys_that_sign(scene: Any, tenant: str, version: str) -> None:
    ready = scene.simulator.ready
    name = ready["tenant_id"] if tenant == "own" else tenant
    document = await scene.graph.get(
        f"{ready['authority']}/{name}{version}/.well-known/openid-configuration"
    )
    keys = (await scene.graph.get(document.json()["jwks_uri"])).json()["keys"]
    header = jwt.get_unverified_header(ready["token"])
    key = next(jwt.PyJWK(key) for key in keys if key["kid"] == header["kid"])
    claims = jwt.decode(
        ready["token"], key, algorithms=["RS256"], audience="https://graph.microsoft.com"
    )
    assert claims["tid"] == ready["tenant_id"]
    assert claims["exp"] - claims["iat"] == 24 * 3600


async def test_rotated_keys_are_published_with_the_one_before(scene: Any) -> None:
    url = f"{scene.simulator.ready['authority']}/common/discovery/v2.0/keys"
    before = [key["kid"] for key in (await scene.graph.get(url)).json()["keys"]]
    await scene.control("POST", "keys")
    after = [key["kid"] for key in (await scene.graph.get(url)).json()["keys"]]
    assert len(after) == 2
    assert after[1:] == before
    assert (await scene.graph.get("/users")).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer abc", "Basic abc"])
async def test_row_2_call_without_a_valid_bearer_token_is_401(scene: Any, header: str) -> None:
    answer = await scene.graph.get("/users", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


async def test_token_runs_out_by_the_clock(scene: Any) -> None:
    await scene.advance(hours=24)
    answer = await scene.graph.get("/users")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "Access token has expired or is not yet valid."


async def test_missing_permission_is_refused(stage: Any) -> None:
    async with stage(permissions=("User.Read.All",)) as scene:
        assert (await scene.graph.get("/users")).status_code == 200
        denied = await scene.graph.get("/groups")
        user = (await scene.users())[0]["id"]
        mail = await scene.graph.get(f"/users/{user}/messages")
    assert (denied.status_code, denied.json()["error"]["code"]) == (
        403,
        "Authorization_RequestDenied",
    )
    assert (mail.status_code, mail.json()["error"]["code"]) == (403, "ErrorAccessDenied")
