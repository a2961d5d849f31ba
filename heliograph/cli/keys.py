"""`heliograph keys`: the RSA keys that Graph encrypts rich notifications for."""

import asyncio
import json as json_
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Column, Table

from heliograph.cli.letters import who
from heliograph.cli.stack import deployed_queue, load_settings
from heliograph.cli.times import shown
from heliograph.encryption_keys import EncryptionKeys
from heliograph.errors import HeliographError
from heliograph.keeping.key_ring import Held, KeyRing
from heliograph.orders import Order, Orders
from heliograph.registrations import Registrations
from heliograph.settings import FILE_NAME, Settings

app = App(name="keys", help="Look at the keys for rich notifications, and change them.")

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]
Bits = Annotated[Literal[2048, 3072, 4096], Parameter(help="The length of the key.")]


class KeysUnchanged(HeliographError):
    """An act on keys was not begun; the message says why."""


@app.command(name="list")
def list_keys(*, config: Config = Path(FILE_NAME), json: bool = False) -> None:
    """Show each key, and what still names it. Example: heliograph keys list

    Parameters
    ----------
    json
        JSON Lines instead of a table.
    """
    found = [_facts(one) for one in asyncio.run(_look(config))]
    if json:
        for facts in found:
            print(json_.dumps(facts, sort_keys=True))
        return
    table = Table(Column("id", no_wrap=True), "state", "bits", "expires", "named by")
    for facts in found:
        cells = (facts[name] for name in ("id", "state", "bits", "expires_at"))
        table.add_row(*map(str, cells), _named_by(facts))
    Console().print(table)


@app.command
def create(*, config: Config = Path(FILE_NAME), bits: Bits = 2048) -> None:
    """Make the first key, before the keeper does. Example: heliograph keys create --bits 4096"""
    print(asyncio.run(_create(config, bits, is_first=True)))


@app.command
def rotate(*, config: Config = Path(FILE_NAME), bits: Bits = 2048) -> None:
    """Make a new key; the keeper moves every subscription to it. Example: heliograph keys rotate"""
    print(asyncio.run(_create(config, bits, is_first=False)))


@app.command
def retire(*ids: str, config: Config = Path(FILE_NAME)) -> None:
    """Remove old keys now that nothing has named for 5 hours; the keeper does so by itself.

    Example: heliograph keys retire

    Parameters
    ----------
    ids
        As `list` shows them; without any, all keys that may go.
    """
    for id_ in asyncio.run(_retire(config, ids)):
        print(id_)


@asynccontextmanager
async def _ring(settings: Settings) -> AsyncIterator[tuple[KeyRing, Orders]]:
    async with deployed_queue(settings) as queue:
        ring = KeyRing(
            keys=EncryptionKeys(queue.redis, queue.sealer),
            registrations=Registrations(queue.redis),
            partitions=queue.partitions,
            clock=lambda: datetime.now(UTC),
        )
        yield ring, Orders(queue.redis)


async def _look(config: Path) -> list[Held]:
    async with _ring(load_settings(config)) as (ring, _):
        return await ring.look()


async def _create(config: Path, bits: int, *, is_first: bool) -> str:
    settings = load_settings(config)
    async with _ring(settings) as (ring, orders):
        if is_first and (keys := await ring.keys.all()):
            there = f"expected no key, found {keys[-1].id}"
            raise KeysUnchanged(f"{there}: `heliograph keys rotate` makes the next one")
        key = await ring.add(bits=bits, made_by=who())
        for tenant in settings.tenants.values():
            await orders.push(Order(what="rekey", tenant=tenant.tenant_id, reason="command"))
    return key.id


async def _retire(config: Path, ids: tuple[str, ...]) -> list[str]:
    async with _ring(load_settings(config)) as (ring, _):
        retired = await ring.retire(ids or None)
        if kept := sorted(set(ids) - set(retired)):
            raise KeysUnchanged(
                f"expected old keys that nothing has named for 5 hours, got {', '.join(kept)}: "
                "`heliograph keys list` shows what names them"
            )
        return retired


def _facts(one: Held) -> dict[str, Any]:
    key = one.key
    return {
        "id": key.id,
        "state": one.state,
        "bits": key.private.key_size,
        "made_at": shown(key.created_at),
        "made_by": key.made_by,
        "expires_at": f"{key.expires_at:%Y-%m-%d}",
        **asdict(one.use),
        "unused_since": None if one.idle_since is None else shown(one.idle_since),
    }


def _named_by(facts: Mapping[str, Any]) -> str:
    names = ("subscriptions", "lanes", "dead_letters")
    found = [f"{facts[name]} {name.replace('_', ' ')}" for name in names if facts[name]]
    since = f"nothing since {facts['unused_since']}" if facts["unused_since"] else "nothing yet"
    return ", ".join(found) or since
