"""`heliograph audit`: look at the audit log, and prove that nobody changed it."""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from heliograph.audit import AuditEntry, AuditStore, Proof, Selection
from heliograph.settings import FILE_NAME, load_audit

app = App(name="audit", help="Look at the audit log, and prove that nobody changed it.")

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]


@app.command
def verify(*, config: Config = Path(FILE_NAME), json: bool = False) -> None:
    """Prove the hash chain, or name the first broken entry. Example: heliograph audit verify

    Parameters
    ----------
    json
        One JSON object instead of a sentence.
    """
    proof = asyncio.run(_verify(_url(config)))
    if json:
        print(_json(asdict(proof)))
    else:
        print(f"audit: ok, {proof.count} entries, head {proof.head}")


@app.command(name="list")
def list_entries(
    *,
    config: Config = Path(FILE_NAME),
    kind: str | None = None,
    limit: int = 50,
    json: bool = False,
) -> None:
    """Show the newest entries. Example: heliograph audit list --kind users --limit 10

    Parameters
    ----------
    kind
        Only changes of this kind: users, groups, messages, events, contacts, heliograph.
    limit
        How many.
    json
        JSON Lines instead of a table.
    """
    entries = asyncio.run(_entries(_url(config), kind, limit))
    if json:
        for entry in entries:
            print(_json(asdict(entry)))
        return
    table = Table("time", "kind", "what", "subject", "changed")
    for entry in entries:
        changed = ", ".join(sorted(entry.changed))
        table.add_row(str(entry.observed_at), entry.kind, entry.what, entry.subject, changed)
    Console().print(table)


async def _verify(url: str) -> Proof:
    async with AuditStore.open(url) as store:
        return await store.verify()


async def _entries(url: str, kind: str | None, limit: int) -> list[AuditEntry]:
    async with AuditStore.open(url) as store:
        return [entry async for entry in store.entries(Selection(kind=kind, limit=limit))]


def _url(config: Path) -> str:
    return load_audit(config, os.environ).url.reveal()


def _json(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True)
