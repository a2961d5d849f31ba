"""The section `tenants`: which tenants there are, and how the app proves itself in each."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from heliograph.errors import SettingsInvalid
from heliograph.settings import parse
from heliograph.settings.certificate import read_key_pair
from heliograph.settings.credentials import (
    Certificate,
    ClientSecret,
    Credential,
    FederatedToken,
    ManagedIdentity,
)
from heliograph.settings.parse import Expected, shown
from heliograph.settings.parts import Tenant
from heliograph.settings.reader import Section
from heliograph.settings.secret import STARS, Secret

CLOUDS = ("global", "usgov", "dod", "china")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_CREDENTIALS = ("client_secret", "certificate", "federated_token", "managed_identity")
_PERMISSION = re.compile(r"[A-Z][A-Za-z-]*(?:\.[A-Z][A-Za-z]*)+")
_JWT = re.compile(rb"\s*[\w-]+\.[\w-]+\.[\w-]+\s*")


def read_tenants(root: Section) -> dict[str, Tenant]:
    """The tenants by name. One Entra tenant stands once."""
    section = root.section("tenants")
    tenants = {name: _read_tenant(name, section.section(name)) for name in section.names()}
    for name in tenants:
        if not _NAME.fullmatch(name):
            expectation = "a name of up to 32 lower-case letters, digits, - and _"
            root.report.fault(section.key(name), expectation, shown(name))
    _refuse_doubles(section, tenants)
    return tenants


def _refuse_doubles(section: Section, tenants: dict[str, Tenant]) -> None:
    first: dict[str, str] = {}
    for name, tenant in tenants.items():
        other = first.setdefault(tenant.tenant_id, name)
        if tenant.tenant_id and other != name:
            got = f"that of tenants.{other}"
            section.report.fault(f"{section.key(name)}.tenant_id", "a tenant that stands once", got)


def _read_tenant(name: str, section: Section) -> Tenant:
    directory = section.report.directory
    tenant_id = section.value("tenant_id", parse.guid, "", required=True)
    client_id = section.value("client_id", parse.guid, "", required=True)
    tenant = Tenant(
        name=name,
        tenant_id=tenant_id,
        client_id=client_id,
        credential=_read_credential(section, client_id),
        cloud=section.value("cloud", parse.choice(*CLOUDS), "global"),
        graph=section.value("graph", parse.https, ""),
        authority=section.value("authority", parse.https, ""),
        ca_file=section.value("ca_file", parse.file_in(directory), None),
        delegated_permissions=section.value("delegated_permissions", _permissions, ()),
        preflight=section.value("preflight", parse.flag, default=True),
        directory_units=section.value("directory_units", parse.whole(1, 1_000_000), 3_500),
        directory_writes=section.value("directory_writes", parse.whole(1, 1_000_000), 3_000),
    )
    section.close()
    return tenant


def refuse_outdated(tenants: Mapping[str, Tenant], *, now: datetime) -> None:
    """Raises SettingsInvalid for certificates that are not valid at *now*, however sound else."""
    faults: list[str] = []
    for name, tenant in tenants.items():
        if isinstance(tenant.credential, Certificate):
            pair = tenant.credential.key_pair()
            if not pair.begins <= now < pair.ends:
                got = f"one from {pair.begins:%Y-%m-%d} to {pair.ends:%Y-%m-%d}"
                key = f"tenants.{name}.certificate"
                faults.append(f"{key}: expected a certificate that is valid now, got {got}")
    if faults:
        raise SettingsInvalid(faults)


def _read_credential(section: Section, client_id: str) -> Credential:
    """The one credential that is given; none, or more than one, is a fault."""
    given = section.secrets(*_CREDENTIALS)
    password = section.secret("certificate_password", "", show=lambda text: text and STARS)
    if len(given) != 1:
        expectation = "this, certificate, federated_token or managed_identity"
        got = " and ".join(given) or "nothing"
        section.report.fault(section.key("client_secret"), expectation, got)
    match given:
        case ["certificate"]:
            content = section.kept_secret("certificate", _certificate(password))
            return Certificate(content=content, password=password)
        case ["federated_token"]:
            return FederatedToken(token=section.kept_secret("federated_token", _federated_token))
        case ["managed_identity"]:
            whose = section.value("managed_identity", parse.choice("system", "user"), "system")
            return ManagedIdentity(client_id=client_id if whose == "user" else "")
        case ["client_secret"]:
            return ClientSecret(secret=section.secret("client_secret"))
        case _:
            return ClientSecret(secret=Secret(""))


def _permissions(value: object) -> tuple[str, ...]:
    names = parse.texts(value)
    if not all(_PERMISSION.fullmatch(name) for name in names):
        raise Expected('delegated permissions of Graph, such as ["Calendars.Read.Shared"]')
    return names


def _certificate(password: Secret) -> Callable[[bytes], str]:
    def look(content: bytes) -> str:
        pair = read_key_pair(content, password.reveal())
        return f"SHA-256 {pair.thumbprint}, valid until {pair.ends:%Y-%m-%d}"

    return look


def _federated_token(content: bytes) -> str:
    if not _JWT.fullmatch(content):
        raise Expected(
            "a token of three parts with dots between; where a variable holds the path of its "
            'file, { file = { env = "NAME" } }'
        )
    return STARS
