"""A keeper in a test: on a real Redis, and on a Graph of a few lines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
from redis.asyncio import Redis

from heliograph.client_state import ClientStates
from heliograph.encryption_keys import EncryptionKeys
from heliograph.errors import Conflict, Forbidden, GraphError, Invalid, NotFound
from heliograph.graph.subscriptions import NewSubscription, PublicKey, Subscription
from heliograph.graph.values.objects import DirectoryObject, User
from heliograph.keeping.carrier import Carrier
from heliograph.keeping.expansion import Expander
from heliograph.keeping.mirror import Mirror
from heliograph.keeping.reading import Reader
from heliograph.keeping.records import Records
from heliograph.keeping.tenancy import Tenancy
from heliograph.keeping.troubles import Addresses
from heliograph.lease import Lease
from heliograph.orders import KEY as ORDERS_KEY
from heliograph.orders import Orders
from heliograph.queue.connection import BLOCK_AT_MOST, connect
from heliograph.registrations import Registrations, Settled
from heliograph.sealing import Sealer
from heliograph.settings import ClientSecret, Secret, SubscriptionWish, Tenant
from heliograph.subscriptions import Registration
from listener.keeper import Keeper
from listener.keeper_tenant import TenantKeeper

ADDRESSES = Addresses.below("https://example.org/heliograph/")
PROOFS = ClientStates([b"k" * 32])
SOON = 5.0

HANDSHAKE = Invalid("Graph answered 400: ValidationError", status=400, code="ValidationError")
QUOTA = Forbidden(
    "Graph answered 403: ExtensionError: Operation: Create; Exception: [Status Code: Forbidden; "
    "Reason: Maximum number of subscriptions has been reached]",
    status=403,
    code="ExtensionError",
)


def a_tenant(name: str = "contoso") -> Tenant:
    return Tenant(
        name=name, tenant_id=f"t-{name}", client_id="c", credential=ClientSecret(secret=Secret("x"))
    )


def a_wish(resource: str = "users", **fields: object) -> SubscriptionWish:
    given = {"change_types": ("updated", "deleted"), "tenant": "contoso", **fields}
    return SubscriptionWish(resource=resource, **given)  # type: ignore[arg-type]  # a builder


@dataclass
class AGraph:
    """Graph's subscriptions, without any network. *refusals* are raised by `create`, in order."""

    refusals: list[GraphError] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    held: dict[str, Subscription] = field(default_factory=dict)
    asked: list[NewSubscription] = field(default_factory=list)
    refuses: dict[str, GraphError] = field(default_factory=dict)
    takes_certificates: bool = True
    at_create: Callable[[NewSubscription], object] | None = None
    numbers: Iterable[int] = field(default_factory=count)

    async def create(self, wish: NewSubscription, *, permission: str | None = None) -> Subscription:
        self.calls.append("create")
        if self.at_create is not None:
            outcome = self.at_create(wish)
            if asyncio.iscoroutine(outcome):
                await outcome
        if self.refusals:
            raise self.refusals.pop(0)
        for other in self.held.values():
            if (other.resource, other.change_type) == (wish.resource, wish.change_type):
                raise Conflict(f"Subscription Id {other.id} already exists", status=409)
        self.asked.append(wish)
        return self.hold(wish)

    def hold(self, wish: NewSubscription) -> Subscription:
        id_ = f"00000000-0000-0000-0000-{next(iter(self.numbers)):012x}"
        self.held[id_] = Subscription(
            id=id_,
            resource=wish.resource,
            change_type=wish.change_type,
            notification_url=wish.notification_url,
            expiration_date_time=wish.expiration_date_time,
            client_state=wish.client_state,
            application_id="c",
            encryption_certificate_id=wish.encryption_certificate_id,
        )
        return self.held[id_]

    async def get(self, subscription: str) -> Subscription:
        self.calls.append("get")
        return self._of(subscription)

    async def list(self) -> AsyncIterator[Subscription]:
        self.calls.append("list")
        for subscription in list(self.held.values()):
            yield msgspec.structs.replace(subscription, client_state=None)

    async def renew_many(
        self, ends: Mapping[str, datetime]
    ) -> dict[str, Subscription | GraphError]:
        self.calls.append("renew")
        return {id_: self._renewed(id_, until) for id_, until in ends.items()}

    def _renewed(self, id_: str, until: datetime) -> Subscription | GraphError:
        if id_ in self.refuses:
            return self.refuses[id_]
        try:
            found = msgspec.structs.replace(self._of(id_), expiration_date_time=until)
        except NotFound as error:
            return error
        self.held[id_] = found
        return found

    async def rekey(self, subscription: str, key: PublicKey, *, until: datetime) -> Subscription:
        self.calls.append("rekey")
        found = msgspec.structs.replace(self._of(subscription), expiration_date_time=until)
        if self.takes_certificates:
            found = msgspec.structs.replace(found, encryption_certificate_id=key.id)
        self.held[subscription] = found
        return found

    async def delete(self, subscription: str) -> None:
        self.calls.append("delete")
        self.held.pop(subscription, None)

    def _of(self, id_: str) -> Subscription:
        if id_ not in self.held:
            raise NotFound("Graph answered 404: ResourceNotFound", status=404)
        return self.held[id_]


