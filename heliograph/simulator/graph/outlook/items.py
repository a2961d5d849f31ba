"""What mail, calendar and contacts have in common: the mailbox, the ids, the etag, the list."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from heliograph.simulator.graph.answers import listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.odata import filtered, ordered, page, selected, top, wants_count
from heliograph.simulator.outlook.mailboxes import Mailbox
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row, Table

HEAVY = frozenset({"uniqueBody", "internetMessageHeaders", "attachments"})


def mailbox(call: Call) -> Mailbox:
    """The mailbox that the path names."""
    return call.world.boxes.of(call.params["user"])


def key_of(call: Call, table: Table, name: str) -> str:
    """The key of the item whose id stands in the path as *name*."""
    return mailbox(call).key_of(table, call.params[name])


def check_match(call: Call, row: Row) -> None:
    """Refuse the write where the caller knows an older state."""
    known = call.headers.get("if-match", "*")
    if known not in {"*", etag(row)}:
        raise Refused(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in"
            " the request does not match the current change key for the item.",
        )


def etag(row: Row) -> str:
    """The entity tag of an item: its change key."""
    return f'W/"{row["changeKey"]}"'


def shown(call: Call, key: str, row: Row) -> dict[str, Any]:
    """An item as the caller sees it: with etag, the id form wished for, the selected properties."""
    id_ = key if call.immutable_ids else row["id"]
    names = selected(call)
    chosen: Mapping[str, Any] = (
        {name: row.get(name) for name in names}
        if names
        else {name: value for name, value in row.items() if name not in HEAVY}
    )
    types = {"@odata.type": row["@odata.type"]} if "@odata.type" in row else {}
    return {**types, "@odata.etag": etag(row), **chosen, "id": id_}


def items(
    call: Call, context: str, rows: Iterable[tuple[str, Row]], *, newest: str, default: int = 10
) -> Answer:
    """A page of items, by default those with the latest *newest* first."""
    claim = filtered(call)
    size = top(call, default=default, most=1000)
    found = {id(row): (key, row) for key, row in rows if claim is None or claim.holds(row)}
    rows_in_order = ordered(call, (row for _, row in found.values()), default=f"{newest} desc")
    part, link = page(call, rows_in_order, size=size)
    seen = [shown(call, *found[id(row)]) for row in part]
    count = len(found) if wants_count(call) else None
    return preferred(call, listing(call, context, seen, next_link=link, count=count))


def preferred(call: Call, answer: Answer) -> Answer:
    """*answer*, saying which preferences it honours."""
    if not call.immutable_ids:
        return answer
    headers = {**answer.headers, "preference-applied": 'IdType="ImmutableId"'}
    return replace(answer, headers=headers)


def owner(call: Call) -> str:
    """The user of the path, as it stands in a context."""
    return f"users('{call.params['user'].replace('@', '%40')}')"
