"""The key `for_each`: the users for whom a wish is, as a list or as a way to find them."""

import re
from collections.abc import Mapping

import msgspec

from heliograph.settings import parse
from heliograph.settings.parse import Expected
from heliograph.settings.parts import Audience, EveryMailbox, GroupMembers, UsersMatching

MOST = 100_000

_USER = re.compile(
    r"[^/?#\s'{}@]+@[^/?#\s'{}@]+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
)

_EVERY = "mailboxes"
_FORMS = (
    'ids or user principal names, { group = "<object id>" }, { filter = "<OData>" } or "mailboxes"'
)


def read_audience(value: object) -> Audience:
    """The users that *value* stands for. In the environment the forms in braces are JSON."""
    if value == _EVERY:
        return EveryMailbox()
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _from_json(value)
    match value:
        case {"group": str(group), **rest} if not rest:
            return _members(group)
        case {"filter": str(condition), **rest} if not rest:
            if not condition.strip() or not condition.isprintable():
                raise Expected("{ filter = ... } with an OData filter for users")
            return UsersMatching(condition.strip())
        case Mapping():
            raise Expected(_FORMS)
        case _:
            return _listed(value)


def _from_json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise Expected(_FORMS) from None


def _members(group: str) -> GroupMembers:
    try:
        return GroupMembers(parse.guid(group))
    except Expected as error:
        raise Expected(f"{{ group = ... }} with {error}") from None


def _listed(value: object) -> tuple[str, ...]:
    try:
        users = parse.texts([] if value is None else value)
    except Expected:
        raise Expected(_FORMS) from None
    if not users or not all(_USER.fullmatch(user) for user in users):
        raise Expected(f"{_FORMS} for {{id}}")
    if len(users) > MOST:
        raise Expected(
            f"at most {MOST:,} users in a list; {{ group }} and {{ filter }} have no end"
        )
    return users
