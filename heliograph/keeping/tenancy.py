"""What keeping the subscriptions of each tenant takes, put together from the settings."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from redis.asyncio import Redis

from heliograph.budgets import SharedBudgets
from heliograph.client_state import PURPOSE, ClientStates
from heliograph.encryption_keys import EncryptionKeys
from heliograph.graph.budget import Budget
from heliograph.graph.client import GraphClient, open_client
from heliograph.keeping.carrier import Carrier, Resync
from heliograph.keeping.expansion import Expander
from heliograph.keeping.key_ring import KeyRing
from heliograph.keeping.mirror import Mirror
from heliograph.keeping.pace import Paced, Paces
from heliograph.keeping.reading import Reader
from heliograph.keeping.records import Records
from heliograph.keeping.troubles import Addresses
from heliograph.notifications import News
from heliograph.queue.connection import BLOCK_AT_MOST
from heliograph.queue.deployment import for_keeper, open_deployment
from heliograph.queue.intake import Arrival, Intake
from heliograph.registrations import Registrations
from heliograph.sealing import derive
from heliograph.settings import Settings, Tenant
from heliograph.subscriptions import Registration, milliseconds
from heliograph.validation import lifecycle_lane

log = structlog.get_logger()

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """One tenant: what is wished for there, what there is, and how it is changed."""

    expander: Expander
    reader: Reader
    carrier: Carrier


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancies:
    """All tenants of a deployment, over one Redis."""

    redis: Redis
    records: Records
    keys: KeyRing
    clock: Clock
    all: list[Tenancy]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    records: Records
    keys: EncryptionKeys
    resync: Resync
    clock: Clock


@asynccontextmanager
async def open_tenancies(
    settings: Settings, *, clock: Clock = _now, budget_of: Callable[[Tenant], Budget] | None = None
) -> AsyncIterator[Tenancies]:
    """The tenants of *settings*, for as long as the context lasts.

    Without *budget_of* Graph's limits are kept for the whole deployment.
    """
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(open_deployment(for_keeper(settings)))
        # Longer than the blocking pop that waits for orders.
        redis = queue.connector.client(answer_within=2 * BLOCK_AT_MOST)
        stack.push_async_callback(redis.aclose)
        resyncs = Resyncs(Intake(queue.partitions), clock=clock)
        stack.push_async_callback(resyncs.close)
        shared = _Shared(
            records=Records(Registrations(redis)),
            keys=EncryptionKeys(redis, queue.sealer),
            resync=resyncs.ask,
            clock=clock,
        )
        if budget_of is None:
            budgets = SharedBudgets(redis)
            stack.push_async_callback(budgets.close)
            budget_of = _paced(budgets)
        found = []
        for tenant in settings.tenants.values():
            client = open_client(tenant, budget=budget_of(tenant))
            graph = await stack.enter_async_context(client)
            found.append(_tenancy(settings, tenant, graph, shared))
        ring = KeyRing(
            keys=shared.keys,
            registrations=Registrations(redis),
            partitions=queue.partitions,
            clock=clock,
        )
        yield Tenancies(redis=redis, records=shared.records, keys=ring, clock=clock, all=found)


def _paced(budgets: SharedBudgets) -> Callable[[Tenant], Budget]:
    of_app: dict[str, Paces] = defaultdict(Paces.of_app)
    return lambda tenant: Paced(budgets.of(tenant), of_app[tenant.client_id], Paces.of_tenant())


def _tenancy(settings: Settings, tenant: Tenant, graph: GraphClient, shared: _Shared) -> Tenancy:
    roots, records = settings.root_keys, shared.records
    states = ClientStates([derive(root, PURPOSE) for root in roots])
    mirror = Mirror(graph.subscriptions)
    return Tenancy(
        expander=Expander(
            name=tenant.name,
            app=tenant,
            wishes=[wish for wish in settings.subscriptions if wish.tenant == tenant.name],
            directory=graph,
            records=records,
        ),
        reader=Reader(app=tenant, graph=mirror, records=records, client_states=states),
        carrier=Carrier(
            app=tenant,
            graph=mirror,
            records=records,
            client_states=states,
            keys=shared.keys,
            addresses=Addresses.below(settings.listener.public_url),
            resync=shared.resync,
            clock=shared.clock,
        ),
    )


class Resyncs:
    """Asks the workers to look at what a subscription watches: they missed what came before it."""

    def __init__(self, intake: Intake, *, clock: Clock) -> None:
        self._intake = intake
        self._clock = clock

    async def ask(self, registration: Registration, reason: str) -> None:
        """Has everything looked at that *registration* watches. Raises QueueUnavailable."""
        news = News(
            registration=registration.id,
            subscription_id=registration.subscription_id or "",
            received_at=milliseconds(self._clock()),
            source="delta",
            lifecycle_event=reason,
        )
        lane = lifecycle_lane(registration)
        await self._intake.store([Arrival(lane=lane, news=news, urgent=True)])
        log.info("keeper.resync_wanted", resource=registration.resource, reason=reason)

    async def close(self) -> None:
        """Ends what goes on behind the scenes."""
        await self._intake.close()
