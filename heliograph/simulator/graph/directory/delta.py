"""Delta of users and groups: new, changed, in the bin or gone (change-notifications.md, 7.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.delta import Page, Token
from heliograph.simulator.directory.service import kind_of
from heliograph.simulator.graph.answers import preferred
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.delta import Round, Shown, answer, ids_in
from heliograph.simulator.graph.directory.kinds import GROUPS, USERS, Family
from heliograph.simulator.graph.directory.query import Show, selected
from heliograph.simulator.graph.directory.shown import picking
from heliograph.simulator.graph.odata import top
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import bad_request
from heliograph.simulator.store import Event, Row, Table

routes = Routes()

_USERS = permissions.directory("User.Read.All")
_GROUPS = permissions.directory("Group.ReadBasic.All")
_RELATIONS: Mapping[str, frozenset[str]] = {
    "users": frozenset({"manager"}),
    "groups": frozenset({"members", "owners"}),
}
_PART = 500
"""A group with more members comes back several times."""

_MOST_MEMBERS = 2_000
"""A page is full when it has told of so many."""


@routes.on("GET", "/users/delta", needs=_USERS)
def users(call: Call) -> Answer:
    """The users that changed since the link was given."""
    return _delta(call, USERS)


@routes.on("GET", "/groups/delta", needs=_GROUPS)
def groups(call: Call) -> Answer:
    """The groups that changed since the link was given, with the members that came and went."""
    return _delta(call, GROUPS)


def _delta(call: Call, family: Family) -> Answer:
    directory = call.world.directory
    round_ = Round(
        table=directory.users if family is USERS else directory.groups,
        context=family.context,
        path=f"/{family.context}/delta",
        options=("$select", "$filter"),
        size=top(replace(call, query={}), default=200, most=999),
        tell=lambda page, options: _Teller.of(call, family, options).changes(page),
        begin=lambda token, size: _Teller.of(call, family, token.options).begin(token, size),
        in_directory=True,
    )
    if "$skiptoken" not in call.query and not call.query.get("$deltatoken"):
        _Teller.of(call, family, call.query)
    found = answer(call, round_)
    is_minimal = call.preference("return").lower() == "minimal"
    return preferred(found, "return=minimal") if is_minimal else found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """What one round tells: which *ids*, which properties, which *relations*."""

    call: Call
    family: Family
    ids: frozenset[str]
    names: frozenset[str]
    relations: frozenset[str]
    is_selective: bool
    show: Show

    @classmethod
    def of(cls, call: Call, family: Family, options: Mapping[str, str]) -> "_Teller":
        """The teller for the *options* that a round began with."""
        wanted = [name.strip() for name in options.get("$select", "").split(",") if name.strip()]
        known = _RELATIONS[family.context]
        plain = [name for name in wanted if name not in known]
        within = replace(call, query={"$select": ",".join(plain)})
        names = selected(within, (family,))
        if family.lone & set(names):
            raise bad_request(f"The property '{min(family.lone & set(names))}' is not tracked.")
        unasked = known - {"manager"} if not wanted else frozenset()
        shown = tuple(dict.fromkeys(("id", *names))) if wanted else family.kind.unasked
        return cls(
            call=call,
            family=family,
            ids=ids_in(options.get("$filter", "")),
            names=frozenset(names),
            relations=unasked | known & set(wanted),
            is_selective=bool(wanted),
            show=picking(call, family, shown),
        )

    def begin(self, token: Token, size: int) -> tuple[Page, list[Shown]]:
        """A page of the first round: objects as they are, those with many members in parts."""
        rows = self._table().rows
        if self.ids:
            named = [rows[id_] for id_ in sorted(self.ids) if id_ in rows]
            found = [part for row in named for _, part in self._parts(row, 0)]
            return Page(at=len(self._table().order), is_last=True), found
        found, at, inner, members = [], token.at, token.inner, 0
        for at, inner, part in self._entries(token.at, token.inner):  # noqa: B007 (where the page ends)
            found.append(part)
            members += len(part.get("members@delta", ()))
            if len(found) == size or members >= _MOST_MEMBERS:
                break
        else:
            at, inner = len(self._table().order), 0
        is_last = at >= len(self._table().order)
        return Page(at=at, inner=inner, is_last=is_last), found

    def changes(self, page: Page) -> Iterator[Shown]:
        """What is told of the events of a later round."""
        for key, events in _by_key(page.events).items():
            if not self.ids or key in self.ids:
                yield from self._changed(key, events)

    def _table(self) -> Table:
        directory = self.call.world.directory
        return directory.users if self.family is USERS else directory.groups

    def _entries(self, at: int, inner: int) -> Iterator[tuple[int, int, Shown]]:
        """What is told from a place on; each with the place after it, and the part there."""
        for place, _, row in self._table().walk(at):
            for after, part in self._parts(row, inner):
                yield (place - 1, after, part) if after else (place, 0, part)
            inner = 0

    def _parts(self, row: Row, inner: int) -> Iterator[tuple[int, Shown]]:
        """A row with its relations, in as many parts as these need; each with where the next one
        begins, 0 after the last.
        """
        directory, shown = self.call.world.directory, dict(self.show(row))
        if "manager" in self.relations:
            chief = directory.reporting.manager(row["id"])
            yield 0, {**shown, "manager@delta": [self._reference(chief)]} if chief else shown
            return
        if "owners" in self.relations and not inner:
            owners = [self._reference(key) for key in directory.owners.members(row["id"])]
            shown |= {"owners@delta": owners} if owners else {}
        walk = (
            iter(())
            if "members" not in self.relations
            else directory.memberships.members(row["id"]).walk(inner)
        )
        part = list(islice(walk, _PART))
        while part:
            following = list(islice(walk, _PART))
            references = [self._reference(key) for _, key in part]
            yield part[-1][0] if following else 0, {**shown, "members@delta": references}
            part = following
            if not following:
                return
        yield 0, shown

    def _changed(self, key: str, events: list[Event]) -> Iterator[Shown]:
        """What became of the object *key* by *events*. One that came back appears as a new one."""
        directory = self.call.world.directory
        row = self._table().rows.get(key)
        if row is None:
            reason = "changed" if key in directory.bin else "deleted"
            yield {"id": key, "@removed": {"reason": reason}}
            return
        if any(event.what in {"created", "restored"} for event in events):
            yield from (part for _, part in self._parts(row, 0))
            yield from self._gone(row, events)
            return
        changed = {name for event in events for name in _differences(event)}
        if self.is_selective and not changed & (self.names | self.relations):
            return
        shown = dict(self.show(row))
        if self.call.preference("return").lower() == "minimal":
            shown = {name: value for name, value in shown.items() if name in changed | {"id"}}
        yield {**shown, **self._told_relations(events)}

    def _gone(self, row: Row, events: list[Event]) -> Iterator[Shown]:
        """The members who left the group *row*, where it is told as a whole."""
        present = self.call.world.directory.memberships.members(row["id"])
        told = self._told_relations(events).get("members@delta", ())
        left = [entry for entry in told if "@removed" in entry and entry["id"] not in present]
        if left:
            yield {**self.show(row), "members@delta": left}

    def _told_relations(self, events: list[Event]) -> Shown:
        found: Shown = {}
        for event in events:
            for name in self.relations & set(event.detail):
                if name == "manager":
                    chief = event.detail[name]
                    found["manager@delta"] = [self._reference(chief)] if chief else []
                    continue
                entries = [self._entry(entry) for entry in event.detail[name]]
                found.setdefault(f"{name}@delta", []).extend(entries)
        return found

    def _entry(self, entry: Mapping[str, Any]) -> Shown:
        removed = {"@removed": {"reason": "deleted"}} if "@removed" in entry else {}
        return {**self._reference(str(entry["id"])), **removed}

    def _reference(self, id_: str) -> Shown:
        row = self.call.world.directory.find(id_)
        kind = "user" if row is None else kind_of(row)
        return {"@odata.type": f"#microsoft.graph.{kind}", "id": id_}


def _by_key(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.key, []).append(event)
    return found


def _differences(event: Event) -> set[str]:
    """The names of what *event* changed: everything for a new object."""
    before, after = event.before or {}, event.after or {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return names | set(event.detail)
