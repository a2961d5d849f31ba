"""What all delta calls share: links, tokens, pages, refusals (change-notifications.md, 7).

What an item looks like is said by `directory_delta` and `mailbox_delta`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from heliograph.simulator.delta import Page, Token, decoded, events_from, rows_from
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.refusals import Refused, bad_request
from heliograph.simulator.store import Table

Shown = dict[str, Any]

DIRECTORY_LIFE = timedelta(days=7)
"""So long a token of the directory is good."""

_IDS = re.compile(r"\s*id\s+eq\s+'([^']*)'\s*(?:or|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How one family tells its pages: *tell* turns a page into what is shown.

    *begin*, where it is given, finds and tells the pages of the first round by itself.
    """

    table: Table
    context: str
    path: str
    options: tuple[str, ...]
    size: int
    tell: Callable[[Page, dict[str, str]], Iterable[Shown]]
    in_directory: bool
    begin: Callable[[Token, int], tuple[Page, list[Shown]]] | None = None


def answer(call: Call, round_: Round) -> Answer:
    """The page that the caller asks for."""
    token = _token(call, round_)
    switches = call.world.switches
    if switches.delta_empty_pages and not token.was_empty:
        again = replace(token, was_empty=True)
        return _page(call, round_, [], token=again, is_last=False)
    page, shown = _found(round_, token)
    at = page.at
    if page.is_last and token.is_first_round:
        at = token.baseline
    elif page.is_last and switches.delta_replays and page.events:
        at = page.events[-1].sequence - 1
    baseline = -1 if page.is_last else token.baseline
    now = call.world.clock.now().timestamp()
    # Only the first page of a round is empty, and a token's age counts from its round.
    following = replace(
        token,
        at=at,
        inner=page.inner,
        baseline=baseline,
        was_empty=not page.is_last,
        made_at=now if page.is_last else token.made_at,
    )
    return _page(call, round_, shown, token=following, is_last=page.is_last)


def _found(round_: Round, token: Token) -> tuple[Page, list[Shown]]:
    """The page that *token* leads to, and what is told of it."""
    size = int(token.options.get("$top", round_.size))
    if token.is_first_round and round_.begin is not None:
        return round_.begin(token, size)
    walk = rows_from if token.is_first_round else events_from
    page = walk(round_.table, token.at, size=size)
    return page, list(round_.tell(page, token.options))


def ids_in(filter_: str) -> frozenset[str]:
    """The ids that a filter of the form `id eq '..' or id eq '..'` names; empty without one."""
    if not filter_:
        return frozenset()
    found = _IDS.findall(filter_)
    if not found or len(found) > 50 or _IDS.sub("", filter_).strip():
        raise bad_request("Only id eq with up to 50 ids is supported in the $filter of delta.")
    return frozenset(id_.lower() for id_ in found)


def _page(call: Call, round_: Round, value: list[Shown], *, token: Token, is_last: bool) -> Answer:
    name = "$deltatoken" if is_last else "$skiptoken"
    link = call.link(round_.path, {name: token.encoded()})
    kind = "@odata.deltaLink" if is_last else "@odata.nextLink"
    chosen = token.options.get("$select", "").replace(" ", "") if round_.in_directory else ""
    context = call.metadata(round_.context + (f"({chosen})" if chosen else ""))
    return Answer(body={"@odata.context": context, kind: link, "value": value})


def _token(call: Call, round_: Round) -> Token:
    text = call.query.get("$skiptoken") or call.query.get("$deltatoken")
    now = call.world.clock.now().timestamp()
    options = {name: call.query[name] for name in round_.options if name in call.query}
    if not text or text == "latest":
        _check_options(call, round_, text or "")
        sequence = call.world.store.sequence
        fresh = Token(path=round_.path, made_at=now, options=options)
        if text == "latest":
            return replace(fresh, at=sequence)
        return replace(fresh, baseline=sequence)
    try:
        token = decoded(text)
    except ValueError as error:
        raise bad_request("Badly formed token.") from error
    if token.path != round_.path:
        raise bad_request("Badly formed token.")
    _check_age(call, round_, token, now)
    return token


def _check_options(call: Call, round_: Round, latest: str) -> None:
    if latest and not round_.in_directory:
        raise bad_request("Badly formed token.")
    for name in call.query:
        if name.startswith("$") and name not in {*round_.options, "$deltatoken", "$skiptoken"}:
            raise bad_request(f"The query option {name} is not supported for delta here.")


def _check_age(call: Call, round_: Round, token: Token, now: float) -> None:
    oldest = call.world.switches.oldest_delta
    if round_.in_directory:
        oldest = max(oldest, now - DIRECTORY_LIFE.total_seconds())
    if token.made_at >= oldest:
        return
    if round_.in_directory:
        headers = {"location": call.link(round_.path, {"$deltatoken": ""})}
        text = "The delta token is expired. Restart with a full sync."
        raise Refused(410, "resyncRequired", text, headers=headers)
    text = "The sync state generation is not found; generation=149;[highest=157][157][155][156]."
    raise Refused(410, "SyncStateNotFound", text)
