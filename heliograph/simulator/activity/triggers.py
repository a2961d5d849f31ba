"""The names of what can be made to happen, and how each is called."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import msgspec

from heliograph.simulator.directory.roles import GLOBAL_ADMINISTRATOR
from heliograph.simulator.initiators import SYSTEM, Initiator, act_as
from heliograph.simulator.world import World


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is to happen; what is left empty is chosen.

    *user* is an id or user principal name, *group* an id or display name, *item* the id of what
    lies in the user's mailbox; *set* holds properties under Graph's names.
    """

    event: str = ""
    user: str = ""
    group: str = ""
    item: str = ""
    set: dict[str, Any] = {}


Happened = dict[str, Any]
"""The id of what it was done to, and what else one needs to go on with it."""

Act = Callable[[World, Wish], Happened]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One thing that can be made to happen."""

    event: str
    act: Act

    @property
    def summary(self) -> str:
        """What happens, in a sentence."""
        return (self.act.__doc__ or "").partition("\n")[0]


class Triggers:
    """Triggers by name; those of *families* to begin with."""

    def __init__(self, *families: "Triggers") -> None:
        self._all: dict[str, Trigger] = {}
        for family in families:
            self._all.update(family._all)

    def on(self, event: str) -> Callable[[Act], Act]:
        """Declare that the function below makes *event* happen; its docstring says how."""

        def declare(act: Act) -> Act:
            self._all[event] = Trigger(event=event, act=act)
            return act

        return declare

    def __iter__(self) -> Iterator[Trigger]:
        return iter(self._all.values())

    def pull(self, world: World, wish: Wish) -> Mapping[str, Any]:
        """Make happen what *wish* names; the answer tells what it was done to.

        Raises ValueError for an event that there is not, Refused where Graph's rules forbid it.
        """
        trigger = self._all.get(wish.event)
        if trigger is None:
            near = get_close_matches(wish.event, self._all, n=3) or list(self._all)
            raise ValueError(f"event: expected one of {', '.join(near)}, got {wish.event[:50]!r}")
        with act_as(_administrator(world)):
            return {"event": wish.event, **trigger.act(world, wish)}


def _administrator(world: World) -> Initiator:
    """In whose name it happens: that of a Global Administrator, if there is one."""
    for row in world.directory.assignments.rows.values():
        holder = world.directory.users.rows.get(row["principalId"])
        if holder is not None and row["roleDefinitionId"] == GLOBAL_ADMINISTRATOR:
            return Initiator(id=holder["id"], name=holder["userPrincipalName"])
    return SYSTEM
