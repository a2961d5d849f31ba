"""`heliograph check`: are the settings sound, and where does each value come from?"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from heliograph.errors import SettingsInvalid
from heliograph.loading import load
from heliograph.settings import Settings
from heliograph.settings.tenants import refuse_outdated


def check(path: Path, environ: Mapping[str, str], *, as_json: bool, console: Console) -> int:
    """Prints all faults of the settings in *path*, or all settings; the exit status."""
    try:
        settings = Settings.load(path, environ)
        handlers = load(settings.handlers.values(), directory=settings.directory)
        refuse_outdated(settings.tenants, now=datetime.now(UTC))
    except SettingsInvalid as error:
        if as_json:
            console.print_json(json.dumps({"ok": False, "faults": error.faults}))
            return 1
        raise
    if as_json:
        effective = [asdict(one) for one in settings.effective]
        ids = [loaded.handler.id for loaded in handlers]
        console.print_json(json.dumps({"ok": True, "settings": effective, "handlers": ids}))
        return 0
    table = Table(title=str(path), title_justify="left")
    for column in ("setting", "value", "from"):
        table.add_column(column, overflow="fold")
    for one in settings.effective:
        table.add_row(one.key, one.shown, one.origin)
    console.print(table)
    console.print(f"{path}: ok", markup=False, highlight=False)
    return 0
