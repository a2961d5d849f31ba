"""The rows of `make bench`: printed as a table, and written to build/bench.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FILE = Path(__file__).parents[2] / "build" / "bench.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. *target* is what *value* (or the *ratio* to the *baseline*) must reach."""

    name: str
    value: float
    unit: str
    target: str
    ok: bool
    baseline: float | None = None
    ratio: float | None = None


def report(*rows: Row) -> None:
    """Prints *rows*, and adds them to the file in place of earlier ones of their names."""
    table = Table("row", "value", "baseline", "ratio", "target", "verdict")
    for row in rows:
        baseline = "" if row.baseline is None else f"{row.baseline:.3g} {row.unit}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        verdict = "ok" if row.ok else "missed"
        table.add_row(row.name, f"{row.value:.3g} {row.unit}", baseline, ratio, row.target, verdict)
    Console(width=120).print(table)
    FILE.parent.mkdir(exist_ok=True)
    known = json.loads(FILE.read_text()) if FILE.exists() else []
    names = {row.name for row in rows}
    kept = [row for row in known if row["name"] not in names]
    FILE.write_text(json.dumps(kept + [asdict(row) for row in rows], indent=2) + "\n")
