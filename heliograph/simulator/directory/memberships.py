"""Who is a member of which group: directly, and through groups in groups."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from heliograph.simulator.directory.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People by their places, who are members of a group from the start without being listed."""

    people: People
    places: range

    def __len__(self) -> int:
        return len(self.places)

    def key(self, at: int) -> str:
        """The id of one of them."""
        return self.people.key(self.places[at])

    def __contains__(self, key: object) -> bool:
        return self.people.place(str(key)) in self.places


@dataclass(slots=True, kw_only=True)
class Roster:
    """The members of one group, in the order in which they came."""

    team: Team | Sequence[str] = ()
    _gone: set[str] = field(default_factory=set)
    _added: dict[str, int] = field(default_factory=dict)
    _next: int = 0

    def __len__(self) -> int:
        return len(self.team) - len(self._gone) + len(self._added)

    def __contains__(self, key: object) -> bool:
        return key in self._added or (key in self.team and key not in self._gone)

    def __iter__(self) -> Iterator[str]:
        return (key for _, key in self.walk())

    def __reversed__(self) -> Iterator[str]:
        yield from reversed(self._added)
        for at in range(len(self.team) - 1, -1, -1):
            if (key := self._key(at)) not in self._gone:
                yield key

    def walk(self, at: int = 0) -> Iterator[tuple[int, str]]:
        """The members from place *at* on, each with the place after it."""
        known = len(self.team)
        for place in range(at, known):
            if (key := self._key(place)) not in self._gone:
                yield place + 1, key
        for key, place in list(self._added.items()):
            if known + place >= at:
                yield known + place + 1, key

    def add(self, key: str) -> None:
        """Let *key* in."""
        if key in self.team:
            self._gone.discard(key)
        else:
            self._added[key] = self._next
            self._next += 1

    def remove(self, key: str) -> None:
        """Let *key* out."""
        if key in self._added:
            del self._added[key]
        else:
            self._gone.add(key)

    def added(self) -> list[str]:
        """The members who came later."""
        return list(self._added)

    def _key(self, at: int) -> str:
        return self.team.key(at) if isinstance(self.team, Team) else self.team[at]


_NOBODY = Roster()


class Memberships:
    """The members of all groups, and the groups of all members."""

    def __init__(self) -> None:
        self._rosters: dict[str, Roster] = {}
        self._teams: dict[str, Team] = {}
        self._groups: dict[str, dict[str, None]] = {}

    def load(self, group: str, members: Team | Iterable[str]) -> None:
        """Take *members* as who has always been in *group*."""
        if isinstance(members, Team):
            self._teams[group] = members
            self._rosters[group] = Roster(team=members)
            return
        for member in members:
            self.add(group, member)

    def members(self, group: str) -> Roster:
        """The direct members of *group*."""
        return self._rosters.get(group, _NOBODY)

    def groups(self, member: str) -> list[str]:
        """The groups that *member* is in directly."""
        teams = [
            group
            for group, team in self._teams.items()
            if member in team and member in self._rosters[group]
        ]
        return list(dict.fromkeys((*teams, *self._groups.get(member, ()))))

    def add(self, group: str, member: str) -> None:
        """Let *member* into *group*."""
        self._rosters.setdefault(group, Roster()).add(member)
        if member not in self._teams.get(group, ()):
            self._groups.setdefault(member, {})[group] = None

    def remove(self, group: str, member: str) -> None:
        """Let *member* out of *group*."""
        self._rosters[group].remove(member)
        self._groups.get(member, {}).pop(group, None)

    def drop(self, group: str) -> None:
        """Forget *group* and who was in it."""
        roster = self._rosters.pop(group, None)
        self._teams.pop(group, None)
        for member in roster.added() if roster else ():
            self._groups.get(member, {}).pop(group, None)

    def all_groups(self, member: str) -> list[str]:
        """The groups that *member* is in, directly or through others; the nearest first."""
        found: dict[str, None] = {}
        waiting = self.groups(member)
        while waiting:
            group = waiting.pop(0)
            if group not in found:
                found[group] = None
                waiting.extend(self.groups(group))
        return list(found)

    def all_members(self, group: str) -> Iterator[str]:
        """The members of *group* and of the groups in it, each once."""
        seen: set[str] = {group}
        waiting = [group]
        while waiting:
            for member in self.members(waiting.pop(0)):
                if member not in seen:
                    seen.add(member)
                    yield member
                    if member in self._rosters:
                        waiting.append(member)
