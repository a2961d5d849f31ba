"""What the `resource` of a subscription watches (change-notifications.md, 2.1)."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from heliograph.simulator.expressions import Filter, parse_filter
from heliograph.simulator.notify.kinds import KINDS, Kind
from heliograph.simulator.paths import split

_IN_MAILBOXES = frozenset(name for name, kind in KINDS.items() if not kind.in_directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The meaning of a resource path: one kind of thing, in the directory or in a mailbox.

    *target* is the one user or group, *relation* members or owners of it; *user* and *folder* are
    as the subscriber wrote them.
    """

    kind: str
    target: str = ""
    relation: str = ""
    user: str = ""
    folder: str = ""
    select: tuple[str, ...] = ()
    filter: Filter | None = None
    options: frozenset[str] = frozenset()

    @property
    def facts(self) -> Kind:
        """What is published of its kind."""
        return KINDS[self.kind]


def understood(resource: str) -> Watched:
    """What *resource* watches. Raises ValueError where nothing can be watched there."""
    path, _, query = resource.partition("?")
    options = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
    match [part if odd else part.lower() for odd, part in _keyed(split(path))]:
        case [("users" | "groups") as kind]:
            found = Watched(kind=kind)
        case [("users" | "groups") as kind, target]:
            found = Watched(kind=kind, target=target.lower())
        case ["groups", target, relation] if relation.lower() in {"members", "owners"}:
            found = Watched(kind="groups", target=target.lower(), relation=relation.lower())
        case ["users", user, kind] if kind.lower() in _IN_MAILBOXES - {"tasks"}:
            found = Watched(kind=kind.lower(), user=user)
        case ["users", user, place, folder, kind] if (place.lower(), kind.lower()) in {
            ("mailfolders", "messages"),
            ("contactfolders", "contacts"),
        }:
            found = Watched(kind=kind.lower(), user=user, folder=folder)
        case ["users", user, todo, lists, folder, kind] if (
            todo.lower(),
            lists.lower(),
            kind.lower(),
        ) == ("todo", "lists", "tasks"):
            found = Watched(kind="tasks", user=user, folder=folder)
        case _:
            raise ValueError(f"Resource '{path}' is not supported for subscriptions.")
    return _with_options(found, options)


def _keyed(parts: tuple[str, ...]) -> list[tuple[bool, str]]:
    """The segments, each with whether it may be an id: the first never is."""
    return [(at > 0, part) for at, part in enumerate(parts)]


def _with_options(found: Watched, options: dict[str, str]) -> Watched:
    names = (name.strip() for name in options.get("$select", "").split(","))
    condition = options.get("$filter", "")
    return Watched(
        kind=found.kind,
        target=found.target,
        relation=found.relation,
        user=found.user,
        folder=found.folder,
        select=tuple(name for name in names if name),
        filter=parse_filter(condition) if condition else None,
        options=frozenset(options),
    )
