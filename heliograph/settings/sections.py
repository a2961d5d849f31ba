"""The sections of `heliograph.toml`: which keys there are, and what each must be."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from heliograph.settings import parse
from heliograph.settings.parse import Expected
from heliograph.settings.parts import (
    AuditSettings,
    HandlerSettings,
    ListenerSettings,
    WorkerSettings,
)
from heliograph.settings.queueing import functions
from heliograph.settings.reader import Section
from heliograph.settings.secret import STARS, Secret, has_password, without_password

LOG_LEVELS = ("debug", "info", "warning", "error")
MAX_ROOT_SECRETS = 2

_MODULE = r"[A-Za-z_][\w-]*(\.[A-Za-z_]\w*)*"
_HOST = r"[A-Za-z0-9.:_-]+"


def read_listener(root: Section) -> ListenerSettings:
    """The section `listener`."""
    section = root.section("listener")
    directory = section.report.directory
    listener = ListenerSettings(
        host=section.value("host", parse.matching(_HOST, "a host name or address"), "127.0.0.1"),
        port=section.value("port", parse.whole(0, 65535), 8080),
        public_url=section.value("public_url", parse.https, ""),
        tls_certificate=section.value("tls_certificate", parse.file_in(directory), None),
        tls_key=section.value("tls_key", parse.file_in(directory), None),
        forwarded_allow_ips=section.value("forwarded_allow_ips", _networks, ()),
    )
    for one, other in (("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")):
        if section.has(one) and not section.has(other):
            section.report.fault(section.key(other), f"a file to go with {one}", "nothing")
    section.close()
    return listener


def _networks(value: object) -> tuple[str, ...]:
    networks = parse.texts(value)
    try:
        return tuple(str(ip_network(network)) for network in networks)
    except ValueError as error:
        raise Expected("addresses or networks like 10.0.0.0/8, never *") from error


def read_workers(root: Section) -> WorkerSettings:
    """The section `workers`."""
    section = root.section("workers")
    lease = parse.duration(timedelta(seconds=1), timedelta(minutes=10))
    workers = WorkerSettings(
        concurrency=section.value("concurrency", parse.whole(1, 10_000), 100),
        lease=section.value("lease", lease, timedelta(seconds=15)),
        functions=section.value("functions", functions, ()),
        health_host=section.value(
            "health_host", parse.matching(_HOST, "a host name or address"), "127.0.0.1"
        ),
        health_port=section.value("health_port", parse.whole(0, 65535), 8081),
    )
    section.close()
    return workers


def read_audit(root: Section) -> AuditSettings:
    """The section `audit`. A URL with a password in it must be a reference."""
    section = root.section("audit")
    default = f"sqlite:///{section.report.directory / 'audit.db'}"
    url = section.secret(
        "url", default, plain=lambda url: not has_password(url), show=without_password
    )
    if not url.reveal().startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        section.report.fault(section.key("url"), "sqlite:///path or postgresql://...", STARS)
    section.close()
    return AuditSettings(url=Secret(_absolute(url.reveal(), section.report.directory)))


def _absolute(url: str, directory: Path) -> str:
    """An SQLite *url* whose path begins at *directory*, wherever the process runs."""
    path = url.removeprefix("sqlite:///")
    return url if path == url or not path else f"sqlite:///{directory / path}"


def read_handlers(root: Section) -> dict[str, HandlerSettings]:
    """The handlers by name."""
    section = root.section("handlers")
    return {name: _read_handler(name, section.section(name)) for name in section.names()}


def _read_handler(name: str, section: Section) -> HandlerSettings:
    module = parse.matching(_MODULE, "an import path or the name of an entry point")
    handler = HandlerSettings(
        name=name,
        module=section.value("module", module, f"handlers.{name}"),
        settings=section.free("settings"),
    )
    section.close()
    return handler


def read_root_secrets(root: Section) -> tuple[Secret, ...]:
    """The root secrets, newest first; each is 32 bytes as base64."""
    section = root.section("secrets")
    secrets = section.references("root", {"file": "secrets/root"})
    for secret in secrets:
        try:
            parse.root_secret(secret.reveal())
        except Expected as error:
            section.report.fault(section.key("root"), str(error), STARS)
    if len(secrets) > MAX_ROOT_SECRETS:
        section.report.fault(section.key("root"), "one secret, or two to rotate", str(len(secrets)))
    section.close()
    return tuple(secrets)


def read_log_level(root: Section) -> str:
    """The section `log`."""
    section = root.section("log")
    level = section.value("level", parse.choice(*LOG_LEVELS), "info")
    section.close()
    return level
