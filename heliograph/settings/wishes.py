"""The section `subscriptions`: what Graph can be asked to watch, and on which terms.

The limits are Graph's (change-notifications of v1.0, resource tables); a wish outside them would
be refused there, or silently changed, so it is refused here.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from heliograph.settings import parse
from heliograph.settings.parse import Expected, Parser, shown
from heliograph.settings.parts import SubscriptionWish
from heliograph.settings.reader import Section

MIN_LIFETIME = timedelta(minutes=45)
"""Graph silently raises anything shorter."""

MAX_WISHES_USERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Resources that Graph treats alike."""

    pattern: re.Pattern[str]
    change_types: tuple[str, ...]
    longest: timedelta
    longest_rich: timedelta | None
    """None where Graph offers no rich notifications."""


_ALL = ("created", "updated", "deleted")
_GUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_USER = r"users/(?:\{id\}|[^/?#\s']+)"
_FOLDER = r"(?:\('[^/?#']+'\)|/[^/?#\s']+)"

FAMILIES = (
    Family(  # directory objects: a creation comes as `updated`, and the content never comes along
        pattern=re.compile(rf"(?:users|groups)(?:/{_GUID})?"),
        change_types=("updated", "deleted"),
        longest=timedelta(minutes=41_760),
        longest_rich=None,
    ),
    Family(  # mailbox items; 10,080 minutes are documented, and the service refuses over 10,070
        pattern=re.compile(
            rf"{_USER}/(?:(?:mailFolders{_FOLDER}/)?messages|events|(?:contactFolders{_FOLDER}/)?contacts)"
        ),
        change_types=_ALL,
        longest=timedelta(minutes=10_070),
        longest_rich=timedelta(minutes=1_440),
    ),
)
_FORMS = (
    "users, groups, users/{id}/messages, users/{id}/mailFolders('inbox')/messages, "
    "users/{id}/events or users/{id}/contacts"
)
# Documented as not to be selected: such a subscription is refused or brings nothing.
_UNSELECTABLE = {"body", "uniquebody"}


def family_of(resource: str) -> Family | None:
    """The family of *resource*, or None where Graph has no such subscription that we serve."""
    return next((family for family in FAMILIES if family.pattern.fullmatch(resource)), None)


def read_wishes(root: Section, tenants: Collection[str]) -> tuple[SubscriptionWish, ...]:
    """The wishes in the order of the file; what is watched twice is a fault."""
    wishes: list[SubscriptionWish] = []
    seen: dict[tuple[str, str], str] = {}
    for section in root.items("subscriptions"):
        wish = _read_wish(section, tenants)
        for resource in _expanded(wish):
            first = seen.setdefault((wish.tenant, resource.lower()), section.key("resource"))
            if resource and first != section.key("resource"):
                got = f"{shown(resource)}, watched by {first.rpartition('.')[0]} already"
                section.report.fault(section.key("resource"), "a resource that stands once", got)
        wishes.append(wish)
    return tuple(wishes)


def _expanded(wish: SubscriptionWish) -> list[str]:
    return [wish.resource.replace("{id}", user) for user in wish.for_each or ("{id}",)]


def _read_wish(section: Section, tenants: Collection[str]) -> SubscriptionWish:
    only = next(iter(tenants)) if len(tenants) == 1 else ""
    resource = section.value("resource", _resource, "", required=True)
    family = family_of(resource) or FAMILIES[-1]
    rich = section.value("rich", _rich(family), default=False)
    # Where rich is refused already, what goes with it is no fault of its own.
    wants_rich = rich or (family.longest_rich is None and section.has("rich"))
    wish = SubscriptionWish(
        tenant=section.value("tenant", _tenant(tenants), only, required=not only),
        resource=resource,
        change_types=section.value("change_types", _change_types(family), family.change_types),
        rich=rich,
        select=section.value("select", _select(rich=wants_rich), (), required=rich),
        for_each=section.value("for_each", _users, (), required="{id}" in resource),
        lifetime=section.value("lifetime", _lifetime(family, rich=rich), None),
    )
    if wish.for_each and "{id}" not in resource:
        section.report.fault(section.key("for_each"), "{id} in the resource", shown(resource))
    section.close()
    return wish


def _resource(value: object) -> str:
    resource = value.removeprefix("/") if isinstance(value, str) else ""
    if family_of(resource) is None:
        raise Expected(_FORMS)
    return resource


def _tenant(tenants: Collection[str]) -> Parser[str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in tenants:
            raise Expected("the name of a tenant" + (f": {', '.join(tenants)}" if tenants else ""))
        return value

    return read


def _rich(family: Family) -> Parser[bool]:
    def read(value: object) -> bool:
        rich = parse.flag(value)
        if rich and family.longest_rich is None:
            raise Expected("false: Graph sends no content for users and groups")
        return rich

    return read


def _change_types(family: Family) -> Parser[tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        words = tuple(word.lower() for word in parse.texts(value))
        if not words or len(set(words)) != len(words) or set(words) - set(family.change_types):
            raise Expected("one or more of " + ", ".join(family.change_types))
        return words

    return read


def _select(*, rich: bool) -> Parser[tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        if not rich:
            raise Expected("no select without rich = true")
        names = parse.texts([] if value is None else value)
        if not names or not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) for name in names):
            raise Expected("the properties that a rich notification brings")
        if _UNSELECTABLE & {name.lower() for name in names}:
            raise Expected("properties without body and uniqueBody, which Graph does not send")
        return names

    return read


def _users(value: object) -> tuple[str, ...]:
    users = parse.texts([] if value is None else value)
    if not users or not all(re.fullmatch(r"[^/?#\s'{}]+", user) for user in users):
        raise Expected("ids or user principal names for {id}")
    if len(users) > MAX_WISHES_USERS:
        raise Expected(f"at most {MAX_WISHES_USERS} users")
    return users


def _lifetime(family: Family, *, rich: bool) -> Parser[timedelta | None]:
    longest = (family.longest_rich if rich else None) or family.longest
    return parse.duration(MIN_LIFETIME, longest)
