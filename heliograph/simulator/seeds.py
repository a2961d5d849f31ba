"""The people and groups that a tenant starts with: the same for the same seed."""

import random
from collections.abc import Iterator
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.world import World

_GIVEN = (
    *("Lene", "Amir", "Nadia", "Jonas", "Mei", "Carlos", "Ingrid", "Tariq", "Sofia", "Henrik"),
    *("Aisha", "Pavel", "Yuki", "Marta", "Liam", "Zofia", "Omar", "Elin", "Mateo", "Greta"),
    *("Noor", "Anders", "Priya", "Lucas", "Hanna", "Samuel", "Irina", "Felix", "Chloe", "Rasmus"),
)
_FAMILY = (
    *("Holm", "Haddad", "Costa", "Berg", "Lin", "Romero", "Dahl", "Aziz", "Rossi", "Lund"),
    *("Khan", "Novak", "Sato", "Silva", "Byrne", "Wolski", "Farah", "Nilsson", "Vega", "Keller"),
    *("Amari", "Strand", "Rao", "Martin", "Falk", "Okoye", "Petrova", "Brandt", "Dubois", "Krogh"),
)
_DEPARTMENTS = ("Finance", "Sales", "Engineering", "People", "Operations", "Legal")
_TITLES = ("Analyst", "Manager", "Specialist", "Director", "Assistant")
_PLACES = (("Copenhagen", "DK"), ("Lisbon", "PT"), ("Toronto", "CA"), ("Osaka", "JP"))
_TEAM = 6
"""So many people report to one manager."""


def plant(world: World) -> None:
    """Fill an empty *world* with people, their managers and the groups of their departments."""
    source = random.Random(f"{world.options.seed}/people")  # noqa: S311 (repeatable, guards nothing)
    people = list(_people(world, source, world.options.users))
    world.directory.load_users(people)
    for at, person in enumerate(people):
        if at:
            world.directory.load_manager(person["id"], people[(at - 1) // _TEAM]["id"])
    for name in _DEPARTMENTS:
        members = [row["id"] for row in people if row["department"] == name]
        world.directory.load_group(_group(world, name), members)
    world.directory.load_group(_group(world, "All Staff"), [row["id"] for row in people[:1000]])
    if people:
        groups = list(world.directory.groups.rows.values())
        world.planner.plant(groups[:2], people[:8])


def _people(world: World, source: random.Random, count: int) -> Iterator[dict[str, Any]]:
    now = stamp(world.clock.now())
    for at in range(count):
        given, family = _GIVEN[at % len(_GIVEN)], _FAMILY[(at * 7 + at // 30) % len(_FAMILY)]
        nick = f"{given}.{family}".lower() + (str(at) if at >= len(_GIVEN) else "")
        city, country = _PLACES[source.randrange(len(_PLACES))]
        yield {
            "id": world.ids.guid(),
            "displayName": f"{given} {family}",
            "givenName": given,
            "surname": family,
            "userPrincipalName": f"{nick}@{world.tenant.domain}",
            "mail": f"{nick}@{world.tenant.domain}",
            "mailNickname": nick,
            "jobTitle": _TITLES[source.randrange(len(_TITLES))],
            "department": _DEPARTMENTS[at % len(_DEPARTMENTS)],
            "city": city,
            "usageLocation": country,
            "accountEnabled": True,
            "userType": "Member",
            "employeeId": str(100_000 + at),
            "createdDateTime": now,
        }


def _group(world: World, name: str) -> dict[str, Any]:
    now = stamp(world.clock.now())
    return {
        "id": world.ids.guid(),
        "displayName": name,
        "description": f"All of {name}",
        "mailNickname": "".join(name.lower().split()),
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
        "proxyAddresses": [],
        "createdDateTime": now,
        "renewedDateTime": now,
    }
