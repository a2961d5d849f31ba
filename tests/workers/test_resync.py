"""What notifications missed is found by delta queries: on the simulator, which notified nobody."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis

from heliograph.delta_links import KEY, DeltaLinks
from heliograph.graph import GraphClient, open_client
from heliograph.queue.calls import Calls
from heliograph.queue.connection import connect
from heliograph.queue.intake import Arrival
from heliograph.queue.partition import Partition
from heliograph.resources import from_subscription
from heliograph.sealing import Sealer
from heliograph.simulator import Options, Running, running
from heliograph.simulator.activity import TRIGGERS, Wish
from heliograph.subscriptions import Registration
from tests.heliograph.graph.conftest import tenant_of
from workers.baseline import Baseline
from workers.resync import Resync

SEALER = Sealer([b"r" * 32])


@dataclass
class Desk:
    """A resync over a simulator, and what it let in. It knows whatever registration it is given."""

    simulator: Running
    graph: GraphClient
    redis: Redis
    arrivals: list[Arrival] = field(default_factory=list)
    registrations: dict[str, Registration] = field(default_factory=dict)

    async def get(self, id_: str) -> Registration | None:
        return self.registrations.get(id_)

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        self.arrivals += arrivals

    @property
    def user(self) -> str:
        """Somebody who has a mailbox."""
        return str(self.happen("messages.received")["user"])

    def happen(self, event: str, **wish: Any) -> Mapping[str, Any]:
        return TRIGGERS.pull(self.simulator.world, Wish(event=event, **wish))

    async def resync(self, resource: str, **fields: object) -> list[tuple[str, str]]:
        """What the resync of *resource* finds: change types and ids."""
        watched = from_subscription(resource)
        registration = Registration(
            id="r1",
            tenant_id=self.graph.tenant.tenant_id,
            client_id="c",
            resource=resource,
            kind=watched.kind,
            owner=watched.owner,
            **fields,  # type: ignore[arg-type]  # a builder
        )
        self.registrations["r1"] = registration
        self.arrivals.clear()
        partition = Partition(Calls(self.redis), SEALER)
        graphs = {registration.tenant_id: self.graph}
        links = DeltaLinks(self.redis, SEALER)
        baseline = Baseline(graphs, [partition], self)  # type: ignore[arg-type]  # it only gets
        await Resync(graphs, self, links, self, baseline=baseline)("r1")
        assert {arrival.news.source for arrival in self.arrivals} <= {"delta"}
        return sorted((a.news.change_type or "", a.lane.id) for a in self.arrivals)


@pytest.fixture
async def desk(redis_url: str) -> AsyncIterator[Desk]:
    redis = connect(redis_url)
    async with running(Options(seed=7)) as simulator, open_client(tenant_of(simulator)) as graph:
        yield Desk(simulator, graph, redis)
    await redis.aclose()


async def test_where_a_watch_begins_nothing_is_told(desk: Desk) -> None:
    assert await desk.resync("users") == []
    assert await desk.resync("users") == []


async def test_users_who_came_changed_and_went_are_found(desk: Desk) -> None:
    await desk.resync("users")
    new = desk.happen("users.created")["id"]
    changed = desk.happen("users.updated", set={"department": "Found"})["id"]
    gone = desk.happen("users.deleted", user=desk.happen("users.created")["id"])["id"]
    found = await desk.resync("users")
    assert {id_ for _, id_ in found} >= {new, changed, gone}
    assert ("created", new) in found
    assert ("deleted", gone) in found
    assert await desk.resync("users") == []


async def test_groups_whose_members_changed_are_found(desk: Desk) -> None:
    await desk.resync("groups")
    group = desk.happen("groups.created")["id"]
    desk.happen("groups.member_added", group=group)
    assert group in {id_ for _, id_ in await desk.resync("groups")}


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("messages", "messages.received"),
        ("mailFolders('inbox')/messages", "messages.received"),
        ("contacts", "contacts.created"),
        ("events", "events.created"),
    ],
    ids=["a whole mailbox", "a folder", "contacts", "events"],
)
async def test_what_came_into_a_mailbox_is_found(desk: Desk, kind: str, event: str) -> None:
    user = desk.user
    resource = f"users/{user}/{kind}"
    assert await desk.resync(resource) == []
    for _ in range(3):
        desk.happen(event, user=user)
    found = await desk.resync(resource)
    assert len({id_ for _, id_ in found}) == 3
    assert {arrival.lane.owner for arrival in desk.arrivals} == {user}
    assert {word for word, _ in found} == {"created"}
    assert await desk.resync(resource) == []


async def test_a_mailbox_named_by_its_address_has_the_lanes_of_its_owners_id(desk: Desk) -> None:
    user = desk.user
    name = (await desk.graph.users.get(user, select=("userPrincipalName",))).user_principal_name
    resource = f"users/{name}/contacts"
    await desk.resync(resource)
    desk.happen("contacts.created", user=user)
    await desk.resync(resource)
    assert [arrival.lane.owner for arrival in desk.arrivals] == [user]


async def test_a_link_that_graph_knows_no_more_begins_again_and_finds_the_rest(desk: Desk) -> None:
    """410: the directory tells everything, and the snapshots know what of it is news."""
    await desk.resync("users")
    new = desk.happen("users.created")["id"]
    desk.simulator.world.switches.oldest_delta = desk.simulator.world.clock.now().timestamp()
    found = await desk.resync("users")
    assert new in {id_ for _, id_ in found}
    assert len(found) > 10


async def test_one_user_or_group_is_simply_looked_at(desk: Desk) -> None:
    user = desk.user
    assert await desk.resync(f"users/{user}") == [("updated", user)]


async def test_a_filtered_watch_lets_nothing_in_that_does_not_match(desk: Desk) -> None:
    user = desk.user
    resource = f"users/{user}/messages"
    await desk.resync(resource)
    desk.happen("messages.received", user=user)
    assert await desk.resync(resource, filter="isRead eq true") == []


async def test_links_lie_sealed_in_redis(desk: Desk) -> None:
    await desk.resync("users")
    stored = await desk.redis.execute_command("HGETALL", KEY)
    assert len(stored) == 1
    assert b"deltatoken" not in b"".join(stored.values()).lower()
