"""`heliograph plan` and `heliograph apply`: what the keeper would do, and doing it by hand."""

import asyncio
import json as json_
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from redis.asyncio import Redis
from rich.console import Console
from rich.progress import track

from heliograph.cli import plans
from heliograph.cli.plans import Step
from heliograph.errors import GraphError, HeliographError
from heliograph.lease import RENEW_EVERY, Lease
from heliograph.settings import FILE_NAME, Settings

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]

CHANGES = 2
"""The exit status of `plan --detailed-exitcode` where there is something to do."""


class KeeperRuns(HeliographError):
    """A keeper holds the lease, so that nobody else may change subscriptions."""


def plan(
    *,
    config: Config = Path(FILE_NAME),
    json: bool = False,
    out: Path | None = None,
    detailed_exitcode: bool = False,
) -> int:
    """Show what would make Graph's subscriptions agree with the settings.

    Example: heliograph plan --out plan.json

    Parameters
    ----------
    json
        One JSON object instead of a diff.
    out
        Keep the plan in this file, for `heliograph apply`.
    detailed_exitcode
        Exit status 0: nothing to do, 1: failed, 2: there are changes.
    """
    steps = asyncio.run(_plan(_settings(config)))
    if out is not None:
        out.write_text(json_.dumps(plans.data(steps), indent=2) + "\n", "utf-8")
    if json:
        print(json_.dumps(plans.data(steps)))
    else:
        plans.show(steps, Console())
    return CHANGES if detailed_exitcode and plans.changes(steps) else 0


def apply(file: Path | None = None, *, config: Config = Path(FILE_NAME), yes: bool = False) -> int:
    """Make Graph's subscriptions agree with the settings, after a question.

    Example: heliograph apply plan.json --yes

    Parameters
    ----------
    file
        A plan that `heliograph plan --out` has kept: it is carried out as it is, or refused.
    yes
        Do not ask.
    """
    return asyncio.run(_apply(_settings(config), file, is_sure=yes))


async def _plan(settings: Settings) -> list[Step]:
    async with plans.opened(settings) as tenancies:
        return await plans.planned(tenancies)


async def _apply(settings: Settings, file: Path | None, *, is_sure: bool) -> int:
    async with plans.opened(settings) as tenancies, held(tenancies.redis) as fence:
        await tenancies.records.open(fence)
        steps = await plans.planned(tenancies)
        if file is not None:
            plans.check_saved(file, steps)
        plans.show(steps, Console())
        todo = plans.changes(steps)
        if not todo or not (is_sure or await asyncio.to_thread(_is_wanted)):
            return 0 if not todo else 1
        return await _carry_out(todo)


async def _carry_out(todo: Sequence[Step]) -> int:
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    failed = 0
    shown = track(todo, "Applying", console=errors, disable=not errors.is_terminal)
    for step in shown:
        try:
            await step.tenancy.carrier.carry_out(step.action)
        except GraphError as error:
            failed += 1
            errors.print(f"{step.address}: {error}", markup=False)
    print(f"Apply: {len(todo) - failed} done, {failed} failed.")
    return 1 if failed else 0


@asynccontextmanager
async def held(redis: Redis) -> AsyncIterator[int]:
    """The keeper's lease, for as long as the context lasts: its fence. Raises KeeperRuns."""
    lease = Lease(redis)
    fence = await lease.acquire()
    if fence is None:
        raise KeeperRuns(
            "expected the keeper's lease, but a keeper holds it, and applies its settings by "
            "itself: to do it by hand, run the listener with --no-keeper"
        )
    renewing = asyncio.create_task(_renew(lease, fence))
    try:
        yield fence
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await lease.release(fence)


async def _renew(lease: Lease, fence: int) -> None:
    while await lease.renew(fence):  # noqa: ASYNC110 (the lease is in Redis)
        await asyncio.sleep(RENEW_EVERY.total_seconds())


def _is_wanted() -> bool:
    if not sys.stdin.isatty():
        raise HeliographError("expected a terminal to ask on, or --yes, got neither")
    print("Only yes carries it out. Enter a value: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == "yes"


def _settings(config: Path) -> Settings:
    return Settings.load(config, os.environ)
