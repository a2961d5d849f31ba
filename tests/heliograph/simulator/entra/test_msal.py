"""MSAL against the simulator, over TLS, by each way to sign in. It knows nothing of a simulator."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msal  # type: ignore[import-untyped]  # MSAL ships no types
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.heliograph.simulator.entra.test_clients import KEY, PEM

REDIRECT = "http://localhost:5000/callback"


@pytest.fixture
async def secure(stage: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    async with stage(tls=True) as scene:
        yield scene


@pytest.fixture
def settings(secure: Any) -> Iterator[dict[str, Any]]:
    """What every application of MSAL is made with."""
    ready = secure.simulator.ready
    with requests.Session() as session:
        session.trust_env = False
        session.verify = ready["ca_file"]
        session.mount("https://localhost/", _WithPort(ready["authority"].rpartition(":")[2]))
        yield {
            "client_id": ready["client_id"],
            "authority": f"{ready['authority']}/{ready['tenant_id']}",
            "instance_discovery": False,
            "http_client": session,
        }


class _WithPort(requests.adapters.HTTPAdapter):
    """MSAL leaves the port out where it asks how the passwords of a domain are checked."""

    def __init__(self, port: str) -> None:
        super().__init__()
        self._port = port

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
        assert request.url is not None
        request.url = request.url.replace("https://localhost/", f"https://localhost:{self._port}/")
        return super().send(request, *args, **more)


async def _me(secure: Any, answer: dict[str, Any]) -> str:
    assert "access_token" in answer, answer
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    return str((await secure.graph.get("/me", headers=headers)).json()["userPrincipalName"])


async def test_client_secret(secure: Any, settings: Any) -> None:
    def acquire() -> Any:
        secret = secure.simulator.ready["client_secret"]
        app = msal.ConfidentialClientApplication(**settings, client_credential=secret)
        return app.acquire_token_for_client(["https://graph.microsoft.com/.default"])

    answer = await asyncio.to_thread(acquire)
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    assert (await secure.graph.get("/users", headers=headers)).status_code == 200


@pytest.mark.parametrize("is_public", [True, False], ids=["public certificate", "thumbprint"])
async def test_certificate(secure: Any, settings: Any, is_public: bool) -> None:
    await secure.control("POST", "credentials", json={"certificate": PEM})
    private = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    der = x509.load_pem_x509_certificate(PEM.encode()).public_bytes(serialization.Encoding.DER)
    named = (
        {"public_certificate": PEM} if is_public else {"thumbprint": hashlib.sha1(der).hexdigest()}  # noqa: S324 (a name, no proof)
    )

    def acquire() -> Any:
        credential = {"private_key": private, **named}
        app = msal.ConfidentialClientApplication(**settings, client_credential=credential)
        return app.acquire_token_for_client(["https://graph.microsoft.com/.default"])

    assert "access_token" in await asyncio.to_thread(acquire)


async def test_device_code_and_then_silently(secure: Any, settings: Any) -> None:
    await secure.control("POST", "clock", json={"speed": 5})

    def acquire() -> Any:
        app = msal.PublicClientApplication(**settings)
        flow = app.initiate_device_flow(["User.Read", "Mail.Read"])
        first = app.acquire_token_by_device_flow(flow)
        account = app.get_accounts()[0]
        cached = app.acquire_token_silent(["User.Read"], account)
        renewed = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
        return first, cached, renewed

    first, cached, renewed = await asyncio.to_thread(acquire)
    name = secure.simulator.world.directory.some_users(1)[0]["userPrincipalName"]
    assert first["id_token_claims"]["preferred_username"] == name
    assert cached["token_source"] == "cache"
    assert renewed["token_source"] == "identity_provider"
    assert await _me(secure, renewed) == name


async def test_authorization_code_with_its_verifier(secure: Any, settings: Any) -> None:
    name = secure.simulator.world.directory.some_users(3)[2]["userPrincipalName"]

    def acquire() -> Any:
        app = msal.PublicClientApplication(**settings)
        flow = app.initiate_auth_code_flow(
            ["User.Read"], redirect_uri=REDIRECT, login_hint=name, response_mode="form_post"
        )
        page = settings["http_client"].get(flow["auth_uri"]).text
        told = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
        return app.acquire_token_by_auth_code_flow(flow, told)

    assert await _me(secure, await asyncio.to_thread(acquire)) == name


async def test_password(secure: Any, settings: Any) -> None:
    name = secure.simulator.world.directory.some_users(2)[1]["userPrincipalName"]

    def acquire(password: str) -> Any:
        app = msal.ClientApplication(**settings)
        return app.acquire_token_by_username_password(name, password, ["User.Read"])

    with pytest.warns(DeprecationWarning, match="deprecated"):
        assert await _me(secure, await asyncio.to_thread(acquire, "Simulated-1234")) == name
    with pytest.warns(DeprecationWarning, match="deprecated"):
        wrong = await asyncio.to_thread(acquire, "guess")
    assert wrong["error_codes"] == [50126]


async def test_wrong_secret_is_told_in_entras_words(settings: Any) -> None:
    def acquire() -> Any:
        app = msal.ConfidentialClientApplication(**settings, client_credential="wrong")
        return app.acquire_token_for_client(["https://graph.microsoft.com/.default"])

    answer = await asyncio.to_thread(acquire)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])


@pytest.mark.parametrize("tenant", ["contoso.example", "organizations", "common"])
async def test_tenant_by_another_name(secure: Any, settings: Any, tenant: str) -> None:
    name = secure.simulator.world.directory.some_users(1)[0]["userPrincipalName"]
    authority = f"{secure.simulator.ready['authority']}/{tenant}"

    def acquire() -> Any:
        app = msal.PublicClientApplication(**{**settings, "authority": authority})
        return app.acquire_token_by_username_password(name, "Simulated-1234", ["User.Read"])

    with pytest.warns(DeprecationWarning, match="deprecated"):
        assert await _me(secure, await asyncio.to_thread(acquire)) == name