@dataclass
class ADirectory:
    """Users and groups, without any network. What is unset cannot be found."""

    ids: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def groups(self) -> "ADirectory":
        return self

    @property
    def users(self) -> "ADirectory":
        return self

    async def members(
        self, group: str, *, select: Sequence[str] = ()
    ) -> AsyncIterator[DirectoryObject]:
        for id_ in self._of(group):
            yield DirectoryObject(id=id_, odata_type="#microsoft.graph.user")

    async def list(self, *, select: Sequence[str] = (), where: str = "") -> AsyncIterator[User]:
        for id_ in self._of(where):
            yield User(id=id_, mail=f"{id_}@contoso.example")

    def _of(self, name: str) -> Sequence[str]:
        if name not in self.ids:
            raise NotFound("Graph answered 404: ResourceNotFound", status=404)
        return self.ids[name]


Kept = tuple[Tenant, AGraph, Sequence[SubscriptionWish]]


def a_foreign_wish(resource: str = "users", client_state: str = "theirs") -> NewSubscription:
    return NewSubscription(
        resource=resource,
        change_type="deleted,updated",
        notification_url=ADDRESSES.notifications,
        expiration_date_time=datetime.now(UTC) + timedelta(days=20),
        client_state=client_state,
    )


@dataclass
class House:
    """A Redis, and what the keeper knows through it."""

    redis: Redis
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    resyncs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def registrations(self) -> Registrations:
        return Registrations(self.redis)

    @property
    def orders(self) -> Orders:
        return Orders(self.redis)

    directory: ADirectory = field(default_factory=ADirectory)
    proofs: ClientStates = PROOFS

    @classmethod
    def at(cls, url: str, **fields: Any) -> "House":
        """One over the Redis at *url*."""
        return cls(connect(url, answer_within=2 * BLOCK_AT_MOST), **fields)

    def keeper(self, *tenants: Kept) -> Keeper:
        records, orders = Records(self.registrations), self.orders
        keeper = Keeper(
            lease=Lease(self.redis),
            orders=orders,
            registrations=self.registrations,
            records=records,
            clock=lambda: self.now,
        )
        for kept in tenants:
            tenancy = self.tenancy(kept, records)
            keeper.add(TenantKeeper(tenancy, orders=orders, report=keeper.report))
        return keeper

    def tenancy(self, kept: Kept, records: Records) -> Tenancy:
        tenant, graph, wishes = kept
        mirror = Mirror(graph)
        return Tenancy(
            expander=Expander(
                name=tenant.name,
                app=tenant,
                wishes=wishes,
                directory=self.directory,
                records=records,
            ),
            reader=Reader(app=tenant, graph=mirror, records=records, client_states=self.proofs),
            carrier=Carrier(
                app=tenant,
                graph=mirror,
                records=records,
                client_states=self.proofs,
                keys=EncryptionKeys(self.redis, Sealer([b"r" * 32])),
                addresses=ADDRESSES,
                resync=self.resync,
                clock=lambda: self.now,
            ),
        )

    async def resync(self, registration: Registration, reason: str) -> None:
        self.resyncs.append((registration.resource, reason))

    async def recorded(self) -> dict[str, Registration]:
        """The live registrations, by resource."""
        found = await self.registrations.all()
        return {r.resource: r for r in found if r.replaced_at is None}


@asynccontextmanager
async def at_work(keeper: Keeper) -> AsyncIterator[None]:
    """*keeper* at work until the block ends."""
    stop = asyncio.Event()
    task = asyncio.create_task(keeper.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, SOON)


async def until(claim: Callable[[], object]) -> None:
    """Waits until *claim* (or what it gives, awaited) holds."""
    async with asyncio.timeout(SOON):
        while True:
            held = claim()
            if await held if asyncio.iscoroutine(held) else held:
                return
            await asyncio.sleep(0.01)


async def settled(house: House) -> Settled:
    await until(house.registrations.settled)
    found = await house.registrations.settled()
    assert found is not None
    return found


async def settle(house: House, graph: AGraph, *wishes: SubscriptionWish) -> None:
    """Lets a keeper work until Graph is as the *wishes* say."""
    async with at_work(house.keeper((a_tenant(), graph, list(wishes)))):
        await settled(house)


async def no_order_waits(house: House) -> bool:
    return not await house.redis.exists(ORDERS_KEY)
