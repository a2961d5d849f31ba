"""What the keeper would do now, told without doing it: Graph and the directory are only read."""

from dataclasses import dataclass
from datetime import datetime

from heliograph.keeping.expansion import Unfound
from heliograph.keeping.tenancy import Tenancy
from heliograph.planning.actions import Action
from heliograph.planning.planner import Terms, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The *actions* for one tenant; users who could not be found are taken from the records."""

    actions: list[Action]
    unfound: list[Unfound]


async def preview(tenancy: Tenancy, *, now: datetime) -> Preview:
    """The plan for *tenancy*, whose records must have been read.

    Raises GraphError, and QueueUnavailable.
    """
    expander, reader, carrier = tenancy.expander, tenancy.reader, tenancy.carrier
    unfound = await expander.find(expander.audiences())
    await reader.read(now=now)
    desired, holding = expander.desired(), reader.holding(now=now)
    is_rich = any(wish.rich for wish in desired)
    key_ids = [key.id for key in await carrier.keys.all()] if is_rich else []
    terms = Terms(
        notification_url=carrier.addresses.notifications,
        key_ids=frozenset(key_ids) if is_rich else None,
        newest_key_id=key_ids[-1] if key_ids else None,
        foreign=holding.foreign,
    )
    return Preview(actions=plan(desired, holding.ours, now=now, terms=terms), unfound=unfound)
