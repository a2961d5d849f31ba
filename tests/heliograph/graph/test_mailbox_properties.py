"""Whatever is done to a mailbox through the client: it holds in the end what plain bookkeeping says."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliograph.errors import Conflict, NotFound
from heliograph.graph import GraphClient, open_client
from heliograph.graph.outlook.attachments import NewAttachment
from heliograph.graph.outlook.mail import compose
from heliograph.graph.values.times import moment
from heliograph.simulator import Options, running
from tests.heliograph.graph.conftest import tenant_of

T = TypeVar("T")

FOLDERS = ("inbox", "drafts", "archive", "deleteditems")
NOON = datetime(2027, 1, 13, 12, tzinfo=UTC)


class Books:
    """A mailbox, the client that acts on it, and what must be in there."""

    def __init__(self, graph: GraphClient, owner: str) -> None:
        self.graph = graph
        self.owner = owner
        self.folders = list(FOLDERS)
        self.messages: dict[str, tuple[str, str]] = {}  # folder, subject
        self.files: dict[str, list[str]] = {}
        self.contacts: dict[str, str] = {}  # display name
        self.events: dict[str, datetime] = {}
        self.meetings: dict[str, str] = {}  # by transaction

    async def draft(self, one: int, other: int) -> None:
        subject = f"{one}-{other}"
        made = await self.graph.mail.create_draft(self.owner, compose(to=[], subject=subject))
        self.messages[made.id] = "drafts", subject
        self.files[made.id] = []

    async def rewrite(self, one: int, other: int) -> None:
        id_ = _pick(self.messages, one)
        changed = await self._of(
            id_, self.messages, self.graph.mail.update(self.owner, id_, {"subject": f"{other}"})
        )
        if changed:
            self.messages[id_] = self.messages[id_][0], f"{other}"

    async def move(self, one: int, other: int) -> None:
        id_, folder = _pick(self.messages, one), self.folders[other % len(self.folders)]
        if await self._of(id_, self.messages, self.graph.mail.move(self.owner, id_, folder)):
            self.messages[id_] = folder, self.messages[id_][1]

    async def copy(self, one: int, other: int) -> None:
        id_, folder = _pick(self.messages, one), self.folders[other % len(self.folders)]
        if made := await self._of(
            id_, self.messages, self.graph.mail.copy(self.owner, id_, folder)
        ):
            self.messages[made.id] = folder, self.messages[id_][1]
            self.files[made.id] = list(self.files[id_])

    async def discard(self, one: int, _: int) -> None:
        id_ = _pick(self.messages, one)
        await self.graph.mail.delete(self.owner, id_)
        folder, subject = self.messages.pop(id_, ("deleteditems", ""))
        if folder != "deleteditems":
            self.messages[id_] = "deleteditems", subject

    async def attach(self, one: int, other: int) -> None:
        id_, new = _pick(self.messages, one), NewAttachment.from_bytes(f"{other}.txt", b"x")
        adding = self.graph.attachments.add(self.owner, id_, new)
        if await self._of(id_, self.messages, adding):
            self.files[id_].append(new.name)

    async def file(self, one: int, _: int) -> None:
        name = f"folder {one}"
        try:
            self.folders.append((await self.graph.mail_folders.create(self.owner, name)).id)
        except Conflict:
            tree = {each.display_name async for each in self.graph.mail_folders.tree(self.owner)}
            assert name in tree

    async def meet(self, one: int, other: int) -> None:
        name = f"{one % 3} {other}"
        made = await self.graph.contacts.create(self.owner, {"displayName": name, "surname": "x"})
        self.contacts[made.id] = name

    async def marry(self, one: int, other: int) -> None:
        id_ = _pick(self.contacts, one)
        changes = {"surname": f"{other}"}  # which leaves the display name as it was
        await self._of(id_, self.contacts, self.graph.contacts.update(self.owner, id_, changes))

    async def forget(self, one: int, _: int) -> None:
        id_ = _pick(self.contacts, one)
        await self.graph.contacts.delete(self.owner, id_)
        self.contacts.pop(id_, None)

    async def plan(self, one: int, other: int) -> None:
        """The same transaction again gives the event that is there."""
        start, transaction = NOON + timedelta(hours=other), f"plan-{one}"
        wish = {"subject": "x", "start": moment(start), "end": moment(start + timedelta(hours=1))}
        if self.meetings.get(transaction, "") not in {"", *self.events}:
            return  # what Graph does with the transaction of a deleted event is not documented
        made = await self.graph.events.create(self.owner, {**wish, "transactionId": transaction})
        if transaction in self.meetings:
            assert made.id == self.meetings[transaction]
            return
        self.meetings[transaction] = made.id
        self.events[made.id] = start

    async def postpone(self, one: int, other: int) -> None:
        id_, start = _pick(self.events, one), NOON + timedelta(days=other)
        changes = {"start": moment(start), "end": moment(start + timedelta(hours=1))}
        if await self._of(id_, self.events, self.graph.events.update(self.owner, id_, changes)):
            self.events[id_] = start

    async def drop(self, one: int, _: int) -> None:
        id_ = _pick(self.events, one)
        await self.graph.events.delete(self.owner, id_)
        self.events.pop(id_, None)

    async def _of(self, id_: str, book: Mapping[str, object], doing: Awaitable[T]) -> T | None:
        """What *doing* gives; None where *id_* is in no book, which Graph must know as well."""
        if id_ in book:
            return await doing
        with pytest.raises(NotFound):
            await doing
        return None

    async def check(self) -> None:
        """Is everything there that must be, and nothing else?"""
        for folder in self.folders:
            there = {
                each.id: each.subject
                async for each in self.graph.mail.list(self.owner, folder=folder)
            }
            assert there == {
                id_: subject for id_, (where, subject) in self.messages.items() if where == folder
            }
        for id_ in self.messages:
            files = [each.name async for each in self.graph.attachments.list(self.owner, id_)]
            assert sorted(name or "" for name in files) == sorted(self.files[id_])
        people = {each.id: each.display_name async for each in self.graph.contacts.list(self.owner)}
        assert people == self.contacts
        view = self.graph.events.view(
            self.owner, start=NOON - timedelta(days=1), end=NOON + timedelta(days=30)
        )
        seen = {each.id: each.start and each.start.at async for each in view}
        assert seen == self.events


def _pick(book: Mapping[str, object], number: int) -> str:
    """An id in the *book*, or now and then one that is in none."""
    ids = [*book, "AAMkAGYxZDM0NOBODY="]
    return ids[number % len(ids)]


ACTS = (
    *("draft", "draft", "rewrite", "move", "copy", "discard", "attach", "file"),
    *("meet", "marry", "forget", "plan", "plan", "postpone", "drop"),
)
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 9)), max_size=30)


@settings(max_examples=12, deadline=None)
@given(acts)
def test_a_mailbox_holds_what_the_books_say(acts: list[tuple[str, int, int]]) -> None:
    asyncio.run(_keep(acts))


async def _keep(acts: list[tuple[str, int, int]]) -> None:
    async with (
        running(Options(seed=3, users=2)) as simulator,
        open_client(tenant_of(simulator)) as graph,
    ):
        owner = await anext(graph.users.list())
        books = Books(graph, owner.id)
        for name, one, other in acts:
            await getattr(books, name)(one, other)
        await books.check()
