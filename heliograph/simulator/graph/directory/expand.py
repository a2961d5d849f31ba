"""`$expand`: relations inside the objects that they belong to, with options of their own."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from heliograph.simulator.directory.service import Directory
from heliograph.simulator.graph.calls import Call
from heliograph.simulator.graph.directory.kinds import Family
from heliograph.simulator.graph.directory.query import Show
from heliograph.simulator.graph.directory.shown import mixed
from heliograph.simulator.refusals import Refused, bad_request
from heliograph.simulator.store import Row

MOST = 20
"""So many objects come with an expanded relation."""

_LEVELS = 1_000
_PART = re.compile(r"\s*(?P<name>\w+)\s*(?:\((?P<options>(?:[^()]|\([^()]*\))*)\))?\s*(?:,|\Z)")

Follow = Callable[[Directory, str], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A relation to expand, with its options."""

    name: str
    options: Mapping[str, str]


def with_relations(call: Call, family: Family, show: Show) -> Show:
    """*show*, with the relations inside that the caller wants."""
    wishes = _wishes(call, family)
    if not wishes:
        return show
    tellers = [(wish, _teller(call, wish)) for wish in wishes]

    def shown(row: Row) -> Row:
        found = dict(show(row))
        for wish, tell in tellers:
            value = tell(row)
            if value is not None:
                found[wish.name] = value
        return found

    return shown


def _wishes(call: Call, family: Family) -> list[Wish]:
    text, at, found = call.query.get("$expand", ""), 0, []
    known = {name.lower(): name for name in family.expandable}
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            raise Refused(400, "BadRequest", f"Parsing OData expand failed: {text[at : at + 30]!r}")
        name = known.get(match["name"].lower())
        if name is None:
            raise bad_request(
                f"Could not find a property named '{match['name']}' on type"
                f" 'microsoft.graph.{family.kind.name}'."
            )
        found.append(Wish(name=name, options=_options(match["options"] or "")))
        at = match.end()
    return found


def _options(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _teller(call: Call, wish: Wish) -> Callable[[Row], Any]:
    """What tells the relation of a row: an object, a list of them, or None for none."""
    select = wish.options.get("$select", "")
    within = replace(call, query={"$select": select} if select else {})
    show = mixed(within, one=True)
    if wish.name == "manager":
        return _chain(call, wish, show)
    if wish.name in _SINGLE:
        single = _SINGLE[wish.name]
        return lambda row: _shown_or_none(single(call, row), show)
    follow = _MANY[wish.name]
    directory = call.world.directory

    def tell(row: Row) -> list[Row]:
        found = (directory.find(key) for key in follow(directory, row["id"]))
        return [show(other) for other, _ in zip(filter(None, found), range(MOST), strict=False)]

    return tell


def _chain(call: Call, wish: Wish, show: Show) -> Callable[[Row], Row | None]:
    """The manager, with the manager's manager inside, as deep as `$levels` says."""
    text = wish.options.get("$levels", "1")
    deep = _LEVELS if text.lower() == "max" else int(text) if text.isdecimal() else 0
    if not 1 <= deep <= _LEVELS:
        raise bad_request(f"Expected $levels to be 1 to {_LEVELS} or max, got '{text}'.")
    if "$levels" in wish.options and not call.is_eventual:
        raise Refused(
            400,
            "Request_UnsupportedQuery",
            "Expanding the chain of managers needs the header 'ConsistencyLevel: eventual' and"
            " $count=true.",
        )
    directory = call.world.directory

    def tell(row: Row) -> Row | None:
        chiefs = [directory.users.rows.get(key) for key in directory.reporting.chain(row["id"])]
        found: Row | None = None
        for chief in reversed(chiefs[:deep]):
            if chief is not None:
                found = {**show(chief), **({"manager": found} if found else {})}
        return found

    return tell


def _shown_or_none(row: Row | None, show: Show) -> Row | None:
    return None if row is None else show(row)


def _groups_and_roles(directory: Directory, key: str) -> Iterator[str]:
    yield from directory.memberships.groups(key)
    yield from (role["id"] for role in directory.roles_held(key))


_SINGLE: Mapping[str, Callable[[Call, Row], Row | None]] = {
    "principal": lambda call, row: call.world.directory.find(row["principalId"]),
}
_MANY: Mapping[str, Follow] = {
    "directReports": lambda directory, key: directory.reporting.reports(key),
    "memberOf": _groups_and_roles,
    "transitiveMemberOf": lambda directory, key: directory.memberships.all_groups(key),
    "ownedObjects": lambda directory, key: directory.owners.groups(key),
    "members": lambda directory, key: directory.memberships.members(key),
    "transitiveMembers": lambda directory, key: directory.memberships.all_members(key),
    "owners": lambda directory, key: directory.owners.members(key),
}
