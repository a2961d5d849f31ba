"""Each kind of credential, by the real MSAL, against a loopback Entra or a loopback machine."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heliograph.errors import Unauthenticated, Unavailable
from heliograph.graph.auth import app_tokens
from heliograph.settings import (
    Certificate as AppCertificateSetting,
)
from heliograph.settings import Credential, FederatedToken, ManagedIdentity, Secret, Tenant
from heliograph.settings.secret import SecretFile
from tests.certificates import AppCertificate, an_app_certificate
from tests.heliograph.graph.edge import Certificate, Entra, serving

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def at_entra(tenant: Tenant, authority: str, certificate: Certificate) -> Tenant:
    return replace(tenant, authority=authority, ca_file=certificate.certificate)


@pytest.fixture(scope="module")
def app() -> AppCertificate:
    return an_app_certificate()


def by(tenant: Tenant, credential: Credential) -> Tenant:
    return replace(tenant, credential=credential)


def a_file(folder: Path, content: bytes) -> SecretFile:
    path = folder / "proof"
    path.write_bytes(content)
    return SecretFile(path)


@pytest.mark.parametrize("form", ["pem", "pfx"])
async def test_a_certificate_proves_itself_by_its_signature(
    at_entra: Tenant, entra: Entra, app: AppCertificate, tmp_path: Path, form: str
) -> None:
    """https://learn.microsoft.com/entra/identity-platform/certificate-credentials"""
    content = app.pem if form == "pem" else app.pfx("word")
    proof = AppCertificateSetting(content=a_file(tmp_path, content), password=Secret("word"))
    assert await app_tokens(by(at_entra, proof)).token() == "token-1"
    (form_,) = entra.asked
    assert form_["client_assertion_type"] == JWT_BEARER
    assert "client_secret" not in form_
    assertion = form_["client_assertion"]
    claims = jwt.decode(
        assertion,
        app.certificate.public_key(),  # type: ignore[arg-type]  # it is an RSA key
        algorithms=["PS256"],
        audience=f"{at_entra.authority}/{at_entra.tenant_id}/oauth2/v2.0/token",
        issuer=at_entra.client_id,
        options={"require": ["exp", "jti", "sub"]},
    )
    assert claims["sub"] == at_entra.client_id
    assert claims["exp"] - time.time() < 700
    header = jwt.get_unverified_header(assertion)
    digest = hashlib.sha256(app.certificate.public_bytes(Encoding.DER)).digest()
    assert base64.urlsafe_b64decode(header["x5t#S256"]) == digest
    assert "x5t" not in header


async def test_a_rotated_certificate_signs_the_next_request(
    at_entra: Tenant, entra: Entra, app: AppCertificate, tmp_path: Path
) -> None:
    file = a_file(tmp_path, app.pem)
    tokens = app_tokens(by(at_entra, AppCertificateSetting(content=file)))
    first = await tokens.token()
    newer = an_app_certificate()
    file.path.write_bytes(newer.pem)
    await tokens.token(refused=first)
    _verify(entra.asked[1]["client_assertion"], newer)
    with pytest.raises(jwt.InvalidSignatureError):
        _verify(entra.asked[1]["client_assertion"], app)


def _verify(assertion: str, certificate: AppCertificate) -> None:
    key: Any = certificate.certificate.public_key()
    jwt.decode(assertion, key, algorithms=["PS256"], options={"verify_aud": False})


