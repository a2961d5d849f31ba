"""How an app proves itself, as the settings tell it: one credential a tenant, by reference."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.settings import (
    Certificate,
    ClientSecret,
    FederatedToken,
    ManagedIdentity,
    Secret,
)
from heliograph.settings.secret import SecretFile
from heliograph.settings.tenants import refuse_outdated
from tests.certificates import AppCertificate, an_app_certificate
from tests.heliograph.test_settings import GUID, TENANT, Place

SECRET = 'client_secret = { env = "CLIENT_SECRET" }'
JWT = "eyJh.eyJz.c2ln"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def app() -> AppCertificate:
    return an_app_certificate()


def a_tenant(*lines: str) -> str:
    return TENANT.replace(SECRET, "\n".join(lines))


def shown(place: Place, text: str, key: str, environ: dict[str, str] | None = None) -> str:
    effective = place.load(text, environ).effective
    return next(one.shown for one in effective if one.key == f"tenants.contoso.{key}")


def test_a_certificate_in_a_file_is_named_by_its_thumbprint(
    place: Place, app: AppCertificate
) -> None:
    place.write("app.pem", app.pem.decode())
    text = a_tenant('certificate = { file = "app.pem" }')
    tenant = place.load(text).tenants["contoso"]
    assert tenant.credential == Certificate(content=SecretFile(place.folder / "app.pem"))
    assert shown(place, text, "certificate").startswith("SHA-256 ")


def test_a_certificate_has_its_password_by_reference(place: Place, app: AppCertificate) -> None:
    (place.folder / "app.pfx").write_bytes(app.pfx("pfxpw"))
    text = a_tenant('certificate = { file = "app.pfx" }', 'certificate_password = { env = "PW" }')
    credential = place.load(text, {"PW": "pfxpw"}).tenants["contoso"].credential
    assert isinstance(credential, Certificate)
    assert credential.key_pair().certificate.encode() == app.certificate_pem
    faults = place.faults(text, {"PW": "wrong"})
    expectation = "PEM or PFX with a certificate, and the password it needs"
    got = "something else (file app.pfx)"
    assert faults == (f"tenants.contoso.certificate: expected {expectation}, got {got}",)


def test_a_certificate_can_stand_in_a_variable(place: Place, app: AppCertificate) -> None:
    text = a_tenant('certificate = { env = "APP" }')
    credential = place.load(text, {"APP": app.pem.decode()}).tenants["contoso"].credential
    assert isinstance(credential, Certificate)
    assert credential.key_pair().certificate.encode() == app.certificate_pem


def test_a_rotated_certificate_is_seen_at_the_next_use(place: Place, app: AppCertificate) -> None:
    path = place.write("app.pem", app.pem.decode())
    credential = place.load(a_tenant('certificate = { file = "app.pem" }')).tenants["contoso"]
    newer = an_app_certificate()
    path.write_bytes(newer.pem)
    assert isinstance(credential.credential, Certificate)
    assert credential.credential.key_pair().certificate.encode() == newer.certificate_pem


def test_a_federated_token_is_the_file_that_kubernetes_names(place: Place) -> None:
    path = place.write("token", JWT + "\n")
    text = a_tenant('federated_token = { file = { env = "AZURE_FEDERATED_TOKEN_FILE" } }')
    tenant = place.load(text, {"AZURE_FEDERATED_TOKEN_FILE": str(path)}).tenants["contoso"]
    assert tenant.credential == FederatedToken(token=SecretFile(path))


def test_a_variable_that_holds_a_path_is_not_taken_for_a_token(place: Place) -> None:
    text = a_tenant('federated_token = { env = "AZURE_FEDERATED_TOKEN_FILE" }')
    (fault,) = place.faults(text, {"AZURE_FEDERATED_TOKEN_FILE": "/var/run/secrets/token"})
    assert '{ file = { env = "NAME" } }' in fault


@pytest.mark.parametrize(("word", "client_id"), [("system", ""), ("user", GUID)])
def test_a_managed_identity_is_the_machine_s_or_the_one_of_the_client_id(
    place: Place, word: str, client_id: str
) -> None:
    tenant = place.load(a_tenant(f'managed_identity = "{word}"')).tenants["contoso"]
    assert tenant.credential == ManagedIdentity(client_id=client_id)


@pytest.mark.parametrize(
    ("lines", "got"),
    [
        ([], "nothing"),
        ([SECRET, 'managed_identity = "system"'], "client_secret and managed_identity"),
    ],
)
def test_a_tenant_has_exactly_one_credential(place: Place, lines: list[str], got: str) -> None:
    expectation = "this, certificate, federated_token or managed_identity"
    (fault,) = place.faults(a_tenant(*lines))
    assert fault == f"tenants.contoso.client_secret: expected {expectation}, got {got}"


def test_a_credential_of_the_environment_takes_the_place_of_another_kind(place: Place) -> None:
    """So `heliograph up --simulator` works whatever the file says."""
    environ = {"HELIOGRAPH_TENANTS__CONTOSO__CLIENT_SECRET": "simulated"}
    tenant = place.load(a_tenant('managed_identity = "system"'), environ).tenants["contoso"]
    assert tenant.credential == ClientSecret(secret=Secret("simulated"))


def test_a_federated_token_can_be_named_by_a_variable_of_ours(place: Place) -> None:
    path = place.write("token", JWT)
    environ = {"HELIOGRAPH_TENANTS__CONTOSO__FEDERATED_TOKEN_FILE": str(path)}
    tenant = place.load(TENANT, environ).tenants["contoso"]
    assert tenant.credential == FederatedToken(token=SecretFile(path))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('certificate = { file = "none" }', "expected a readable file, got file none (No such"),
        ('certificate = { file = { env = "NONE" } }', "a path in the environment variable NONE"),
        ("certificate = { file = 7 }", "expected a reference like"),
        ('certificate = { env = "NONE" }', "the environment variable NONE, got nothing"),
        ('certificate = "-----BEGIN"', "expected a reference like"),
        ('certificate = { file = "secrets/root" }', "expected PEM or PFX with a certificate"),
        ('federated_token = { file = "secrets/root" }', "expected a token of three parts"),
        ('managed_identity = "mine"', "expected one of system, user"),
    ],
)
def test_a_credential_that_cannot_be_used_is_one_fault(place: Place, line: str, fault: str) -> None:
    (got,) = place.faults(a_tenant(line))
    assert fault in got


def test_no_credential_is_in_any_text_of_the_settings(place: Place, app: AppCertificate) -> None:
    environ = {"APP": app.pem.decode()}
    settings = place.load(a_tenant('certificate = { env = "APP" }'), environ)
    everything = f"{settings!r} {settings.effective!r}"
    assert "PRIVATE" not in everything
    assert app.key_pem().decode()[40:80] not in everything


def test_a_certificate_that_has_ended_is_told_by_check_alone(place: Place) -> None:
    """A process that starts must not be kept from the other tenants by it."""
    ends = datetime(2026, 5, 1, tzinfo=UTC)
    place.write("app.pem", an_app_certificate(ends=ends).pem.decode())
    tenants = place.load(a_tenant('certificate = { file = "app.pem" }')).tenants
    refuse_outdated(tenants, now=ends - timedelta(days=1))
    with pytest.raises(SettingsInvalid, match="valid now, got one from 2024-05-01 to 2026-05-01"):
        refuse_outdated(tenants, now=ends)
