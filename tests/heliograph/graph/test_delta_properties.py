"""Whatever happens, and whenever one looks: who follows the directory ends with what is in there."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from heliograph.errors import GraphError
from heliograph.graph import GraphClient, open_client
from heliograph.simulator import Options, Running, running
from tests.heliograph.graph.conftest import tenant_of
from tests.heliograph.graph.observer import Observer

PEOPLE = 5
WATCHED = ("department", "jobTitle")
SWITCHES = ("delta_replays", "delta_empty_pages")


class Site:
    """A simulator, a client that acts on it by numbers, and two who follow."""

    def __init__(self, simulator: Running, graph: GraphClient) -> None:
        self.world = simulator.world
        self.graph = graph
        self.ids: list[str] = []
        self.groups: list[str] = []
        self.users = Observer(graph.delta.users(select=WATCHED).as_properties())
        self.teams = Observer(graph.delta.groups().as_properties())

    async def enter(self) -> "Site":
        """Learns who is there."""
        self.ids = [user.id async for user in self.graph.users.list()]
        self.groups = [group.id async for group in self.graph.groups.list()]
        return self

    async def create(self, _: str, __: str) -> None:
        name = f"new{uuid4().hex[:8]}"
        password = {"password": f"Xy1!{uuid4().hex}"}
        address = f"{name}@{self.world.tenant.domain}"
        given = {"displayName": name, "mailNickname": name, "userPrincipalName": address}
        made = await self.graph.users.create(
            {**given, "accountEnabled": True, "passwordProfile": password}
        )
        self.ids.append(made.id)

    async def move(self, user: str, group: str) -> None:
        await self.graph.users.update(user, {"department": f"near {group[:8]}"})

    async def promote(self, user: str, _: str) -> None:
        await self.graph.users.update(user, {"jobTitle": uuid4().hex})

    async def delete(self, user: str, _: str) -> None:
        await self.graph.users.delete(user)

    async def restore(self, user: str, _: str) -> None:
        await self.graph.directory.restore(user)

    async def purge(self, user: str, _: str) -> None:
        await self.graph.directory.purge(user)

    async def join(self, user: str, group: str) -> None:
        await self.graph.groups.add_member(group, user)

    async def leave(self, user: str, group: str) -> None:
        await self.graph.groups.remove_member(group, user)

    async def look(self, _: str = "", __: str = "") -> None:
        await self.users.look()
        await self.teams.look()

    async def expire(self, _: str, __: str) -> None:
        self.world.switches.oldest_delta = datetime.now(UTC).timestamp()

    async def act(self, name: str, who: int, where: int) -> None:
        """Does it, unless Graph refuses: some make no sense, such as to restore the living."""
        user, group = self.ids[who % len(self.ids)], self.groups[where % len(self.groups)]
        with suppress(GraphError):
            await getattr(self, name)(user, group)

    async def check(self) -> None:
        """Do the followers know what the lists say? The deleted are not listed among members."""
        listed = self.graph.users.list_properties(WATCHED)
        assert self.users.known == {str(user["id"]): user async for user in listed}
        for group, members in self.teams.members.items():
            listed_there = {member.id async for member in self.graph.groups.members(group)}
            living = listed_there | set(self.users.known)
            assert members & living == listed_there


ACTS = (
    *("create", "move", "promote", "delete", "restore", "purge", "join", "leave"),
    *("look", "look", "expire"),
)
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 9)), max_size=25)


@settings(max_examples=15, deadline=None)
@given(acts=acts, switches=st.sets(st.sampled_from(SWITCHES)))
def test_a_follower_ends_with_the_true_state(
    acts: list[tuple[str, int, int]], switches: set[str]
) -> None:
    asyncio.run(_follow(acts, switches))


async def _follow(acts: list[tuple[str, int, int]], switches: set[str]) -> None:
    async with (
        running(Options(seed=3, users=PEOPLE)) as simulator,
        open_client(tenant_of(simulator)) as graph,
    ):
        for switch in switches:
            setattr(simulator.world.switches, switch, True)
        site = await Site(simulator, graph).enter()
        for name, who, where in acts:
            await site.act(name, who, where)
        await site.look()
        await site.check()
