"""What `plan` shows and `apply` does: the calls that make Graph agree with the configuration."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rich.console import Console

from heliograph.cli.stack import deployed_url
from heliograph.errors import HeliographError
from heliograph.keeping.tenancy import Tenancies, Tenancy, open_tenancies
from heliograph.planning.actions import (
    Action,
    Adopt,
    Create,
    Delete,
    Forget,
    Hold,
    Leave,
    Rekey,
    Renew,
    Replace,
    TakeOver,
)
from heliograph.planning.planner import Terms, plan
from heliograph.settings import Settings

FORMAT_VERSION = "1.0"

_VERBS: Mapping[type[Action], tuple[str, ...]] = {
    Create: ("create",),
    TakeOver: ("delete", "create"),
    Replace: ("create", "delete"),
    Rekey: ("update",),
    Renew: ("update",),
    Adopt: ("update",),
    Delete: ("delete",),
    Forget: ("no-op",),
    Hold: ("no-op",),
    Leave: ("no-op",),
}
_MARKS = {
    ("create",): ("+", "green"),
    ("update",): ("~", "yellow"),
    ("delete",): ("-", "red"),
    ("create", "delete"): ("+/-", "magenta"),
    ("delete", "create"): ("-/+", "magenta"),
}


class PlanStale(HeliographError):
    """The world has moved since a plan was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action of a plan, for one tenant."""

    tenancy: Tenancy
    action: Action

    @property
    def verbs(self) -> tuple[str, ...]:
        """What is done, in the words that plans use everywhere."""
        if type(self.action) is Replace and self.action.delete_first:
            return "delete", "create"
        return _VERBS[type(self.action)]

    @property
    def address(self) -> str:
        """The subscription, as people name it: tenant and resource."""
        return f"{self.tenancy.expander.name}/{self.action.resource}"

    def data(self) -> dict[str, Any]:
        """The step as `plan --json` tells it."""
        return {
            "address": self.address,
            "change": {"actions": list(self.verbs)},
            "kind": type(self.action).__name__.lower(),
            "reason": self.action.reason,
        }


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Tenancies]:
    """All tenants of a deployment, its records read."""
    async with deployed_url(settings) as url:
        reached = replace(settings, redis=replace(settings.redis, url=url))
        async with open_tenancies(reached) as tenancies:
            await tenancies.records.open(None)
            yield tenancies


async def planned(tenancies: Tenancies) -> list[Step]:
    """What there is to do now. Raises GraphError where a tenant cannot be read."""
    return [step for tenancy in tenancies.all for step in await _planned(tenancy, tenancies)]


async def _planned(tenancy: Tenancy, tenancies: Tenancies) -> list[Step]:
    now, expander, reader = tenancies.clock(), tenancy.expander, tenancy.reader
    await reader.read(now=now)
    for unfound in await expander.find(expander.audiences()):
        raise unfound.error
    desired, holding = expander.desired(), reader.holding(now=now)
    is_rich = any(wish.rich for wish in desired)
    key_ids = [key.id for key in await tenancy.carrier.keys.all()] if is_rich else None
    terms = Terms(
        notification_url=tenancy.carrier.addresses.notifications,
        key_ids=None if key_ids is None else frozenset(key_ids),
        newest_key_id=key_ids[-1] if key_ids else None,
        proof_id=tenancy.carrier.client_states.successor,
        foreign=holding.foreign,
    )
    actions = plan(desired, holding.ours, now=now, terms=terms)
    return [Step(tenancy=tenancy, action=action) for action in actions]


def changes(steps: Iterable[Step]) -> list[Step]:
    """Those of *steps* that do something."""
    return [step for step in steps if step.verbs != ("no-op",) or isinstance(step.action, Forget)]


def data(steps: Sequence[Step]) -> dict[str, Any]:
    """The whole plan, as `--json` and `--out` write it."""
    return {
        "format_version": FORMAT_VERSION,
        "fingerprint": fingerprint(steps),
        "resource_changes": [step.data() for step in steps],
    }


def fingerprint(steps: Iterable[Step]) -> str:
    """What the changes are, in a digest: two plans that do the same have the same."""
    told = sorted(json.dumps(step.data(), sort_keys=True) for step in changes(steps))
    return blake2b("\n".join(told).encode(), digest_size=16).hexdigest()


def check_saved(file: Path, steps: Sequence[Step]) -> None:
    """Raises PlanStale where *file* holds another plan than *steps*, or none."""
    try:
        saved = json.loads(file.read_text("utf-8"))["fingerprint"]
    except (ValueError, KeyError, TypeError) as error:
        raise PlanStale(f"{file}: expected a plan of `heliograph plan --out`") from error
    if saved != fingerprint(steps):
        raise PlanStale(f"{file}: the saved plan is stale, something has changed: plan again")


def show(steps: Sequence[Step], console: Console) -> None:
    """Prints what would be done, a reason beside each, and the sum."""
    todo = changes(steps)
    for step in todo:
        mark, style = _MARKS.get(step.verbs, (" ", ""))
        console.print(f"{mark:>3} {step.address}", style=style, markup=False, highlight=False)
        console.print(f"      # {step.action.reason}", style="dim", markup=False, highlight=False)
    for step in steps:
        if isinstance(step.action, Hold):
            line = f"  ! {step.address}: {step.action.reason}"
            console.print(line, style="bold red", markup=False, highlight=False)
    added = sum("create" in step.verbs for step in todo)
    changed = sum(step.verbs == ("update",) for step in todo)
    removed = sum("delete" in step.verbs for step in todo)
    if todo:
        total = f"Plan: {added} to add, {changed} to change, {removed} to destroy."
    else:
        total = "No changes. Graph agrees with the configuration."
    console.print(total, markup=False, highlight=False)
