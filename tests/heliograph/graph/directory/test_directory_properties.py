"""Whatever is done to a directory through the client: it holds in the end what bookkeeping says."""

import asyncio
import uuid
from collections.abc import Awaitable, Container

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliograph.errors import NotFound
from heliograph.graph import GraphClient, open_client
from heliograph.simulator import Options, running
from tests.heliograph.graph.conftest import tenant_of

PASSWORD = {"password": "Correct-horse-9", "forceChangePasswordNextSignIn": True}
NOBODY = str(uuid.UUID(int=1))


class Books:
    """A directory, the client that acts on it, and what must be in there."""

    def __init__(self, graph: GraphClient) -> None:
        self.graph = graph
        self.made = 0
        self.departments: dict[str, str] = {}
        self.managers: dict[str, str] = {}
        self.members: dict[str, set[str]] = {}
        self.bin: set[str] = set()

    async def hire(self, _: int, other: int) -> None:
        self.made += 1
        nick = f"n{self.made}"
        department = f"d{other}"
        user = await self.graph.users.create(
            {
                "accountEnabled": True,
                "displayName": nick,
                "mailNickname": nick,
                "userPrincipalName": f"{nick}@contoso.example",
                "passwordProfile": PASSWORD,
                "department": department,
            }
        )
        self.departments[user.id] = department

    async def transfer(self, one: int, other: int) -> None:
        id_, department = self._one(one), f"d{other}"
        doing = self.graph.users.update(id_, {"department": department})
        if await self._done(id_, self.living, doing):
            self.departments[id_] = department

    async def promote(self, one: int, other: int) -> None:
        id_, chief = self._one(one), self._one(other)
        if chief not in self.living or chief == id_:
            return
        if await self._done(id_, self.living, self.graph.users.set_manager(id_, chief)):
            self.managers[id_] = chief

    async def free(self, one: int, _: int) -> None:
        id_ = self._one(one)
        await self.graph.users.remove_manager(id_)
        if id_ in self.living:
            self.managers.pop(id_, None)

    async def found(self, one: int, _: int) -> None:
        self.made += 1
        names = {"displayName": f"g{one}", "mailNickname": f"g{self.made}"}
        kind = {"mailEnabled": False, "securityEnabled": True}
        group = await self.graph.groups.create({**names, **kind})
        self.members[group.id] = set()

    async def join(self, one: int, other: int) -> None:
        if not self.members:
            return
        group, id_ = self._group(other), self._one(one)
        if await self._done(id_, self.living, self.graph.groups.add_member(group, id_)):
            self.members[group].add(id_)

    async def leave(self, one: int, other: int) -> None:
        if not self.members:
            return
        group, id_ = self._group(other), self._one(one)
        if id_ in self.bin:
            return  # what Graph says of the membership of a deleted user is not documented
        await self.graph.groups.remove_member(group, id_)
        self.members[group].discard(id_)

    async def dismiss(self, one: int, _: int) -> None:
        id_ = self._one(one)
        await self.graph.users.delete(id_)
        if id_ in self.living:
            self.bin.add(id_)

    async def rehire(self, one: int, _: int) -> None:
        id_ = self._one(one)
        if await self._done(id_, self.bin, self.graph.directory.restore(id_)):
            self.bin.discard(id_)

    async def purge(self, one: int, _: int) -> None:
        id_ = self._one(one)
        await self.graph.directory.purge(id_)
        if id_ in self.bin:
            self.bin.discard(id_)
            self.departments.pop(id_)
            self.managers = {
                of: chief for of, chief in self.managers.items() if id_ not in {of, chief}
            }
            for members in self.members.values():
                members.discard(id_)

    @property
    def living(self) -> set[str]:
        return set(self.departments) - self.bin

    def _one(self, number: int) -> str:
        """Somebody of the books, in the bin or not, or now and then nobody."""
        ids = [*self.departments, NOBODY]
        return ids[number % len(ids)]

    def _group(self, number: int) -> str:
        return list(self.members)[number % len(self.members)]

    async def _done(self, id_: str, book: Container[str], doing: Awaitable[object]) -> bool:
        """Whether *doing* was done; where *id_* is not in the *book*, Graph must not know it."""
        if id_ in book:
            await doing
            return True
        with pytest.raises(NotFound):
            await doing
        return False

    async def check(self, seeded: set[str]) -> None:
        """Is everybody there who must be, as they must be, and nobody else?"""
        users = self.graph.users.list(select=("id", "department"))
        there = {user.id: user.department async for user in users if user.id not in seeded}
        assert there == {id_: self.departments[id_] for id_ in self.living}
        assert {user.id async for user in self.graph.directory.deleted_users()} == self.bin
        for id_ in self.living:
            chief = await self.graph.users.manager(id_)
            known = self.managers.get(id_)
            assert (chief and chief.id) == (known if known in self.living else None)
            groups = {group.id async for group in self.graph.memberships.groups(id_)}
            assert groups == {group for group, members in self.members.items() if id_ in members}
        for group, members in self.members.items():
            found = {member.id async for member in self.graph.groups.members(group)}
            assert found == members & self.living


ACTS = (
    *("hire", "hire", "transfer", "promote", "free", "found", "join", "join", "leave"),
    *("dismiss", "rehire", "purge"),
)
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 9)), max_size=30)


@settings(max_examples=12, deadline=None)
@given(acts)
def test_a_directory_holds_what_the_books_say(acts: list[tuple[str, int, int]]) -> None:
    asyncio.run(_keep(acts))


async def _keep(acts: list[tuple[str, int, int]]) -> None:
    async with (
        running(Options(seed=3, users=2)) as simulator,
        open_client(tenant_of(simulator)) as graph,
    ):
        seeded = {user.id async for user in graph.users.list(select=("id",))}
        books = Books(graph)
        for name, one, other in acts:
            await getattr(books, name)(one, other)
        await books.check(seeded)
