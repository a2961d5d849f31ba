"""The HTTP server of the listener: uvicorn with deadlines, and an orderly end.

On SIGTERM or SIGINT readiness goes off and answers close their connections; a moment later nothing
new is accepted, what is in flight ends, and the process exits.
"""

import asyncio
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from starlette.applications import Starlette

from heliograph.settings import ListenerSettings
from listener.endpoints import Readiness
from listener.protocol import DeadlineProtocol

DRAIN_SECONDS = 1.0
"""Between readiness off and the last accepted connection, for the proxy in front to notice."""

FINISH_WITHIN_SECONDS = 3
KEEP_ALIVE_SECONDS = 60
BACKLOG = 2_048

log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn's server, which drains before it stops accepting."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness) -> None:
        super().__init__(config)
        self._readiness = readiness

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or ():
            host, port = bound.getsockname()[:2]
            log.info("listener.started", host=host, port=port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's own, does not raise the signal again: an orderly end is a success."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for signum in signals:
            loop.add_signal_handler(signum, self._drain)
        try:
            yield
        finally:
            for signum in signals:
                loop.remove_signal_handler(signum)

    def _drain(self) -> None:
        if self._readiness.is_draining:  # asked twice: somebody is in a hurry
            self.should_exit = True
            return
        self._readiness.is_draining = True
        log.info("listener.draining")
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def serve(app: Starlette, settings: ListenerSettings, readiness: Readiness) -> None:
    """Serves *app* until SIGTERM or SIGINT."""
    _raise_file_limit()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=DeadlineProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_WITHIN_SECONDS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        # Nobody's word is taken for who the client is but that of named proxies (threat S27).
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=list(settings.forwarded_allow_ips),
    )
    with _bound(settings.host, settings.port) as bound:
        Server(config, readiness).run(sockets=[bound])
        log.info("listener.ended")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _raise_file_limit() -> None:
    """Each connection is a file; the customary soft limit of 1,024 is soon reached."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
