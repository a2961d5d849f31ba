"""`heliograph dead-letters`: look at work that was given up, try it again, or drop it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from heliograph.cli.letters import Manner, Settle, act, list_found, show_found
from heliograph.cli.times import moment
from heliograph.queue.dead_letters import Wanted
from heliograph.queue.settling import Mode, Settling
from heliograph.settings import FILE_NAME

app = App(name="dead-letters", help="Look at work that was given up, and settle it.")

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which letters; all that are given must fit.

    Parameters
    ----------
    handler
        Of this handler only.
    lane
        Of this lane only, as `list` shows it.
    error
        Whose reason holds this text, in any case.
    since
        Given up since then: 2026-11-24T09:00:00Z, or how long ago: 15m, 24h, 7d.
    until
        Given up before then.
    """

    handler: str | None = None
    lane: str | None = None
    error: str = ""
    since: str | None = None
    until: str | None = None

    def wanted(self, names: Sequence[str] = ()) -> Wanted:
        """As the queue takes them. Raises TimeInvalid."""
        now = datetime.now(UTC)
        return Wanted(
            names=frozenset(names),
            handler=self.handler,
            lane=self.lane,
            error=self.error,
            since=moment(self.since, now=now) if self.since else 0,
            until=moment(self.until, now=now) if self.until else None,
        )


ALL, ASKING = Filters(), Manner()


@app.command(name="list")
def list_letters(
    *, config: Config = Path(FILE_NAME), filters: Filters = ALL, json: bool = False
) -> None:
    """Show dead letters, those of one lane in its order. Example: heliograph dead-letters list

    Parameters
    ----------
    json
        JSON Lines instead of a table.
    """
    asyncio.run(list_found(config, filters.wanted(), as_json=json))


@app.command
def show(name: str, *, config: Config = Path(FILE_NAME)) -> None:
    """Show one dead letter whole, as JSON, with its contents.

    Example: heliograph dead-letters show ID

    Parameters
    ----------
    name
        Its id, as `list` shows it.
    """
    asyncio.run(show_found(config, name))


@app.command
def retry(
    *names: str,
    config: Config = Path(FILE_NAME),
    filters: Filters = ALL,
    manner: Manner = ASKING,
) -> None:
    """Try the same runs again: what they did already is not repeated.

    Example: heliograph dead-letters retry --handler onboarding.welcome --since 24h

    Parameters
    ----------
    names
        Ids, as `list` shows them; without any, all letters that the filters leave.
    """
    asyncio.run(act(config, "retry", filters.wanted(names), manner, lambda s: s.retry))


@app.command
def replay(
    *names: str,
    mode: Mode = "force",
    config: Config = Path(FILE_NAME),
    filters: Filters = ALL,
    manner: Manner = ASKING,
) -> None:
    """Run the same changes anew, in the order of their lanes; looks are looked at again.

    Example: heliograph dead-letters replay --error 503 --mode if-no-runs --dry-run

    Parameters
    ----------
    names
        Ids, as `list` shows them; without any, all letters that the filters leave.
    mode
        `if-no-runs` leaves out what has run well meanwhile, or waits.
    """

    def replaying(settling: Settling) -> Settle:
        return lambda found: settling.replay(found, mode=mode)

    asyncio.run(act(config, "replay", filters.wanted(names), manner, replaying))


@app.command
def drop(
    *names: str,
    config: Config = Path(FILE_NAME),
    filters: Filters = ALL,
    manner: Manner = ASKING,
) -> None:
    """Give letters up for good; the resources of looks are looked at again.

    Example: heliograph dead-letters drop ID

    Parameters
    ----------
    names
        Ids, as `list` shows them; without any, all letters that the filters leave.
    """
    asyncio.run(act(config, "drop", filters.wanted(names), manner, lambda s: s.drop))
