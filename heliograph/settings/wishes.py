"""The section `subscriptions`: what to watch, held against the terms on which Graph offers it.

What Graph would refuse is a fault here, with the rule and the page that states it. The terms
themselves stand in `heliograph.offers`, for whom a wish may be in `audience`.
"""

import re
from collections.abc import Collection, Iterable
from datetime import timedelta

from heliograph.offers import (
    DIRECTORY_QUOTA,
    OFFERS,
    OUTLOOK,
    OVERVIEW,
    RICH,
    SHORTEST_LIFE,
    SUBSCRIPTION,
    Offer,
    offer_of,
)
from heliograph.settings import parse
from heliograph.settings.audience import read_audience
from heliograph.settings.parse import Expected, Parser, shown
from heliograph.settings.parts import Audience, SubscriptionWish
from heliograph.settings.reader import Section

_FORMS = (
    "users, groups, users/{id}/messages, users/{id}/mailFolders('inbox')/messages, "
    "users/{id}/events or users/{id}/contacts"
)
# Documented as not to be selected: such a subscription is refused or brings nothing.
_UNSELECTABLE = {"body", "uniquebody"}
_ANYTHING = next(offer for offer in OFFERS if offer.kind == "messages")
"""The offer by which a wish is read on whose resource is none: it forbids least."""

_NOBODY: Audience = ()
_FOLDERS = {"messages": "mailFolders", "contacts": "contactFolders"}


def read_wishes(root: Section, tenants: Collection[str]) -> tuple[SubscriptionWish, ...]:
    """The wishes in the order of the file; what is watched twice is a fault."""
    wishes: list[SubscriptionWish] = []
    seen: dict[tuple[str, str, str], str] = {}
    for section in root.items("subscriptions"):
        wish = _read_wish(section, tenants)
        for resource in _resources(wish):
            key = (wish.tenant, resource.lower(), wish.filter)
            first = seen.setdefault(key, section.key("resource"))
            if resource and first != section.key("resource"):
                got = f"{shown(resource)}, watched by {first.rpartition('.')[0]} already"
                section.report.fault(section.key("resource"), "a resource that stands once", got)
        wishes.append(wish)
    _refuse_too_many(root, wishes)
    return tuple(wishes)


def _resources(wish: SubscriptionWish) -> list[str]:
    if isinstance(wish.for_each, tuple):
        return [wish.resource.replace("{id}", user) for user in wish.for_each or ("{id}",)]
    return [f"{wish.resource} for {wish.for_each}"]


def _refuse_too_many(root: Section, wishes: Iterable[SubscriptionWish]) -> None:
    """Graph grants an app few subscriptions to single users and groups; `users` needs but one."""
    counts: dict[str, int] = {}
    for number, wish in enumerate(wishes):
        offer = offer_of(wish.resource)
        if offer is None or not offer.in_directory:
            continue
        before = counts.get(wish.tenant, 0)
        counts[wish.tenant] = before + len(_resources(wish))
        if before <= DIRECTORY_QUOTA < counts[wish.tenant]:
            expectation = (
                f"at most {DIRECTORY_QUOTA} subscriptions to users and groups in a tenant"
                f" (resource = {shown(offer.kind)} watches all of them with one; {OVERVIEW})"
            )
            key = f"subscriptions[{number}].resource"
            root.report.fault(key, expectation, str(counts[wish.tenant]))


def _read_wish(section: Section, tenants: Collection[str]) -> SubscriptionWish:
    only = next(iter(tenants)) if len(tenants) == 1 else ""
    resource = section.value("resource", _resource, "", required=True)
    offer = offer_of(resource) or _ANYTHING
    if not offer.is_observed:
        got = f"{shown(resource)}, {_offered(offer)}"
        section.report.fault(section.key("resource"), _FORMS, got)
    rich = section.value("rich", _rich(offer), default=False)
    # Where rich is refused already, what goes with it is no fault of its own.
    wants_rich = rich or (offer.longest_rich is None and section.has("rich"))
    wish = SubscriptionWish(
        tenant=section.value("tenant", _tenant(tenants), only, required=not only),
        resource=_in_folder(resource, section.value("folder", _folder(offer, resource), "")),
        change_types=section.value("change_types", _change_types(offer), offer.change_types),
        rich=rich,
        select=section.value(
            "select", _select(rich=wants_rich), (), required=rich and offer.needs_select
        ),
        filter=section.value("filter", _filter(offer), ""),
        for_each=section.value("for_each", read_audience, _NOBODY, required="{id}" in resource),
        lifetime=section.value("lifetime", _lifetime(offer, rich=rich), None),
        take_over=section.value("take_over", parse.flag, default=False),
    )
    if wish.for_each and "{id}" not in resource:
        section.report.fault(section.key("for_each"), "{id} in the resource", shown(resource))
    section.close()
    return wish


