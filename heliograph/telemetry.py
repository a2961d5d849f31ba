"""Logs, one JSON object a line, and metrics, by the names that operators already know.

No secrets and no contents: names of fields that could hold either are blotted out, whoever logs
them. Metrics carry no ids. The core does neither; edges and applications do.
"""

import asyncio
import atexit
import io
import logging
import logging.config
import sys
import threading
from collections import deque
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from structlog.typing import Processor

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
GRAPH_REQUESTS = Counter(
    "heliograph_graph_requests",
    "Requests to Graph, by template of the path",
    ("method", "template", "status"),
    registry=REGISTRY,
)
GRAPH_SECONDS = Histogram(
    "heliograph_graph_request_duration_seconds",
    "Answer time of Graph",
    ("method", "template", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
GRAPH_THROTTLED = Counter(
    "heliograph_graph_throttled",
    "429s of Graph, those inside of batches too",
    ("tenant", "workload"),
    registry=REGISTRY,
)
GRAPH_THROTTLE_WAIT_SECONDS = Counter(
    "heliograph_graph_throttle_wait_seconds",
    "Time that calls stood still for Graph's limits",
    ("tenant", "workload"),
    registry=REGISTRY,
)
LANES_PENDING = Gauge("heliograph_lanes_pending", "Lanes that wait", registry=REGISTRY)
RUNS_PENDING = Gauge("heliograph_runs_pending", "Lanes of runs that wait", registry=REGISTRY)
LANE_OLDEST = Gauge(
    "heliograph_lane_oldest_age_seconds", "How long the oldest look is overdue", registry=REGISTRY
)
RUN_OLDEST = Gauge(
    "heliograph_run_oldest_age_seconds", "How long the oldest run is overdue", registry=REGISTRY
)
DEAD_LETTERS = Gauge("heliograph_dead_letters", "Work that waits for a person", registry=REGISTRY)
REDIS_SAFE = Gauge(
    "heliograph_redis_safe", "1 where Redis is as required", ("check",), registry=REGISTRY
)
REDIS_EVICTED = Gauge(
    "heliograph_redis_evicted_keys", "Keys that Redis threw away: lost work", registry=REGISTRY
)
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
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _named(service),
        blot,
    ]
    out = _Turns(sys.stdout)
    if sys.stdout.isatty():
        render_line: Processor = structlog.dev.ConsoleRenderer(
            event_key="event_name", timestamp_key="timestamp"
        )
        final = [render_line]
    else:
        final = [structlog.processors.format_exc_info, _json]
    structlog.configure(
        processors=[*shared, *final],
        # Not by way of the standard library: that would cost more than to store a notification.
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(out),  # type: ignore[arg-type]  # it only writes
        cache_logger_on_first_use=True,
    )
    foreign = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(foreign)
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for noisy in ("arq", "httpx", "httpcore", "hpack", "msal", "urllib3", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Turns(io.TextIOBase):
    """Writes what was said in one turn of the event loop in one piece, and before the process ends.

    A system call for each line would cost as much as to store the notification that it tells of.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: deque[str] = deque()
        self._writing = threading.Lock()
        atexit.register(self._write_out)

    def write(self, text: str) -> int:
        """Takes *text* down; what a thread without an event loop says is written at once."""
        self._said.append(text)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write_out()
        else:
            if len(self._said) == 1:
                loop.call_soon(self._write_out)
        return len(text)

    def _write_out(self) -> None:
        with self._writing:
            said = [self._said.popleft() for _ in range(len(self._said))]
            self._stream.write("".join(said))
            self._stream.flush()


def _json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


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
    for name, value in list(event.items()):
        if value is None and name != "exc_info":
            del event[name]
        elif isinstance(value, Secret) or _is_secret(name):
            event[name] = BLOTTED
        else:
            event[name] = _cleaned(value)
    return event


def clean(text: str) -> str:
    """*text* cut, and without control characters: one record stays one record."""
    if len(text) <= LONGEST and text.isprintable():
        return text
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "..."
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in cut)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(str(name)): _cleaned(item) for name, item in value.items()}
    return value


@lru_cache(maxsize=4_096)
def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _SECRET_WORDS)
