"""The configuration of a deployment, read once, by whoever starts a process.

`Settings.load` reads one TOML file and the environment, which goes before it: every value can come
from `HELIOGRAPH_SECTION__KEY`, secrets from `HELIOGRAPH_SECTION__KEY_FILE` too. It reports all
faults at once, and keeps where each value came from.
"""

import base64
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heliograph.errors import SettingsInvalid
from heliograph.settings.admin import AdminKey, AdminRole, AdminSettings, read_admin
from heliograph.settings.credentials import (
    Certificate,
    ClientSecret,
    Credential,
    FederatedToken,
    ManagedIdentity,
)
from heliograph.settings.parts import (
    Audience,
    AuditSettings,
    BackPressure,
    DeadLetterSettings,
    Effective,
    EveryMailbox,
    GroupMembers,
    HandlerSettings,
    ListenerSettings,
    RedisSettings,
    SubscriptionWish,
    Tenant,
    UsersMatching,
    WorkerSettings,
)
from heliograph.settings.queueing import read_back_pressure, read_dead_letters, read_redis
from heliograph.settings.reader import Section
from heliograph.settings.report import Report
from heliograph.settings.secret import Secret
from heliograph.settings.sections import (
    read_audit,
    read_handlers,
    read_listener,
    read_log_level,
    read_root_secrets,
    read_workers,
)
from heliograph.settings.tenants import read_tenants
from heliograph.settings.wishes import read_wishes

__all__ = [
    "FILE_NAME",
    "AdminKey",
    "AdminRole",
    "AdminSettings",
    "Audience",
    "AuditSettings",
    "BackPressure",
    "Certificate",
    "ClientSecret",
    "Credential",
    "DeadLetterSettings",
    "Effective",
    "EveryMailbox",
    "FederatedToken",
    "GroupMembers",
    "HandlerSettings",
    "ListenerSettings",
    "ManagedIdentity",
    "RedisSettings",
    "Secret",
    "Settings",
    "SubscriptionWish",
    "Tenant",
    "UsersMatching",
    "WorkerSettings",
    "load_audit",
]

FILE_NAME = "heliograph.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that two deployments of Heliograph can differ in."""

    directory: Path
    """Where the file stands; relative paths in it begin here."""
    tenants: Mapping[str, Tenant]
    subscriptions: tuple[SubscriptionWish, ...]
    listener: ListenerSettings
    workers: WorkerSettings
    redis: RedisSettings
    handlers: Mapping[str, HandlerSettings]
    audit: AuditSettings
    root_secrets: tuple[Secret, ...]
    """Base64, newest first; two while one is rotated."""
    dead_letters: DeadLetterSettings = field(default_factory=DeadLetterSettings)
    back_pressure: BackPressure = field(default_factory=BackPressure)
    admin: AdminSettings = field(default_factory=AdminSettings)
    log_level: str = "info"
    effective: tuple[Effective, ...] = ()
    """Each setting with its origin, for `heliograph check`."""

    @property
    def root_keys(self) -> tuple[bytes, ...]:
        """The root secrets as bytes, newest first, as `sealing` takes them."""
        return tuple(base64.b64decode(secret.reveal()) for secret in self.root_secrets)

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str]) -> "Settings":
        """The settings in the file *path*, overridden by *environ*.

        Raises SettingsInvalid with every fault, each with key, expectation and value.
        """
        report, root = _opened(path, environ)
        settings = cls._read(root)
        report.unknown_variables()
        if report.faults:
            raise SettingsInvalid(report.faults)
        return settings

    @classmethod
    def _read(cls, root: Section) -> "Settings":
        tenants = read_tenants(root)
        subscriptions = read_wishes(root, tenants)
        settings = cls(
            directory=root.report.directory,
            tenants=tenants,
            subscriptions=subscriptions,
            listener=read_listener(root),
            workers=read_workers(root),
            redis=read_redis(root),
            handlers=read_handlers(root),
            audit=read_audit(root),
            dead_letters=read_dead_letters(root),
            back_pressure=read_back_pressure(root),
            root_secrets=read_root_secrets(root),
            admin=read_admin(root, tenants),
            log_level=read_log_level(root),
            effective=tuple(root.report.effective),
        )
        if subscriptions and not settings.listener.public_url:
            expectation = "the https address by which Graph reaches this listener"
            root.report.fault("listener.public_url", expectation, "nothing")
        root.close()
        return settings


def load_audit(path: Path, environ: Mapping[str, str]) -> AuditSettings:
    """The audit section alone: who looks at the log needs no secret of a tenant.

    Raises SettingsInvalid with the faults of that section.
    """
    report, root = _opened(path, environ)
    audit = read_audit(root)
    if report.faults:
        raise SettingsInvalid(report.faults)
    return audit


def _opened(path: Path, environ: Mapping[str, str]) -> tuple[Report, Section]:
    """The empty report of the file *path*, and the root of its sections."""
    path = path.absolute()
    report = Report(path.parent, path.name, environ)
    return report, Section(report, (), _decode(path))


def _decode(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        fault = "expected a file, got none (`heliograph init` writes one)"
    except OSError as error:
        fault = f"expected a readable file, got: {error.strerror}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fault = f"expected TOML, got: {error}"
    raise SettingsInvalid([f"{path.name}: {fault}"])
