"""How the demo shows each notification travelling: live on a terminal, plain lines elsewhere."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from heliograph.cli.tally import Journey, Tally

ROWS = 14
"""Of the live table: the newest changes."""


class View(Protocol):
    """What the demo tells while it runs."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def say(self, text: str) -> None: ...
    def update(self, tally: Tally) -> None: ...


def view_for(console: Console) -> View:
    """The live view where there is a terminal with colours, else plain lines."""
    is_live = console.is_terminal and not console.no_color and not console.is_dumb_terminal
    return LiveView(console) if is_live else PlainView(console)


class PlainView:
    """One line for each thing that happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def say(self, text: str) -> None:
        """What happens next."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def update(self, tally: Tally) -> None:
        """Tells each change once, when its first handler has finished."""
        for journey in list(tally.journeys.values()):
            if journey.handlers and journey.what and journey.change_id not in self._told:
                self._told.add(journey.change_id)
                self.say(f"  {_what(journey)}: {_way(journey)}")


class LiveView:
    """A table that grows while the day goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._now = ""
        self._tally = Tally()
        self._live = Live(console=console, refresh_per_second=12, get_renderable=self._render)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """What happens next, above the table."""
        self._now = text

    def update(self, tally: Tally) -> None:
        """Shows what *tally* knows by now."""
        self._tally = tally

    def _render(self) -> Group:
        table = Table(title="Heliograph: a working day", title_justify="left", expand=True)
        for name in ("change", "received", "observed", "handled", "by"):
            table.add_column(name, no_wrap=True)
        told = [journey for journey in self._tally.journeys.values() if journey.what]
        for journey in told[-ROWS:]:
            table.add_row(
                _what(journey),
                Text("●", style="blue"),
                _mark(journey.observed_after, "yellow"),
                _mark(journey.handled_after, "green"),
                ", ".join(sorted({name.partition(".")[0] for name in journey.handlers})),
            )
        return Group(Text(self._now, style="bold"), table)


def summary(rows: Mapping[str, str]) -> Table:
    """The table at the end."""
    table = Table(title="Summary", title_justify="left", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def percentile(sorted_values: Sequence[int], share: float) -> int:
    """The value below which *share* of the sorted values lie; 0 where there are none."""
    if not sorted_values:
        return 0
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def _what(journey: Journey) -> str:
    fields = f": {', '.join(journey.fields)}" if journey.fields else ""
    return f"{journey.kind} {journey.what}{fields}"


def _way(journey: Journey) -> str:
    observed = "?" if journey.observed_after is None else f"{journey.observed_after} ms"
    handled = "?" if journey.handled_after is None else f"{journey.handled_after} ms"
    return f"received, observed after {observed}, handled after {handled}"


def _mark(after: int | None, style: str) -> Text:
    return Text("…", style="dim") if after is None else Text(f"● {after} ms", style=style)
