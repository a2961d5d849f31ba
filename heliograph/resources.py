"""Graph's resource paths: what a subscription watches, and what a notification is about.

Graph writes one resource in many forms (change-notifications.md, 4.3), so paths are compared as
values, never as text. No path from a notification is ever used to ask Graph for something.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from heliograph.subscriptions import Registration

MAX_CHARACTERS = 2_048

ME = "me"

_CONTAINERS = frozenset({"users", "groups"})
_ITEMS = frozenset({"messages", "events", "contacts", "tasks"})
_FOLDERS = frozenset(
    {"mailfolders", "childfolders", "contactfolders", "calendars", "calendargroups", "lists"}
)
_SINGLE = frozenset({"calendar", "todo", "todoapp"})
_RELATIONS = frozenset({"members", "owners"})
_TODO = ("todob2", "graph", "v1")

_KEYED = re.compile(r"\('((?:[^']|'')+)'\)")
# What could lead elsewhere once the path is put together again (threat S14).
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_forbidden = re.compile(rf"[{_CONTROLS}\\?#]|\.\.|%(?:2[ef]|5c)", re.IGNORECASE).search
_forbidden_decoded = re.compile(rf"[{_CONTROLS}\\/?%]|\.\.").search
_GUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_is_object_id = re.compile(rf"{_GUID}|[0-9a-f]{{16}}", re.IGNORECASE).fullmatch
_at_tenant = re.compile(rf"({_GUID})@{_GUID}", re.IGNORECASE).fullmatch


# One is made for each notification: a struct is, in a sixth of the time of a dataclass.
class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource, or a collection where *id* is None.

    *owner* is the user (or group) that holds a mailbox item: an id, a UPN, or `me`. Object ids of
    the directory are in lower case; the ids of mailbox items keep theirs, as case matters there.
    """

    kind: str
    id: str | None = None
    owner: str | None = None
    folder: str | None = None
    of_group: bool = False


def from_notification(path: str) -> Resource:
    """The resource that a notification names. Raises ValueError for what Graph never sends."""
    if len(path) > MAX_CHARACTERS or _forbidden(path):
        raise ValueError("expected a plain resource path, got one that could lead elsewhere")
    return _parse(path)


@lru_cache(maxsize=16_384)
def from_subscription(path: str) -> Resource:
    """The resource that a subscription watches, its query left out. Raises ValueError."""
    bare = path.partition("?")[0].rstrip("/")
    if len(bare) > MAX_CHARACTERS or _forbidden(bare):
        raise ValueError(f"expected a resource path such as users/{{id}}/messages, got {path!r}")
    return _parse(bare)


def covers(registration: Registration, resource: Resource) -> bool:
    """True where the subscription of *registration* can give news about *resource*.

    Only what both name by an id is compared: a subscription may name its user by UPN or `me`.
    """
    watched = from_subscription(registration.resource)
    if resource.kind != watched.kind or resource.of_group != watched.of_group:
        return False
    if watched.id is not None and not _may_be_same(watched.id, resource.id):
        return False
    is_his = _may_be_same(watched.owner, resource.owner)
    return is_his and _may_be_same(canonical_id(registration.owner), resource.owner)


def is_object_id(text: str | None) -> bool:
    """True for the id of a directory object: a GUID, or 16 hex digits for personal accounts."""
    # The length first: most ids of mailbox items are told apart by it alone.
    return text is not None and len(text) in {16, 36} and _is_object_id(text) is not None


def canonical_id(text: str | None) -> str | None:
    """*text* with a directory object's id in lower case; anything else as it is."""
    return text.lower() if text is not None and is_object_id(text) else text


def is_plain(text: str) -> bool:
    """True where *text* can be an id: short, one segment, nothing that could lead elsewhere."""
    is_segment = text not in {"", "."} and not _forbidden_decoded(text)
    return is_segment and len(text) <= MAX_CHARACTERS


def _may_be_same(ours: str | None, theirs: str | None) -> bool:
    return ours == theirs or not is_object_id(ours) or not is_object_id(theirs)


def _parse(path: str) -> Resource:
    segments = _segments(path)
    names = iter(segments)
    first = next(names).lower()
    if first == ME:
        return _item(names, owner=ME)
    if first not in _CONTAINERS:
        raise _unknown()
    key = next(names, None)
    if key is None:
        return Resource(kind=first)
    match = _at_tenant(key) if "@" in key else None
    owner = canonical_id(match[1] if match else key)
    if len(segments) == 2 or _is_relation(segments):
        return Resource(kind=first, id=owner)
    return _item(names, owner=owner, of_group=first == "groups")


def _is_relation(segments: list[str]) -> bool:
    """`groups/{id}/members`: its news are about the group."""
    is_group = segments[0].lower() == "groups" and len(segments) <= 4
    return is_group and segments[2].lower() in _RELATIONS


def _item(names: Iterator[str], *, owner: str | None, of_group: bool = False) -> Resource:
    """A mailbox item, or a collection of them, below any number of folders."""
    folder = None
    for name in names:
        lowered = name.lower()
        if lowered in _ITEMS:
            id_ = next(names, None)
            if next(names, None) is not None:
                break
            return Resource(kind=lowered, id=id_, owner=owner, folder=folder, of_group=of_group)
        if lowered in _FOLDERS:
            folder = next(names, None)
        elif lowered not in _SINGLE:
            break
    raise _unknown()


def _segments(path: str) -> list[str]:
    """The path's parts: `Users('a')/messages('b')` as `Users`, `a`, `messages`, `b`, decoded."""
    if "('" in path:
        path = _KEYED.sub(_bare_key, path)
    segments = path.removeprefix("/").split("/")
    if "%" in path:
        segments = [unquote(segment, errors="strict") for segment in segments]
        if any(map(_forbidden_decoded, segments)):
            raise ValueError("expected plain segments, got one that could lead elsewhere")
    if "" in segments or "." in segments:
        raise ValueError("expected plain segments, got an empty one")
    if tuple(segments[:3]) == _TODO:
        del segments[:3]
    if not segments:
        raise _unknown()
    return segments


def _bare_key(match: re.Match[str]) -> str:
    return "/" + match[1].replace("''", "'")


def _unknown() -> ValueError:
    kinds = ", ".join(sorted(_CONTAINERS | _ITEMS))
    return ValueError(f"expected a resource of {kinds}")
