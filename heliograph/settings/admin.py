"""The section `admin`: where the admin API listens, and whose credentials it takes.

A key stands here by its hash alone. Without keys and without an audience nobody could come in, and
nothing is served.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from heliograph.settings import parse
from heliograph.settings.parts import Tenant
from heliograph.settings.reader import Section
from heliograph.settings.secret import STARS

AdminRole = Literal["read", "write"]

_HOST = r"[A-Za-z0-9.:_-]+"
_is_hash = re.compile(r"[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminKey:
    """A static key: its *name* stands in the audit log, *sha256* is the hash of the key in hex."""

    name: str
    sha256: str
    role: AdminRole


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """The admin API, which the keeper's process serves."""

    host: str = "127.0.0.1"
    port: int = 8082
    """0 takes a free one."""
    keys: tuple[AdminKey, ...] = ()
    audience: str = ""
    """What access tokens of Entra must be for; empty takes none."""
    tenant: str = ""
    """The name of the tenant that they must come from."""

    @property
    def is_open_to_anybody(self) -> bool:
        """Whether there is any credential that would be taken."""
        return bool(self.keys or self.audience)


def read_admin(root: Section, tenants: Mapping[str, Tenant]) -> AdminSettings:
    """The section `admin`; *tenants* are those whose tokens it may name."""
    section = root.section("admin")
    default = next(iter(tenants)) if len(tenants) == 1 else ""
    keys = section.section("keys")
    admin = AdminSettings(
        host=section.value("host", parse.matching(_HOST, "a host name or address"), "127.0.0.1"),
        port=section.value("port", parse.whole(0, 65535), 8082),
        keys=tuple(_read_key(name, keys.section(name)) for name in keys.names()),
        audience=section.value("audience", parse.text, ""),
        tenant=section.value("tenant", parse.text, default),
    )
    if admin.audience and admin.tenant not in tenants:
        expectation = "the name of the tenant whose tokens are taken: " + ", ".join(tenants)
        section.report.fault(section.key("tenant"), expectation, parse.shown(admin.tenant))
    section.close()
    return admin


def _read_key(name: str, section: Section) -> AdminKey:
    key = AdminKey(
        name=name,
        sha256=section.value("sha256", _hash, ""),
        role=cast(AdminRole, section.value("role", parse.choice("read", "write"), "read")),
    )
    if not key.sha256:
        # What is no hash may be the key itself, put there by mistake: it is not shown.
        expectation = "the hash that `heliograph admin key` shows, 64 digits of hex"
        section.report.fault(section.key("sha256"), expectation, STARS)
    section.close()
    return key


def _hash(value: object) -> str:
    """*value* where it is a hash, else nothing."""
    return value if isinstance(value, str) and _is_hash(value) else ""
