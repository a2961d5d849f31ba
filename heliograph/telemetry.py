"""Logs, one JSON object a line, and metrics, by the names that operators already know.

No secrets and no contents: names of fields that could hold either are blotted out, whoever logs
them. Metrics carry no ids. The core does neither; edges and applications do.
"""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from heliograph.settings import Secret

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
DELAYS = (*SECONDS, 30, 60, 300, 900, 3600)

REGISTRY = CollectorRegistry()
"""Of our own: what else the process measures is not ours to show."""

HTTP_SECONDS = Histogram(
    "heliograph_http_request_duration_seconds",
    "Answer time of the endpoints",
    ("route", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
RECEIVED = Counter(
    "heliograph_notifications_received",
    "Accepted items",
    ("tenant", "kind", "source"),
    registry=REGISTRY,
)
REJECTED = Counter(
    "heliograph_notifications_rejected",
    "Dropped items",
    ("tenant", "reason"),
    registry=REGISTRY,
)
HANDSHAKES = Counter(
    "heliograph_handshakes", "Validation requests answered", ("result",), registry=REGISTRY
)
LIFECYCLE_EVENTS = Counter(
    "heliograph_lifecycle_events",
    "Lifecycle notifications",
    ("tenant", "event"),
    registry=REGISTRY,
)
OBSERVE_SECONDS = Histogram(
    "heliograph_observe_duration_seconds",
    "One look at one resource",
    ("kind", "outcome"),
    buckets=SECONDS,
    registry=REGISTRY,
)
CHANGES = Counter(
    "heliograph_changes", "Classified changes", ("tenant", "kind", "what"), registry=REGISTRY
)
RUN_SECONDS = Histogram(
    "heliograph_run_duration_seconds",
    "Work of handlers",
    ("handler",),
    buckets=DELAYS,
    registry=REGISTRY,
)
RUN_WAIT_SECONDS = Histogram(
    "heliograph_run_wait_seconds",
    "Queued until started",
    ("handler",),
    buckets=DELAYS,
    registry=REGISTRY,
)
RUNS = Counter("heliograph_runs", "Ends of attempts", ("handler", "outcome"), registry=REGISTRY)
BUILD_INFO = Gauge("heliograph_build_info", "Constant 1", ("version", "python"), registry=REGISTRY)

BLOTTED = "********"
LONGEST = 2_000
"""Characters of one value in a log line."""

_SECRET_WORDS = (
    *("secret", "password", "token", "authorization", "client_state", "clientstate"),
    *("body", "content", "private", "certificate"),
)


def render() -> bytes:
    """The metrics, as Prometheus reads them."""
    return generate_latest(REGISTRY)


def configure(service: str, *, level: str = "info") -> None:
    """Sends all logs of the process to stdout, those of libraries included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _named(service),
        blot,
    ]
    is_terminal = sys.stdout.isatty()
    final: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(event_key="event_name", timestamp_key="timestamp")]
        if is_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("arq", "httpx", "httpcore", "hpack", "msal", "urllib3", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _named(service: str) -> structlog.typing.Processor:
    """Field names of OpenTelemetry's log data model."""

    def rename(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["event_name"] = event.pop("event", "")
        event["severity_text"] = str(event.pop("level", "info")).upper()
        event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        event["service.name"] = service
        return event

    return rename


def blot(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blots secrets out, cuts what is long, and drops fields that say nothing."""
    for name in list(event):
        value = event[name]
        if value is None and name != "exc_info":
            del event[name]
        elif isinstance(value, Secret) or any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = BLOTTED
        elif isinstance(value, str):
            event[name] = clean(value)
    return event


def clean(text: str) -> str:
    """*text* cut, and without control characters: one record stays one record."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "..."
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in cut)