def _resource(value: object) -> str:
    resource = value.removeprefix("/") if isinstance(value, str) else ""
    if "?" in resource:
        raise Expected(
            "a path without a query: `select` and `filter` are keys of their own, and with rich "
            f"content Graph takes no $top, $skip, $orderby and $expand ({OUTLOOK})"
        )
    if resource.lower().startswith("me/"):
        raise Expected(f"users/<id>/... for me: an app has no mailbox of its own ({SUBSCRIPTION})")
    if offer_of(resource) is None:
        raise Expected(f"{_FORMS} ({OVERVIEW})")
    return resource


def _offered(offer: Offer) -> str:
    """The terms of what Graph would tell of, and Heliograph could not look at."""
    content = "with content" if offer.longest_rich else "without content"
    span = f"at most {parse.in_words(offer.longest)}"
    rule = f"; {offer.rule}" if offer.rule else ""
    words = f"{', '.join(offer.change_types)} for {span}, {content}{rule}"
    return f"which Graph offers as {offer.kind} ({words}; {offer.source}), unseen by Heliograph"


def _tenant(tenants: Collection[str]) -> Parser[str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in tenants:
            raise Expected("the name of a tenant" + (f": {', '.join(tenants)}" if tenants else ""))
        return value

    return read


def _folder(offer: Offer, resource: str) -> Parser[str]:
    def read(value: object) -> str:
        if offer.kind not in _FOLDERS or "folders" in resource.lower():
            raise Expected(f"no folder beside {shown(resource)} ({OUTLOOK})")
        if not isinstance(value, str) or not re.fullmatch(r"[^/?#\s'{}]+", value):
            raise Expected("the id of a folder, or a name like inbox")
        return f"{_FOLDERS[offer.kind]}('{value}')"

    return read


def _in_folder(resource: str, folder: str) -> str:
    head, _, items = resource.rpartition("/")
    return f"{head}/{folder}/{items}" if folder else resource


def _rich(offer: Offer) -> Parser[bool]:
    def read(value: object) -> bool:
        rich = parse.flag(value)
        if rich and offer.longest_rich is None:
            raise Expected(f"false: Graph sends no content for {offer.kind} ({RICH})")
        return rich

    return read


def _change_types(offer: Offer) -> Parser[tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        words = tuple(word.lower() for word in parse.texts(value))
        if not words or len(set(words)) != len(words) or set(words) - set(offer.change_types):
            why = ": ".join(filter(None, (", ".join(offer.change_types), offer.rule)))
            raise Expected(f"one or more of {why} ({SUBSCRIPTION})")
        return words

    return read


def _select(*, rich: bool) -> Parser[tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        if not rich:
            raise Expected("no select without rich = true")
        names = parse.texts([] if value is None else value)
        if not names or not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) for name in names):
            raise Expected(f"the properties that a rich notification brings ({RICH})")
        if _UNSELECTABLE & {name.lower() for name in names}:
            raise Expected(
                f"properties without body and uniqueBody, which Graph does not send ({OUTLOOK})"
            )
        return names

    return read


def _filter(offer: Offer) -> Parser[str]:
    def read(value: object) -> str:
        if not offer.takes_filter:
            raise Expected(f"no filter: Graph takes one for mailbox items alone ({OUTLOOK})")
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise Expected("an OData filter like isRead eq false")
        return value.strip()

    return read


def _lifetime(offer: Offer, *, rich: bool) -> Parser[timedelta | None]:
    longest = (offer.longest_rich if rich else None) or offer.longest
    duration = parse.duration(SHORTEST_LIFE, longest)

    def read(value: object) -> timedelta | None:
        try:
            return duration(value)
        except Expected as error:
            raise Expected(f"{error} ({SUBSCRIPTION})") from None

    return read
