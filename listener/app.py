"""The composition root of the listener: settings meet objects here, and nowhere else."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Lifespan

from heliograph.background import going_on
from heliograph.client_state import PURPOSE, ClientStates
from heliograph.graph.clouds import endpoints
from heliograph.queue.deployment import Deployment
from heliograph.queue.gates import Check, Gates
from heliograph.queue.intake import Intake, Pace
from heliograph.queue.self_check import check
from heliograph.registrations import Registrations
from heliograph.sealing import derive
from heliograph.settings import Settings, Tenant
from heliograph.signing_keys import SigningKeys, connect_keys
from heliograph.validation_tokens import App, Trust
from listener.bodies import Bodies
from listener.checks import Checks
from listener.endpoints import Door, Health, Notifications, Readiness
from listener.known import Known
from listener.tally import Tally


def build(settings: Settings, readiness: Readiness | None = None) -> Starlette:
    """The listener that *settings* describe. *readiness* tells when the process drains."""
    queue = Deployment.of(settings)
    gates = Gates(queue.partitions, settings.back_pressure, check=_self_check(queue, settings))
    intake = Intake(queue.partitions, pace=Pace.of(settings.back_pressure), gates=gates)
    tenants = settings.tenants.values()
    keys = {
        url: connect_keys(url, ca_file=tenant.ca_file)
        for tenant in tenants
        for url in (endpoints(tenant).keys_url,)
    }
    states = ClientStates([derive(root, PURPOSE) for root in settings.root_keys])
    door = Door(
        checks=Checks(
            client_states=states,
            known=Known(Registrations(queue.redis)),
            apps={_app(tenant): _trust(tenant, keys) for tenant in tenants},
        ),
        intake=intake,
        tally=Tally({tenant.tenant_id.lower(): tenant.name for tenant in tenants}),
        bodies=Bodies(),
        readiness=readiness or Readiness(),
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(queue.redis.aclose)
            stack.push_async_callback(intake.close)
            await gates.open()
            await stack.enter_async_context(going_on(gates.watch()))
            for signing_keys in keys.values():
                await stack.enter_async_context(_kept(signing_keys))
            yield

    return application(door, prefix=urlsplit(settings.listener.public_url).path, lifespan=lifespan)


def application(
    door: Door, *, prefix: str = "", lifespan: Lifespan[Starlette] | None = None
) -> Starlette:
    """The routes, at the root and below the *prefix* that a proxy may leave in the path."""
    health = Health(door)
    routes = [
        Route(f"{place}/graph/{name}", Notifications(door, route=name))
        for place in dict.fromkeys(("", prefix.rstrip("/")))
        for name in ("notifications", "lifecycle")
    ]
    routes += [Route("/healthz", health.alive), Route("/readyz", health.ready)]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False
    return app


def _app(tenant: Tenant) -> App:
    return (tenant.client_id.lower(), tenant.tenant_id.lower())


def _trust(tenant: Tenant, keys: Mapping[str, SigningKeys]) -> Trust:
    where = endpoints(tenant)
    return Trust(key_of=keys[where.keys_url].cached, issuers=where.issuers)


def _self_check(queue: Deployment, settings: Settings) -> Check:
    return lambda: check(queue.redis, settings.redis, lease=settings.workers.lease)


@asynccontextmanager
async def _kept(keys: SigningKeys) -> AsyncIterator[None]:
    """Keeps *keys* fresh behind the answers, never before one."""
    async with going_on(keys.keep()):
        yield
    await keys.close()
