"""Whoever follows notifications and delta ends with the simulator's true state, whatever happens.

Random histories; notifications come twice, out of order, late or never. Those that arrive are
enough where none is lost, and delta heals what was lost. Delta repeats itself and has empty pages.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliograph.simulator import Options
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row
from heliograph.simulator.switches import Switches
from tests.heliograph.simulator.conftest import Scene, staged

State = dict[str, Any]
Step = tuple[str, int]

STEPS = (
    *("users.created", "users.updated", "users.deleted", "users.restored", "users.purged"),
    *("groups.created", "groups.updated", "groups.deleted", "groups.restored", "groups.purged"),
    *("groups.member_added", "groups.member_removed"),
    *("messages.received", "messages.read", "messages.moved", "messages.deleted"),
    *("contacts.created", "contacts.updated", "contacts.deleted"),
)
HISTORIES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 40)), min_size=1, max_size=25)
TROUBLES = st.builds(
    Switches,
    duplicated=st.sampled_from([0.0, 0.5, 1.0]),
    repeated=st.sampled_from([0.0, 0.5]),
    disordered=st.booleans(),
    delta_empty_pages=st.booleans(),
    delta_replays=st.booleans(),
)
BOUNDED = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Observer:
    """Knows users, groups with their members, the mail of an inbox, and contacts."""

    scene: Scene
    reader: str
    known: dict[str, State] = field(default_factory=lambda: {kind: {} for kind in SHOWN})
    links: dict[str, str] = field(default_factory=dict)
    told: int = 0

    @property
    def rounds(self) -> Mapping[str, str]:
        """Where the delta of each kind begins."""
        folders = f"/users/{self.reader}/mailFolders/inbox/messages/delta?$select=isRead"
        contacts = f"/users/{self.reader}/contactFolders/contacts/contacts/delta"
        groups = "/groups/delta?$select=description,members"
        users = "/users/delta?$select=department"
        return {"users": users, "groups": groups, "messages": folders, "contacts": contacts}

    async def subscribe(self) -> None:
        """First the subscriptions, then the baseline, so that there is no gap."""
        every, mine = "created,updated,deleted", f"users/{self.reader}"
        await self.scene.subscribe("users")
        await self.scene.subscribe("groups")
        headers = {"prefer": 'IdType="ImmutableId"'}
        inbox = f"{mine}/mailFolders('inbox')/messages"
        await self.scene.subscribe(inbox, every, headers=headers)
        await self.scene.subscribe(f"{mine}/contacts", every, headers=headers)
        await self.follow()

    async def listen(self) -> None:
        """Look at everything that a notification has told of since the last time."""
        await self.scene.control("GET", "deliveries?wait=10")
        items = self.scene.receiver.items[self.told :]
        self.told += len(items)
        for item in items:
            data = item["resourceData"]
            kind = data["@odata.type"].rpartition(".")[2].lower() + "s"
            await self.look(kind, data["id"])

    async def look(self, kind: str, id_: str) -> None:
        """Learn the present state of one thing; without one, forget it."""
        place = kind if kind in {"users", "groups"} else f"users/{self.reader}/{kind}"
        select = "?$select=department" if kind == "users" else ""
        found = await self._get(f"/{place}/{id_}{select}")
        if found.status_code == 404:
            self.known[kind].pop(id_, None)
            return
        row = found.json()
        if kind == "messages" and row["parentFolderId"] != self.inbox:
            self.known[kind].pop(id_, None)
        elif kind == "groups":  # whose members delta tells of, those in the bin among them
            members = self.known[kind].get(id_, {}).get("members", set())
            self.known[kind][id_] = group(row, members)
        else:
            self.known[kind][id_] = SHOWN[kind](row)

    async def follow(self) -> None:
        """Take in a round of delta of every kind."""
        for kind, start in self.rounds.items():
            link = self.links.get(kind, start)
            while link:
                page = (await self._get(link)).json()
                for entry in page["value"]:
                    self._take(kind, entry)
                self.links[kind] = page.get("@odata.deltaLink", "")
                link = page.get("@odata.nextLink", "")

    def _take(self, kind: str, entry: State) -> None:
        known = self.known[kind]
        if "@removed" in entry:
            known.pop(entry["id"], None)
        elif kind == "groups":
            members = set(known.get(entry["id"], {}).get("members", ()))
            for member in entry.get("members@delta", ()):
                (members.discard if "@removed" in member else members.add)(member["id"])
            known[entry["id"]] = group(entry, members)
        else:
            known[entry["id"]] = SHOWN[kind](entry)

    @property
    def inbox(self) -> str:
        return self.scene.simulator.world.outlook.boxes.of(self.reader).well_known["inbox"]

    async def _get(self, path: str) -> httpx.Response:
        return await self.scene.graph.get(path, headers={"prefer": 'IdType="ImmutableId"'})


def group(row: Row, members: set[str]) -> State:
    return {**SHOWN["groups"](row), "members": members}


SHOWN: Mapping[str, Callable[[Row], State]] = {
    "users": lambda row: {"department": row.get("department")},
    "groups": lambda row: {"description": row.get("description")},
    "messages": lambda row: {"isRead": row["isRead"]},
    "contacts": lambda row: {"jobTitle": row["jobTitle"]},
}


def truth(scene: Scene, reader: str) -> State:
    """What the simulator holds."""
    directory = scene.simulator.world.directory
    box = scene.simulator.world.outlook.boxes.of(reader)
    inbox = box.well_known["inbox"]
    mails = {k: row for k, row in box.messages.rows.items() if row["parentFolderId"] == inbox}
    living = directory.users.rows
    return {
        "users": {key: SHOWN["users"](row) for key, row in living.items()},
        "groups": {
            key: group(row, set(directory.memberships.members(key)))
            for key, row in directory.groups.rows.items()
        },
        "messages": {key: SHOWN["messages"](row) for key, row in mails.items()},
        "contacts": {key: SHOWN["contacts"](row) for key, row in box.contacts.rows.items()},
    }


def happen(scene: Scene, step: Step, reader: str) -> None:
    """Have *step* happen to whomever its number hits, but never to the reader."""
    event, number = step
    world = scene.simulator.world
    people = [key for key in world.directory.users.rows if key != reader]
    wish: dict[str, Any] = {"set": _set(event, number)}
    if event in {"users.updated", "users.deleted", "groups.member_added"}:
        wish["user"] = people[number % len(people)]
    if event.startswith(("messages", "contacts")):
        wish["user"] = reader
        box = world.outlook.boxes.of(reader)
        rows = list(box.messages.rows if event.startswith("messages") else box.contacts.rows)
        if rows and event not in {"messages.received", "contacts.created"}:
            wish["item"] = rows[number % len(rows)]
    with suppress(Refused):  # twice the same, or with what is gone
        scene.simulator.trigger(event, **wish)


def _set(event: str, number: int) -> State:
    properties: dict[str, State] = {
        "users.updated": {"department": f"No {number}"},
        "groups.updated": {"description": f"No {number}"},
        "messages.read": {"isRead": bool(number % 2)},
        "messages.moved": {"folder": ("archive", "inbox")[number % 2]},
        "contacts.updated": {"jobTitle": f"No {number}"},
    }
    return properties.get(event, {})


@asynccontextmanager
async def observed(history: list[Step], switches: Switches) -> AsyncIterator[Observer]:
    """An observer who has listened to all that came of *history*."""
    async with staged(Options(tls=False, users=6), switches) as scene:
        reader = (await scene.users())[0]["id"]
        observer = Observer(scene, reader)
        await observer.subscribe()
        assert observer.known == truth(scene, reader)
        for number, step in enumerate(history, 1):
            happen(scene, step, reader)
            if number % 7 == 0:
                await observer.listen()
        await observer.listen()
        yield observer


def without_members(state: State) -> State:
    groups = {key: row["description"] for key, row in state["groups"].items()}
    return {**state, "groups": groups}


@BOUNDED
@given(history=HISTORIES, switches=TROUBLES)
def test_notifications_alone_lead_to_the_truth_where_none_is_lost(
    history: list[Step], switches: Switches
) -> None:
    """Members are left to delta: no call tells of those who wait in the bin."""

    async def check() -> None:
        async with observed(history, switches) as observer:
            true = truth(observer.scene, observer.reader)
            assert without_members(observer.known) == without_members(true)

    asyncio.run(check())


@BOUNDED
@given(history=HISTORIES, switches=TROUBLES, lost=st.sampled_from([0.3, 1.0]))
def test_delta_heals_what_was_lost(history: list[Step], switches: Switches, lost: float) -> None:
    switches.lost = lost

    async def check() -> None:
        async with observed(history, switches) as observer:
            await observer.follow()
            assert observer.known == truth(observer.scene, observer.reader)
            await observer.follow()
            assert observer.known == truth(observer.scene, observer.reader)

    asyncio.run(check())
