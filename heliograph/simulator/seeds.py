"""The groups and roles that a tenant starts with, the same for the same seed.

Its people stand in `directory.people`, as they are made only when they are looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.directory.memberships import Team
from heliograph.simulator.directory.people import DEPARTMENTS
from heliograph.simulator.directory.roles import (
    DIRECTORY_READERS,
    GLOBAL_ADMINISTRATOR,
    USER_ADMINISTRATOR,
    assignment,
    template,
)
from heliograph.simulator.directory.skus import POWER_BI
from heliograph.simulator.world import World

_STAFF = 1_000
_ADMINISTRATORS = (
    (11, GLOBAL_ADMINISTRATOR),
    (10, USER_ADMINISTRATOR),
    (9, DIRECTORY_READERS),
)
"""Who holds a role, by the place among the people."""

_PLANNING = 8
"""So many people have plans and tasks."""

_ANALYSTS = (1, 4, 7)
"""Who gets a licence through a group."""


def plant(world: World) -> None:
    """Fill an empty *world*: a group for each department, groups in groups, administrators."""
    people = world.directory.people
    whole = range(len(people))
    departments = [
        _group(world, name, Team(people=people, places=whole[at :: len(DEPARTMENTS)]))
        for at, name in enumerate(DEPARTMENTS)
    ]
    _group(world, "All Staff", Team(people=people, places=whole[:_STAFF]))
    _group(world, "Headquarters", departments[:3], description="Finance, Sales and Engineering")
    _administrators(world)
    _analysts(world)
    if people:
        groups = list(world.directory.groups.rows.values())
        world.planner.plant(groups[:2], world.directory.some_users(_PLANNING))


def _administrators(world: World) -> None:
    people = world.directory.people
    for at, role in _ADMINISTRATORS:
        if at < len(people):
            _give(world, role, people.key(at))
    for name in world.options.app_roles:
        _give(world, template(name), world.tenant.service_principal)


def _give(world: World, role: str, principal: str) -> None:
    world.administration.activate(role)
    row = assignment(role, principal, "/", tenant=world.tenant.tenant_id)
    world.directory.assignments.load([(row["id"], row)])


def _analysts(world: World) -> None:
    """A group whose members have a licence by being in it."""
    people = world.directory.people
    members = [people.key(at) for at in _ANALYSTS if at < len(people)]
    licence = {"skuId": POWER_BI.id, "disabledPlans": []}
    _group(world, "Analysts", members, licences=[licence])
    for member in members:
        row = world.accounts.with_inherited(member)
        world.directory.users.rows[member] = row
        world.directory.licensing.taken[POWER_BI.id] += 1


def _group(
    world: World,
    name: str,
    members: Team | Iterable[str],
    *,
    description: str = "",
    licences: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The id of a new group that has always been there."""
    now = stamp(world.clock.now())
    id_ = world.ids.guid()
    row = {
        "id": id_,
        "displayName": name,
        "description": description or f"All of {name}",
        "mailNickname": "".join(name.lower().split()),
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
        "proxyAddresses": [],
        "createdDateTime": now,
        "renewedDateTime": now,
        "assignedLicenses": list(licences),
    }
    world.directory.groups.load([(id_, row)])
    world.directory.memberships.load(id_, members)
    return id_
