"""Serves the admin API beside the keeper: wired here, and bound as soon as its port is free."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

import structlog
import uvicorn
from starlette.applications import Starlette

from heliograph.graph.clouds import endpoints
from heliograph.keeping.tenancy import open_tenancies
from heliograph.orders import Orders
from heliograph.queue.deployment import for_keeper, open_deployment
from heliograph.queue.intake import Intake
from heliograph.registrations import Registrations
from heliograph.settings import AdminSettings, Settings
from heliograph.signing_keys import connect_keys
from listener.admin.access import Access, Tokens, no_tokens
from listener.admin.acts import Acts
from listener.admin.app import build
from listener.admin.entra import EntraTokens
from listener.admin.telling import Telling
from listener.protocol import DeadlineProtocol

BIND_AGAIN_SECONDS = 2.0
"""Two keepers on one machine share a port: the second serves when the first has gone."""

FINISH_WITHIN_SECONDS = 3
BACKLOG = 128

log = structlog.get_logger()


@asynccontextmanager
async def serving_admin(settings: Settings) -> AsyncIterator[None]:
    """Serves while the context lasts, where the settings take any credential."""
    if not settings.admin.is_open_to_anybody:
        log.info("admin.off", reason="the settings take no credential")
        yield
        return
    async with AsyncExitStack() as stack:
        app = await wire(settings, stack)
        server = Server(config_of(app))
        task = asyncio.create_task(_serve(server, settings.admin))
        try:
            yield
        finally:
            if server.started:
                server.should_exit = True
            else:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def wire(settings: Settings, stack: AsyncExitStack) -> Starlette:
    """The API that *settings* describe, for as long as *stack* lasts.

    It reads through tenancies of its own, so that no look of it stands in the keeper's way.
    """
    tenancies = await stack.enter_async_context(open_tenancies(settings))
    queue = await stack.enter_async_context(open_deployment(for_keeper(settings)))
    intake = Intake(queue.partitions)
    stack.push_async_callback(intake.close)
    acts = Acts(
        tenants=tenancies.all,
        records=tenancies.records,
        clock=tenancies.clock,
        registrations=Registrations(queue.redis),
        orders=Orders(queue.redis),
        telling=Telling(intake),
    )
    return build(acts, Access(settings.admin.keys, _tokens(settings, stack)))


def _tokens(settings: Settings, stack: AsyncExitStack) -> Tokens:
    """What reads Entra's tokens, where the settings name an audience."""
    admin = settings.admin
    if not admin.audience:
        return no_tokens
    tenant = settings.tenants[admin.tenant]
    where = endpoints(tenant)
    keys = connect_keys(where.keys_url, ca_file=tenant.ca_file)
    stack.push_async_callback(keys.close)
    return EntraTokens(
        keys=keys,
        issuers=where.issuers,
        audience=admin.audience,
        tenant_id=tenant.tenant_id,
    )


class Server(uvicorn.Server):
    """A server inside a process that has its own mind about signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def config_of(app: Starlette) -> uvicorn.Config:
    """How *app* is served: with deadlines, and without a word about what serves it."""
    return uvicorn.Config(
        app,
        http=DeadlineProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=FINISH_WITHIN_SECONDS,
        # Nobody else's word is taken for who the client is (threat S27).
        proxy_headers=False,
    )


async def _serve(server: uvicorn.Server, settings: AdminSettings) -> None:
    bound = await _bound(settings)
    host, port = bound.getsockname()[:2]
    log.info("admin.started", host=host, port=port)
    await server.serve(sockets=[bound])


async def _bound(settings: AdminSettings) -> socket.socket:
    """The socket, once the port is free."""
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    is_told = False
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if not is_told:
                log.warning("admin.port_taken", host=host, port=port, said=str(error))
            is_told = True
            await asyncio.sleep(BIND_AGAIN_SECONDS)