@pytest.mark.parametrize(
    ("content", "said"), [(b"no more", "expected PEM or PFX"), (None, "No such file")]
)
async def test_a_certificate_that_was_spoilt_is_unauthenticated_with_the_reason(
    at_entra: Tenant, app: AppCertificate, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = a_file(tmp_path, app.pem)
    tokens = app_tokens(by(at_entra, AppCertificateSetting(content=file)))
    file.path.unlink()
    if content:
        file.path.write_bytes(content)
    with pytest.raises(Unauthenticated, match=f"no token: .*{said}"):
        await tokens.token()


async def test_a_federated_token_is_read_anew_for_each_request(
    at_entra: Tenant, entra: Entra, tmp_path: Path
) -> None:
    """Kubernetes puts a new one there every hour or so."""
    file = a_file(tmp_path, b"first.federated.token\n")
    tokens = app_tokens(by(at_entra, FederatedToken(token=file)))
    first = await tokens.token()
    file.path.write_bytes(b"second.federated.token")
    await tokens.token(refused=first)
    assert [form["client_assertion"] for form in entra.asked] == [
        "first.federated.token",
        "second.federated.token",
    ]
    assert {form["client_assertion_type"] for form in entra.asked} == {JWT_BEARER}


async def test_a_federated_token_that_is_gone_is_unauthenticated(
    at_entra: Tenant, tmp_path: Path
) -> None:
    away = FederatedToken(token=SecretFile(tmp_path / "none"))
    with pytest.raises(Unauthenticated, match="No such file"):
        await app_tokens(by(at_entra, away)).token()


@dataclass(slots=True)
class Machine:
    """The endpoint of managed identities, in both of its forms."""

    status: int = 200
    asked: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)

    def app(self) -> Starlette:
        paths = ("/metadata/identity/oauth2/token", "/msi/token")
        return Starlette(routes=[Route(path, self._answer) for path in paths])

    async def _answer(self, request: Request) -> Response:
        self.asked.append((dict(request.query_params), dict(request.headers)))
        if self.status != 200:
            return JSONResponse({"error": "invalid_request"}, status_code=self.status)
        lasts = {"expires_in": "3599", "expires_on": str(int(time.time()) + 3599)}
        token = f"machine-{len(self.asked)}"
        return JSONResponse(
            {"access_token": token, **lasts, "resource": "r", "token_type": "Bearer"}
        )


@pytest.fixture
async def machine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """A VM: MSAL takes the place of its link-local address from this variable."""
    made = Machine()
    async with serving(made.app()) as origin:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", origin)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        yield made


@pytest.fixture
async def app_service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    made = Machine()
    async with serving(made.app()) as origin:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{origin}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "of this container")
        yield made


async def test_a_virtual_machine_gives_its_own_identity(tenant: Tenant, machine: Machine) -> None:
    """change-notifications.md 9.2"""
    assert await app_tokens(by(tenant, ManagedIdentity())).token() == "machine-1"
    ((query, headers),) = machine.asked
    assert query == {"api-version": "2018-02-01", "resource": "https://graph.microsoft.com"}
    assert headers["metadata"] == "true"


async def test_a_virtual_machine_gives_the_identity_that_was_assigned(
    tenant: Tenant, machine: Machine
) -> None:
    identity = ManagedIdentity(client_id=tenant.client_id)
    await app_tokens(by(tenant, identity)).token()
    assert machine.asked[0][0]["client_id"] == tenant.client_id


async def test_a_managed_identity_asks_for_the_graph_of_its_cloud(
    tenant: Tenant, machine: Machine
) -> None:
    await app_tokens(by(replace(tenant, cloud="usgov"), ManagedIdentity())).token()
    assert machine.asked[0][0]["resource"] == "https://graph.microsoft.us"


@pytest.mark.parametrize("client_id", ["", "5c1f6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10"])
async def test_an_app_service_gives_its_identity(
    tenant: Tenant, app_service: Machine, client_id: str
) -> None:
    tokens = app_tokens(by(tenant, ManagedIdentity(client_id=client_id)))
    assert await tokens.token() == "machine-1"
    ((query, headers),) = app_service.asked
    assert query["api-version"] == "2019-08-01"
    assert query.get("client_id", "") == client_id
    assert headers["x-identity-header"] == "of this container"


async def test_a_machine_s_token_is_kept_and_replaced_when_refused(
    tenant: Tenant, machine: Machine
) -> None:
    tokens = app_tokens(by(tenant, ManagedIdentity()))
    assert [await tokens.token() for _ in range(3)] == ["machine-1"] * 3
    assert await tokens.token(refused="machine-1") == "machine-2"


@pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
async def test_a_busy_machine_is_unavailable(tenant: Tenant, machine: Machine, status: int) -> None:
    machine.status = status
    with pytest.raises(Unavailable, match=f"status {status}"):
        await app_tokens(by(tenant, ManagedIdentity())).token()


async def test_a_machine_without_that_identity_is_unauthenticated(
    tenant: Tenant, machine: Machine
) -> None:
    machine.status = 400
    with pytest.raises(Unauthenticated, match="invalid_request"):
        await app_tokens(by(tenant, ManagedIdentity())).token()


async def test_a_machine_that_is_none_of_azure_s_is_unavailable(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        await app_tokens(by(tenant, ManagedIdentity())).token()
