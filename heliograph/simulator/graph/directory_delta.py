"""Delta of users and groups: new, changed, in the bin or gone (change-notifications.md, 7.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.delta import Page
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.delta import Round, Shown, answer, ids_in
from heliograph.simulator.graph.odata import top
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.graph.users import shaper
from heliograph.simulator.store import Event, Row

routes = Routes()

_USERS = permissions.directory("User.Read.All")
_GROUPS = permissions.directory("Group.ReadBasic.All")
_RELATIONS = frozenset({"manager", "members"})
_MEMBERS = 500
"""A group with more members comes back several times."""


@routes.on("GET", "/users/delta", needs=_USERS)
def users(call: Call) -> Answer:
    """The users that changed since the link was given."""
    return _delta(call, "users")


@routes.on("GET", "/groups/delta", needs=_GROUPS)
def groups(call: Call) -> Answer:
    """The groups that changed since the link was given, with the members that came and went."""
    return _delta(call, "groups")


def _delta(call: Call, family: str) -> Answer:
    directory = call.world.directory
    chosen = call.query.get("$select", "").replace(" ", "")
    round_ = Round(
        table=directory.users if family == "users" else directory.groups,
        context=f"{family}({chosen})" if chosen else family,
        path=f"/{family}/delta",
        options=("$select", "$filter"),
        size=top(replace(call, query={}), default=200, most=999),
        tell=lambda page, options: _told(call, page, options),
        in_directory=True,
    )
    return answer(call, round_)


def _told(call: Call, page: Page, options: Mapping[str, str]) -> Iterator[Shown]:
    ids = ids_in(options.get("$filter", ""))
    for key, row in page.rows:
        if not ids or key in ids:
            yield from _whole(call, row, options)
    for key, events in _by_key(page.events).items():
        if not ids or key in ids:
            yield from _changed(call, key, events, options)


def _by_key(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.key, []).append(event)
    return found


def _whole(call: Call, row: Row, options: Mapping[str, str]) -> Iterator[Shown]:
    """A row of the first round with its relations, in as many pieces as these need."""
    directory = call.world.directory
    shown = _properties(call, row, options)
    names = _names(options)
    if "manager" in names and row["id"] in directory.managers:
        yield {**shown, "manager@delta": [_reference(directory.managers[row["id"]])]}
        return
    members = list(directory.members.get(row["id"], ()))
    if not members or (names and "members" not in names):
        yield shown
        return
    for at in range(0, len(members), _MEMBERS):
        part = [_reference(member) for member in members[at : at + _MEMBERS]]
        yield {**shown, "members@delta": part}


def _changed(
    call: Call, key: str, events: list[Event], options: Mapping[str, str]
) -> Iterator[Shown]:
    """What became of the object *key* by *events*. One that came back appears as a new one."""
    directory = call.world.directory
    row = directory.users.rows.get(key) or directory.groups.rows.get(key)
    if row is None:
        reason = "changed" if key in directory.bin else "deleted"
        yield {"id": key, "@removed": {"reason": reason}}
        return
    if any(event.what in {"created", "restored"} for event in events):
        yield from _whole(call, row, options)
        yield from _gone(call, row, events, options)
        return
    names = _names(options)
    changed = {name for event in events for name in _differences(event)}
    if names and not changed & names:
        return
    shown = _properties(call, row, options)
    if call.preference("return").lower() == "minimal":
        shown = {name: value for name, value in shown.items() if name in changed | {"id"}}
    yield {**shown, **_relations(events, names)}


def _gone(call: Call, row: Row, events: list[Event], options: Mapping[str, str]) -> Iterator[Shown]:
    """The members who left the group *row*, where it is told as a whole."""
    present = call.world.directory.members.get(row["id"], {})
    told = _relations(events, _names(options)).get("members@delta", ())
    left = [entry for entry in told if "@removed" in entry and entry["id"] not in present]
    if left:
        yield {**_properties(call, row, options), "members@delta": left}


def _relations(events: list[Event], names: frozenset[str]) -> Shown:
    found: Shown = {}
    for event in events:
        if "members" in event.detail and (not names or "members" in names):
            entries = [_member(entry) for entry in event.detail["members"]]
            found.setdefault("members@delta", []).extend(entries)
        if "manager" in event.detail and "manager" in names:
            chief = event.detail["manager"]
            found["manager@delta"] = [_reference(chief)] if chief else []
    return found


def _differences(event: Event) -> set[str]:
    """The names of what *event* changed: everything for a new object."""
    before, after = event.before or {}, event.after or {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return names | (set(event.detail) & _RELATIONS)


def _properties(call: Call, row: Row, options: Mapping[str, str]) -> Shown:
    names = _names(options)
    if "userPrincipalName" in row:
        chosen = ",".join(sorted({"id", *(names - _RELATIONS)})) if names else ""
        return dict(shaper(replace(call, query={"$select": chosen}))(row))
    if not names:
        return dict(row)
    return {name: row.get(name) for name in sorted({"id", *(names - _RELATIONS)})}


def _names(options: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        name for name in options.get("$select", "").replace(" ", "").split(",") if name
    )


def _member(entry: Mapping[str, Any]) -> Shown:
    removed = {"@removed": {"reason": "deleted"}} if "@removed" in entry else {}
    return {**_reference(str(entry["id"])), **removed}


def _reference(id_: str) -> Shown:
    return {"@odata.type": "#microsoft.graph.user", "id": id_}
