"""How the changes of one table of a mailbox are told, page by page (change-notifications.md, 7)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from heliograph.simulator.delta import Page
from heliograph.simulator.graph.answers import preferred
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.delta import Round, Shown, answer
from heliograph.simulator.graph.odata import top
from heliograph.simulator.graph.outlook.views import Lens, View
from heliograph.simulator.store import Event, Row, Table

Scope = Callable[[Row], bool]
Entries = Callable[[str, Row], Mapping[str, Shown]]
"""What is shown of the row under a key, by the ids that it is shown under: nothing out of scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How the changes of one table are told: of which *type* its items are, what is shown of them,
    and which of those that are not shown are told as removed.
    """

    table: Table
    type: str
    entries: Entries
    tells_outside: Scope = lambda _: False

    def tell(self, call: Call, page: Page, only: str) -> Iterator[Shown]:
        """What a page tells, of one change type where *only* names it."""
        for key, row in page.rows:
            if only in {"", "created"}:
                yield from self.entries(key, row).values()
        current = {event.key: self._current(event.key) for event in page.events}
        for event in page.events:
            if only in {"", "deleted"}:
                yield from self._removed(call, event, current[event.key])
        for key, event in {event.key: event for event in page.events}.items():
            word = "updated" if event.what == "updated" else "created"
            if only in {"", word}:
                yield from current[key].values()

    def _current(self, key: str) -> Mapping[str, Shown]:
        row = self.table.rows.get(key)
        return {} if row is None else self.entries(key, row)

    def _removed(self, call: Call, event: Event, current: Mapping[str, Shown]) -> Iterator[Shown]:
        was = () if event.before is None else self.entries(event.key, event.before)
        gone = [id_ for id_ in was if id_ not in current]
        row = event.before or event.after or {}
        if not gone and not current and not was and self.tells_outside(row):
            gone = [event.key if call.immutable_ids else str(row["id"])]
        for id_ in gone:
            yield {"@odata.type": self.type, "id": id_, "@removed": {"reason": "deleted"}}


def followed(
    call: Call,
    table: Table,
    view: View,
    *,
    path: str,
    options: tuple[str, ...],
    scope: Callable[[Mapping[str, str]], Scope],
) -> Answer:
    """A page of what changed in *table*, within the *scope* that the first call's options say."""
    type_ = f"#microsoft.graph.{view.kind.name}"

    def tell(page: Page, kept: dict[str, str]) -> Iterator[Shown]:
        lens, holds = Lens(replace(call, query=_shown_options(kept)), view), scope(kept)

        def entries(key: str, row: Row) -> Mapping[str, Shown]:
            if not holds(row):
                return {}
            shown = {"@odata.type": type_, **lens.show(key, row)}
            return {str(shown["id"]): shown}

        following = Following(table=table, type=type_, entries=entries)
        return following.tell(call, page, kept.get("changeType", "").lower())

    round_ = Round(
        table=table,
        context=f"Collection({view.kind.name})",
        path=f"/users/{call.params['user']}/{path}/delta",
        options=options,
        size=page_size(call),
        tell=tell,
        in_directory=False,
    )
    return preferred(answer(call, round_), Lens(bare(call), view).honoured())


def bare(call: Call) -> Call:
    """The call without its options: those of a round lie in its token."""
    return replace(call, query={})


def _shown_options(options: Mapping[str, str]) -> dict[str, str]:
    return {name: options[name] for name in ("$select", "$expand") if name in options}


def page_size(call: Call) -> int:
    """So many changes the caller wants on a page."""
    return top(call, default=10, most=1000)
